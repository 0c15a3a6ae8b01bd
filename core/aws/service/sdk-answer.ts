/** Reads answers that the AWS SDK has parsed. An answer that lacks a field that the engine needs is an error of the service. */
import { invalidAnswer } from './service-errors.ts'
import type { Attempted } from './service-errors.ts'

export interface SdkAnswer {
  readonly $metadata: { readonly httpStatusCode?: number | undefined }
}

/**
 * `read` returns what the caller needs of the answer, and throws `InvalidAnswer` when that is missing.
 *
 * @throws ServiceError RESPONSE_INVALID
 */
export async function readSdkAnswer<A extends SdkAnswer, T>(
  answer: A,
  read: (answer: A) => T,
  attempted: Attempted,
  endpoint: () => Promise<URL>,
): Promise<T> {
  try {
    return read(answer)
  } catch (cause) {
    const { origin } = await endpoint()
    throw invalidAnswer({ ...attempted, endpoint: origin }, answer.$metadata.httpStatusCode ?? 0, cause)
  }
}
