/** What the service's error names mean to us. The table is data; `serviceError` only looks up. */
import { ServiceError, ShardlineError } from '../../foundation/errors.ts'
import type { ErrorCode } from '../../foundation/errors.ts'
import { InvalidAnswer } from './answer-checks.ts'
import { ProxyError } from '../http/http-tunnel.ts'

const codes: Readonly<Record<string, ErrorCode>> = {
  ResourceNotFoundException: 'STREAM_NOT_FOUND',
  ProvisionedThroughputExceededException: 'THROTTLED',
  LimitExceededException: 'THROTTLED',
  ResourceInUseException: 'RESOURCE_IN_USE',
  InternalFailureException: 'SERVICE_FAILED',
  ServiceUnavailableException: 'SERVICE_FAILED',
  ThrottlingException: 'THROTTLED',
  KMSThrottlingException: 'THROTTLED',
  ExpiredIteratorException: 'ITERATOR_EXPIRED',
  ExpiredNextTokenException: 'SERVICE_FAILED',
  AccessDeniedException: 'ACCESS_DENIED',
  KMSAccessDeniedException: 'ACCESS_DENIED',
  UnrecognizedClientException: 'CREDENTIALS_REJECTED',
  InvalidClientTokenId: 'CREDENTIALS_REJECTED',
  InvalidSignatureException: 'CREDENTIALS_REJECTED',
  IncompleteSignatureException: 'CREDENTIALS_REJECTED',
  IncompleteSignature: 'CREDENTIALS_REJECTED',
  MissingAuthenticationToken: 'CREDENTIALS_REJECTED',
  MissingAuthenticationTokenException: 'CREDENTIALS_REJECTED',
  ExpiredTokenException: 'CREDENTIALS_REJECTED',
  KMSDisabledException: 'KEY_UNUSABLE',
  KMSInvalidStateException: 'KEY_UNUSABLE',
  KMSNotFoundException: 'KEY_UNUSABLE',
  KMSOptInRequired: 'KEY_UNUSABLE',
  InvalidKMSResourceException: 'KEY_UNUSABLE',
  OptInRequired: 'ACCESS_DENIED',
  NotAuthorizedException: 'ACCESS_DENIED',
  CredentialsProviderError: 'CREDENTIALS_MISSING',
  InvalidArgumentException: 'VALIDATION_FAILED',
  ValidationException: 'VALIDATION_FAILED',
  SerializationException: 'VALIDATION_FAILED',
  EntityNotFoundException: 'SCHEMA_NOT_FOUND',
  AlreadyExistsException: 'SCHEMA_EXISTS',
  ConcurrentModificationException: 'RESOURCE_IN_USE',
  InvalidInputException: 'VALIDATION_FAILED',
  ResourceNumberLimitExceededException: 'VALIDATION_FAILED',
  InternalServiceException: 'SERVICE_FAILED',
  OperationTimeoutException: 'SERVICE_FAILED',
}

/** Refusals of a whole request that one of its records may be the cause of: without it the others may be taken. */
const ofOneRecord: ReadonlySet<string> = new Set([
  'InvalidArgumentException',
  'ValidationException',
  'SerializationException',
  'RequestEntityTooLargeException',
])
const PAYLOAD_TOO_LARGE = 413

export function mayBeOfOneRecord({ details }: ServiceError): boolean {
  return ofOneRecord.has(details['errorName'] as string) || details['status'] === PAYLOAD_TOO_LARGE
}

const advice: Partial<Record<ErrorCode, string>> = {
  CONSUMER_NOT_FOUND:
    'It was deregistered, or never registered: register it, or let the source do so (source.efo.lifecycle JOB_MANAGED).',
  KEY_UNUSABLE: 'Enable the KMS key that the stream is encrypted with, or give the stream another.',
  ACCESS_DENIED: 'Grant the permission to these credentials, or use others.',
  CREDENTIALS_REJECTED: 'Check the access key, the secret key, the session token, and the clock of this machine.',
  CREDENTIALS_MISSING:
    'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or aws.credentials.provider.basic.accesskeyid and .secretkey.',
}

/** What was being done, for the message: `GetRecords on stream orders, shard shardId-000000000001`. */
export interface Attempted {
  readonly operation: string
  readonly stream: string
  /** What the stream is; default a stream of Kinesis. `schema`: one of Glue's; `schema version`: the id of its version. */
  readonly kind?: 'stream' | 'delivery stream' | 'schema' | 'schema version'
  readonly shardId?: string | undefined
  /** Name of the enhanced fan-out consumer. */
  readonly consumer?: string | undefined
}

export function describe({ operation, stream, kind = 'stream', shardId, consumer }: Attempted): string {
  const parts = [`${operation} on ${kind} ${stream}`]
  if (shardId !== undefined) parts.push(`shard ${shardId}`)
  if (consumer !== undefined) parts.push(`consumer ${consumer}`)
  return parts.join(', ')
}

export function serviceError(
  name: string,
  message: string,
  status: number,
  attempted: Attempted,
  requestId?: string,
): ServiceError {
  const found = codes[name] ?? codeOfStatus(status)
  const ofConsumer = attempted.consumer !== undefined && /consumer/i.test(message)
  const code = found === 'STREAM_NOT_FOUND' && ofConsumer ? 'CONSUMER_NOT_FOUND' : found
  const hint = code === 'STREAM_NOT_FOUND' ? missingAdvice(attempted) : advice[code]
  // A signature that does not match is answered with all that was to be signed, the session token too.
  const told = message.split(/\s*The Canonical String/)[0]!.trim()
  const text = `${describe(attempted)} failed: ${name}: ${told || `HTTP status ${status}`}`
  return new ServiceError(code, `${text.replace(/\.?$/, '.')}${hint === undefined ? '' : ` ${hint}`}`, {
    details: { ...attempted, errorName: name, status, ...(requestId === undefined ? {} : { requestId }) },
  })
}

