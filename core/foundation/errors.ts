/**
 * Every error that leaves the engine, with a stable code. Messages say what failed, on which stream and shard, and what
 * to do; they never hold a secret. `fatal` errors end the job whatever its restart strategy says.
 *
 *   ShardlineError
 *   |- ConfigurationError   an option, an ARN, a credential setting: the program must change
 *   |- GraphError           a job graph that cannot run here
 *   |- ServiceError         what Kinesis, or the way to it, answered
 *   |- RecordError          a record that cannot be read, or a value that cannot be written
 *   |- FunctionError        user code failed, or the process it lives in
 *   |- CheckpointError      a checkpoint could not be written or read
 *   |- JobError             the job as a whole ended
 *   `- BridgeError          the connection between driver and engine is broken, or was used wrongly
 */

interface CodeFacts {
  /** Trying the same again may succeed. */
  readonly retryable: boolean
  /** Ends the job at once, whatever its restart strategy. */
  readonly fatal: boolean
}

const facts = (retryable: boolean, fatal: boolean): CodeFacts => ({ retryable, fatal })

export const errorCodes = {
  CONFIGURATION_INVALID: facts(false, true),
  GRAPH_INVALID: facts(false, true),
  CREDENTIALS_MISSING: facts(false, true),
  CREDENTIALS_REJECTED: facts(false, true),
  ACCESS_DENIED: facts(false, true),
  STREAM_NOT_FOUND: facts(false, true),
  STREAM_RECREATED: facts(false, true),
  CONSUMER_NOT_FOUND: facts(false, false),
  RESOURCE_IN_USE: facts(true, false),
  SUBSCRIPTION_SILENT: facts(true, false),
  VALIDATION_FAILED: facts(false, true),
  RECORD_MALFORMED: facts(false, false),
  VALUE_INVALID: facts(false, false),
  RECORD_TOO_LARGE: facts(false, true),
  SCHEMA_NOT_FOUND: facts(false, true),
  SCHEMA_EXISTS: facts(false, true),
  SCHEMA_REJECTED: facts(false, true),
  THROTTLED: facts(true, false),
  ITERATOR_EXPIRED: facts(true, false),
  SERVICE_FAILED: facts(true, false),
  ENDPOINT_UNREACHABLE: facts(true, false),
  RESPONSE_INVALID: facts(true, false),
  RECORDS_REJECTED: facts(false, false),
  REQUEST_TIMED_OUT: facts(true, false),
  DEAD_LETTERS_FAILED: facts(false, false),
  KEY_UNUSABLE: facts(false, true),
  FUNCTION_FAILED: facts(false, false),
  FUNCTION_HOST_LOST: facts(true, false),
  DRIVER_LOST: facts(false, true),
  CHECKPOINT_FAILED: facts(true, false),
  CHECKPOINT_NOT_FOUND: facts(false, true),
  CHECKPOINT_UNREADABLE: facts(false, true),
  CHECKPOINTS_IN_USE: facts(false, true),
  JOB_CANCELED: facts(false, true),
  JOB_FAILED: facts(false, true),
  ILLEGAL_STATE: facts(false, true),
  PROTOCOL_VIOLATED: facts(false, true),
  STALE_BUILD: facts(false, true),
  INTERNAL: facts(false, false),
} as const satisfies Record<string, CodeFacts>

export type ErrorCode = keyof typeof errorCodes

export interface ErrorOptionsWithDetails {
  readonly cause?: unknown
  readonly details?: Readonly<Record<string, unknown>>
  /** The stack of the process that the error comes from, where that is not this one. */
  readonly remoteStack?: string | undefined
}

export class ShardlineError extends Error {
  override readonly name: string = 'ShardlineError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>
  readonly remoteStack: string | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptionsWithDetails = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
    this.remoteStack = options.remoteStack
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable
  }

  get fatal(): boolean {
    return errorCodes[this.code].fatal
  }
}

export class ConfigurationError extends ShardlineError {
  override readonly name = 'ConfigurationError'
  constructor(message: string, options?: ErrorOptionsWithDetails) {
    super('CONFIGURATION_INVALID', message, options)
  }
}

export class GraphError extends ShardlineError {
  override readonly name = 'GraphError'
  constructor(message: string, options?: ErrorOptionsWithDetails) {
    super('GRAPH_INVALID', message, options)
  }
}

export class ServiceError extends ShardlineError {
  override readonly name = 'ServiceError'
}

/** A record that its schema cannot read, or a value that cannot be written: by its schema, or because it is too large. */
export class RecordError extends ShardlineError {
  override readonly name = 'RecordError'
}

export class FunctionError extends ShardlineError {
  override readonly name = 'FunctionError'
}

export class CheckpointError extends ShardlineError {
  override readonly name = 'CheckpointError'
}

export class JobError extends ShardlineError {
  override readonly name = 'JobError'
}

export class BridgeError extends ShardlineError {
  override readonly name = 'BridgeError'
}

/** An error as any language's client receives it; see bindings/stdio/README.md. */
export interface WireError {
  readonly code: ErrorCode
  readonly className: string
  readonly message: string
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>>
  readonly remoteStack: string | null
  readonly cause: WireError | null
}

export function asShardlineError(error: unknown): ShardlineError {
  if (error instanceof ShardlineError) return error
  if (error instanceof Error) return new ShardlineError('INTERNAL', error.message, { cause: error })
  return new ShardlineError('INTERNAL', String(error))
}

/** What was thrown, as an `Error`: JavaScript allows any value to be thrown. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** The message of what was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

const MAX_CAUSES = 8

export function toWireError(error: unknown, depth = 0): WireError {
  const own = asShardlineError(error)
  const cause = own.cause !== undefined && own.code !== 'INTERNAL' && depth < MAX_CAUSES ? own.cause : undefined
  return {
    code: own.code,
    className: own.name,
    message: own.message,
    retryable: own.retryable,
    details: own.details,
    remoteStack: own.remoteStack ?? (error instanceof Error ? (error.stack ?? null) : null),
    cause: cause === undefined ? null : toWireError(cause, depth + 1),
  }
}

const classes: Readonly<
  Record<string, new (code: ErrorCode, message: string, options?: ErrorOptionsWithDetails) => ShardlineError>
> = {
  ServiceError,
  RecordError,
  FunctionError,
  CheckpointError,
  JobError,
  BridgeError,
}

/** The inverse of `toWireError`; a code or class that this version does not know becomes the base class. */
export function fromWireError(wire: WireError): ShardlineError {
  const options: ErrorOptionsWithDetails = {
    details: wire.details,
    remoteStack: wire.remoteStack ?? undefined,
    ...(wire.cause === null ? {} : { cause: fromWireError(wire.cause) }),
  }
  if (wire.className === 'ConfigurationError') return new ConfigurationError(wire.message, options)
  if (wire.className === 'GraphError') return new GraphError(wire.message, options)
  const code = Object.hasOwn(errorCodes, wire.code) ? wire.code : 'INTERNAL'
  const known = Object.hasOwn(classes, wire.className) ? classes[wire.className]! : ShardlineError
  return new known(code, wire.message, options)
}
