/**
 * The control protocol as types; README.md beside this file is its description. Every key is always present, `null` means
 * "not set".
 */
import type { JobGraph } from '../../core/graph/job-graph.ts'
import type { SinkSpec } from '../../core/operators/sink-factory.ts'
import type { DeadLetter } from '../../core/operators/dead-letter.ts'
import type { ShardToAssign } from '../../core/operators/shard-assigner.ts'

export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024

export { ENGINE_ERROR, INVALID_PARAMS, NOT_INITIALIZED, PROTOCOL_VERSION } from '../../core/control/control-protocol.ts'
export type {
  CancelParams,
  ExplainResult,
  FinishedNotification,
  InitializeParams,
  InitializeResult,
  JobIdParams,
  JobListResult,
  JobSummary,
  MetricsNotification,
  SavepointParams,
  SavepointResult,
  StatusNotification,
} from '../../core/control/control-protocol.ts'

export interface SubmitParams {
  readonly graph: JobGraph
  readonly attempt: number
  readonly driver: { readonly executable: string; readonly hostEnv: Readonly<Record<string, string>> } | null
}

export interface SubmitResult {
  readonly jobId: string
  readonly checkpointDirectory: string | null
  readonly restoredFrom: string | null
  /** How long `job/cancel` with the mode `interrupt` lets the job drain. */
  readonly drainTimeoutMs: number
}

export interface SinkOpenParams {
  /** Of type `kinesis-streams`. With the generator `key_by` each write brings its keys. */
  readonly sink: SinkSpec
}

export interface SinkOpenResult {
  readonly sinkId: string
  /** The maximum number of records in `sink/write` requests without an answer. */
  readonly credits: number
}

export interface SinkWriteParams {
  readonly sinkId: string
  /** Text, base64 if the schema is of bytes, or JSON forms if it is of rows or records. */
  readonly values: readonly unknown[]
  /** One for each record. `null` when the sink generates the keys. */
  readonly partitionKeys: readonly string[] | null
  /** One for each record, decimal or null. `null` when no record has one. */
  readonly explicitHashKeys: readonly (string | null)[] | null
}

export interface SinkIdParams {
  readonly sinkId: string
}

/** From the engine to the driver: which subtask reads each of these shards? */
export interface AssignShardsParams {
  readonly pickle: string
  readonly shards: readonly ShardToAssign[]
  readonly parallelism: number
  /** By subtask: ids of the shards that it reads. */
  readonly assigned: readonly (readonly string[])[]
}

/** From the engine to the driver: credentials by the provider of this name. */
export interface CredentialsParams {
  /** The value of `aws.credentials.provider.custom.class`. */
  readonly name: string
  readonly configuration: Readonly<Record<string, string>>
}

export interface CredentialsResult {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
  /** Epoch milliseconds. `null` when the credentials do not expire. */
  readonly expiration: number | null
}

export interface AssignShardsResult {
  /** In the order of the shards. */
  readonly subtasks: readonly number[]
}

/** From the engine to the driver: records that can never be written. Answered with `{}` once the handler has taken them all. */
export interface DeadLettersParams {
  readonly pickle: string
  /** `data` in base64. */
  readonly letters: readonly (Omit<DeadLetter, 'data'> & { readonly data: string })[]
}

export interface PrintNotification {
  readonly jobId: string
  readonly lines: readonly string[]
}

export interface LogNotification {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly logger: string
  readonly message: string
}
