/** The error of missing credentials. It names the provider and contains no secret. */
import { maskedMessage } from '../../foundation/config/mask.ts'
import { ServiceError, ShardlineError, asError } from '../../foundation/errors.ts'
import type { ErrorCode } from '../../foundation/errors.ts'
import type { CredentialsSource } from './credentials-source.ts'

const codes: Readonly<Record<string, ErrorCode>> = {
  AccessDenied: 'ACCESS_DENIED',
  AccessDeniedException: 'ACCESS_DENIED',
  ExpiredToken: 'CREDENTIALS_REJECTED',
  ExpiredTokenException: 'CREDENTIALS_REJECTED',
  InvalidClientTokenId: 'CREDENTIALS_REJECTED',
  SignatureDoesNotMatch: 'CREDENTIALS_REJECTED',
  InvalidIdentityToken: 'CREDENTIALS_REJECTED',
  Throttling: 'THROTTLED',
  ThrottlingException: 'THROTTLED',
}

const ADVICE =
  'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile (AWS_PROFILE), or aws.credentials.provider and the keys that begin with it.'

/**
 * @param known whether the provider has given credentials before. Then its failure may be temporary
 * @param localAdvice what to do for an emulator. `null` when the endpoint is not known to be one
 */
export function credentialsError(
  source: CredentialsSource,
  cause: unknown,
  known: boolean,
  localAdvice: string | null = null,
): ShardlineError {
  if (cause instanceof ShardlineError) return cause
  const error = asError(cause)
  const code = codeOf(error, known)
  const what = known ? 'AWS credentials could not be refreshed' : 'No AWS credentials'
  // A program that names no provider does not see the name of the default one.
  const from = source.description === 'AUTO' ? '' : ` from ${source.description}`
  const advice =
    code === 'CREDENTIALS_MISSING' ? ` ${(source.description === 'AUTO' ? localAdvice : null) ?? ADVICE}` : ''
  return new ServiceError(
    code,
    `${what}${from}: ${maskedMessage(error.message || error.name).replace(/\.?$/, '.')}${advice}`,
    {
      cause: masked(error),
      details: { provider: source.provider, errorName: error.name },
    },
  )
}

/** The SDK's errors have names of files, commands and URLs. */
function masked(error: Error): Error {
  const message = maskedMessage(error.message)
  return message === error.message ? error : new Error(message)
}

function codeOf(error: Error, known: boolean): ErrorCode {
  const named = codes[error.name]
  if (named !== undefined) return named
  const { $metadata, code, errno } = error as Error & {
    $metadata?: { httpStatusCode?: number }
    code?: unknown
    errno?: unknown
  }
  const status = $metadata?.httpStatusCode
  if (status !== undefined && status >= 500) return 'SERVICE_FAILED'
  const network = status === undefined && (errno !== undefined || error.name === 'TimeoutError')
  if (network && code !== 'ENOENT' && code !== 'EACCES') return 'ENDPOINT_UNREACHABLE'
  return known ? 'SERVICE_FAILED' : 'CREDENTIALS_MISSING'
}
