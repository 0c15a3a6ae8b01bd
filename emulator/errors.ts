// What the service answers instead of a result. The name goes to the wire as `__type`; the message is written in the
// service's spirit: what was asked, of which stream and shard, under which account.

/** An error that travels to the client as the service's own. */
export class KinesisError extends Error {
  /** The name on the wire, such as `ResourceNotFoundException`. */
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

/** A mistake of the emulator itself; what it was stays in `cause`, not on the wire. */
export function internalFailure(operation: string, cause: unknown): KinesisError {
  const error = new KinesisError(
    'InternalFailure',
    `The emulator failed to answer ${operation}. This is a fault of the emulator, not of the request.`,
    500,
  )
  error.cause = cause
  return error
}

/** What DryRun answers to a request that would have succeeded. */
export const dryRun = (): KinesisError =>
  new KinesisError(
    'DryRunOperationException',
    'The request would have succeeded. It was not carried out because DryRun is set.',
  )

/** A member that breaks its constraint: `Value at 'limit' failed to satisfy constraint: Member must ...`. */
export const validation = (member: string, constraint: string): KinesisError =>
  new KinesisError(
    'ValidationException',
    `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must ${constraint}`,
  )
