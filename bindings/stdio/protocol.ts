/**
 * The control protocol as types; README.md beside this file is its description. Every key is always present, `null` means
 * "not set".
 */
import type { WireError } from '../../core/errors.ts'
import type { JobGraph } from '../../core/job-graph/job-graph.ts'
import type { ShardExplanation } from '../../core/source/explain.ts'
import type { ShardToAssign } from '../../core/source/enumerator/shard-assigner.ts'
import type { JobState } from '../../core/job/job-status.ts'
import type { JobMetrics } from '../../core/metrics/job-metrics.ts'

export const PROTOCOL_VERSION = 1
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024
/** An error of the engine or of user code; anything from -32700 to -32600 is a fault of the protocol itself. */
export const ENGINE_ERROR = -32000
export const INVALID_PARAMS = -32602
export const NOT_INITIALIZED = -32002

export interface InitializeParams {
  readonly protocolVersion: number
  readonly clientName: string
  readonly clientVersion: string
  /** When this process is gone, so is the engine. null: only the end of the channel counts. */
  readonly clientPid: number | null
  readonly buildHash: string | null
}

export interface InitializeResult {
  readonly protocolVersion: number
  readonly engineVersion: string
  readonly nodeVersion: string
  readonly buildHash: string | null
  readonly capabilities: readonly string[]
  readonly limits: { readonly maxMessageBytes: number; readonly maxFrameBytes: number }
}

export interface SubmitParams {
  readonly graph: JobGraph
  readonly attempt: number
  readonly driver: { readonly executable: string; readonly hostEnv: Readonly<Record<string, string>> } | null
}

export interface SubmitResult {
  readonly jobId: string
  readonly checkpointDirectory: string | null
  readonly restoredFrom: string | null
}

export interface CancelParams {
  readonly jobId: string
  readonly mode: 'drain' | 'now'
}

export interface JobIdParams {
  readonly jobId: string
}

export interface SavepointParams {
  readonly jobId: string
  /** null: as configured, else beside the checkpoints. */
  readonly directory: string | null
  /** Whether the job ends with it. */
  readonly stop: boolean
}

export interface SavepointResult {
  readonly path: string
}

/** Answer of `job/explain`. */
export interface ExplainResult {
  readonly shards: readonly ShardExplanation[]
}

/** From the engine to the driver: which subtask reads each of these shards? */
export interface AssignShardsParams {
  readonly pickle: string
  readonly shards: readonly ShardToAssign[]
  readonly parallelism: number
  /** By subtask: ids of the shards that it reads. */
  readonly assigned: readonly (readonly string[])[]
}

export interface AssignShardsResult {
  /** In the order of the shards. */
  readonly subtasks: readonly number[]
}

export interface StatusNotification {
  readonly jobId: string
  readonly state: JobState
  readonly attempt: number
  readonly cause: WireError | null
}

export interface FinishedNotification {
  readonly jobId: string
  readonly state: JobState
  readonly netRuntimeMs: number
  /** The newest checkpoint that is kept; null: none. */
  readonly checkpointPath: string | null
  readonly error: WireError | null
}

export interface MetricsNotification {
  readonly jobId: string
  readonly metrics: JobMetrics
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