function missingAdvice({ stream, kind = 'stream' }: Attempted): string {
  const check = 'Check the name, the region and the account, or create the'
  return kind === 'delivery stream'
    ? `${check} delivery stream: aws firehose create-delivery-stream --delivery-stream-name ${stream} ...`
    : `${check} stream: aws kinesis create-stream --stream-name ${stream} --stream-mode-details StreamMode=ON_DEMAND, or shardline local --stream ${stream} for a stream on this machine.`
}

/** What the SDK adds to an error that it throws while it reads an answer. */
interface OfAnAnswer extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly $response?: { readonly statusCode?: number }
  /** Set on errors that the service itself named. */
  readonly $fault?: string
}

/** What a client of the SDK threw: an error of the service, an answer that cannot be used, or no answer at `endpoint`. */
export async function sdkError(
  thrown: unknown,
  attempted: Attempted,
  endpoint: () => Promise<URL>,
): Promise<ShardlineError> {
  if (thrown instanceof ShardlineError) return thrown
  const error = thrown as OfAnAnswer
  const answered = error.$metadata?.httpStatusCode ?? error.$response?.statusCode
  if (answered === undefined && ('code' in error || 'errno' in error || error.name === 'TimeoutError'))
    return unreachable((await endpoint()).origin, attempted, error)
  const status = answered ?? 0
  const at = async (): Promise<AttemptedAt> => ({ ...attempted, endpoint: (await endpoint()).origin })
  // What follows the first line is a hint of the SDK's for those who hold the error.
  if (error instanceof SyntaxError)
    return notOfTheService(await at(), status, error.message.split('\n')[0]!.trim(), error)
  if (error instanceof InvalidAnswer || (error.$fault === undefined && (answered !== undefined || isDefect(error))))
    return invalidAnswer(await at(), status, error)
  if (UNNAMED.has(error.name)) return notOfTheService(await at(), status, error.message, error)
  return serviceError(error.name, error.message, status, attempted, error.$metadata?.requestId)
}

/** Thrown by JavaScript, not by anybody who meant it: a field of the answer was not what a deserializer takes it for. */
const isDefect = (error: Error): boolean => error instanceof TypeError || error instanceof RangeError

/** Names of errors to which the service gave no name. */
const UNNAMED: ReadonlySet<string> = new Set(['UnknownError', 'Unknown', 'UnknownException'])

interface AttemptedAt extends Attempted {
  /** Origin of the endpoint. */
  readonly endpoint: string
}

/** An answer that is damaged, cut short, or lacks a field. The request can be made again. */
export function invalidAnswer({ endpoint, ...attempted }: AttemptedAt, status: number, cause: unknown): ServiceError {
  const why = cause instanceof InvalidAnswer ? cause.message : 'it is damaged or cut short'
  return new ServiceError(
    'RESPONSE_INVALID',
    `${describe(attempted)} failed: the answer of ${endpoint} (HTTP status ${status}) cannot be used: ${why}. Check ${endpointSettings[attempted.kind ?? 'stream']}, and proxies on the way.`,
    { cause, details: { ...attempted, endpoint, status } },
  )
}

/** Not an answer of the service at all: of a proxy, of a page to log in, or of something else at this address. */
export function notOfTheService(
  { endpoint, ...attempted }: AttemptedAt,
  status: number,
  why: string,
  cause?: unknown,
): ServiceError {
  const code = codeOfStatus(status)
  return new ServiceError(
    // Such a page may be gone the next time, unless it speaks of the size of the request.
    code === 'VALIDATION_FAILED' && status !== PAYLOAD_TOO_LARGE ? 'RESPONSE_INVALID' : code,
    `${describe(attempted)} failed: ${endpoint} does not answer as AWS does (HTTP status ${status}; ${why}). Check ${endpointSettings[attempted.kind ?? 'stream']}, and proxies on the way.`,
    { details: { ...attempted, endpoint, status }, ...(cause === undefined ? {} : { cause }) },
  )
}

/** For answers whose name says nothing: of the service, or of a proxy before it. */
function codeOfStatus(status: number): ErrorCode {
  if (status === 429) return 'THROTTLED'
  return status >= 500 || status === 408 || status < 400 ? 'SERVICE_FAILED' : 'VALIDATION_FAILED'
}

const endpointSettings: Readonly<Record<NonNullable<Attempted['kind']>, string>> = {
  stream: 'aws.endpoint or AWS_ENDPOINT_URL_KINESIS',
  'delivery stream': 'aws.endpoint or AWS_ENDPOINT_URL_FIREHOSE',
  schema: "the schema's endpoint or AWS_ENDPOINT_URL_GLUE",
  'schema version': "the schema's endpoint or AWS_ENDPOINT_URL_GLUE",
}

export function unreachable(endpoint: string, attempted: Attempted, cause: Error): ServiceError {
  const why = cause instanceof ProxyError ? cause.message : ((cause as NodeJS.ErrnoException).code ?? cause.message)
  return new ServiceError(
    'ENDPOINT_UNREACHABLE',
    `${describe(attempted)} failed: cannot reach ${endpoint} (${why}). Check the network, the region, and ${endpointSettings[attempted.kind ?? 'stream']}.`,
    { cause, details: { ...attempted, endpoint } },
  )
}
