/** The error that an answer with a status other than 200 names: in CBOR, in JSON, or in a header. */
import { CborReader } from './cbor.ts'

export interface Failure {
  readonly name: string
  readonly message: string
}

/** The name of a failure that carries no name of the service's. */
export const UNNAMED = 'UnknownError'

export interface FailureAnswer {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

export function readFailure({ body, headers }: FailureAnswer): Failure {
  let fields: Record<string, unknown> = {}
  try {
    const decoded: unknown = String(headers['content-type'] ?? '').includes('cbor')
      ? new CborReader(body).value()
      : JSON.parse(body.toString('utf8'))
    if (typeof decoded === 'object' && decoded !== null) fields = decoded as Record<string, unknown>
  } catch {
    // An answer that is neither (a proxy's HTML page, say) is described by its status and first words.
    return { name: UNNAMED, message: body.toString('utf8', 0, 200) }
  }
  const header = headers['x-amzn-errortype']
  const rawName: unknown =
    fields['__type'] ?? fields['code'] ?? (typeof header === 'object' ? header[0] : header) ?? UNNAMED
  const message = fields['message'] ?? fields['Message'] ?? ''
  const name = (typeof rawName === 'string' ? rawName : JSON.stringify(rawName)).split(':')[0]!.split('#').at(-1)!
  return {
    name: name === '' ? UNNAMED : name,
    message: typeof message === 'string' ? message : JSON.stringify(message),
  }
}
