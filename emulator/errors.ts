// The errors that the service returns. The name is sent as `__type`. A message follows the style of the service: it names
// the operation, the stream, the shard and the account.

/** An error that the client receives as an error of the service. */
export class KinesisError extends Error {
  /** The name that is sent, such as `ResourceNotFoundException`. */
  readonly code: string
  /** The HTTP status. */
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.name = 'KinesisError'
    this.code = code
    this.status = status
  }
}

export const resourceNotFound = (message: string): KinesisError =>
  new KinesisError('ResourceNotFoundException', message)

export const resourceInUse = (message: string): KinesisError => new KinesisError('ResourceInUseException', message)

export const invalidArgument = (message: string): KinesisError => new KinesisError('InvalidArgumentException', message)

export const limitExceeded = (message: string): KinesisError => new KinesisError('LimitExceededException', message)

export const serialization = (message: string): KinesisError => new KinesisError('SerializationException', message)

export const throughputExceeded = (message: string): KinesisError =>
  new KinesisError('ProvisionedThroughputExceededException', message)

/** A fault of the emulator itself. The reason is in `cause` and is not sent to the client. */
export function internalFailure(operation: string, cause: unknown): KinesisError {
  const error = new KinesisError(
    'InternalFailure',
    `The emulator failed to answer ${operation}. This is a fault of the emulator, not of the request.`,
    500,
  )
  error.cause = cause
  return error
}

/** The response to a request with DryRun that would have succeeded. */
export const dryRun = (): KinesisError =>
  new KinesisError(
    'DryRunOperationException',
    'The request would have succeeded. It was not carried out because DryRun is set.',
  )

/** The error for a member that breaks its constraint: `Value at 'limit' failed to satisfy constraint: Member must ...`. */
export const validation = (member: string, constraint: string): KinesisError =>
  new KinesisError(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must ${constraint}`,
  )
