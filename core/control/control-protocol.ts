/**
 * The part of the control protocol that every engine answers about its running jobs, whoever asks: the client that submitted
 * them, or somebody at the door. bindings/stdio/README.md describes it all. Every key is always present, `null` means "not set".
 */
import type { WireError } from '../foundation/errors.ts'
import type { JobState } from '../runtime/job/job-status.ts'
import type { JobMetrics } from '../metrics/job-metrics.ts'
import type { ShardExplanation } from '../operators/source/explain.ts'

export const PROTOCOL_VERSION = 1
/** An error of the engine or of user code; anything from -32700 to -32600 is a fault of the protocol itself. */
export const ENGINE_ERROR = -32000
export const NOT_INITIALIZED = -32002
/** Too many clients wait for answers. */
export const SERVER_BUSY = -32001
export const INVALID_REQUEST = -32600
export const METHOD_NOT_FOUND = -32601
export const INVALID_PARAMS = -32602
export const PARSE_ERROR = -32700

export interface InitializeParams {
  readonly protocolVersion: number
  readonly clientName: string
  readonly clientVersion: string
  /** When this process is gone, so is the engine that it started. null: only the end of the channel counts. */
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

export interface JobSummary {
  readonly jobId: string
  readonly name: string
  readonly state: JobState
  readonly attempt: number
  /** Epoch milliseconds. */
  readonly startTimeMs: number
  readonly checkpointDirectory: string | null
  readonly restoredFrom: string | null
}

/** Answer of `job/list`. */
export interface JobListResult {
  readonly pid: number
  /** The program that the jobs are of, by its path, and its arguments; null: it is not known. */
  readonly program: readonly string[] | null
  readonly jobs: readonly JobSummary[]
}

export interface JobIdParams {
  readonly jobId: string
}

export interface CancelParams {
  readonly jobId: string
  /** `interrupt`: drain, and end the job if that takes longer than `shardline.job.drain-timeout`. */
  readonly mode: 'drain' | 'interrupt' | 'now'
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

/** Notification, and answer of `job/metrics`. */
export interface MetricsNotification {
  readonly jobId: string
  readonly metrics: JobMetrics
}

/** Notification, and answer of `job/status`. */
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
