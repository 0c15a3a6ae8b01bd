/**
 * The part of the control protocol that concerns running jobs. An engine answers it to the client that submitted the jobs and to
 * clients of the control socket. bindings/stdio/README.md describes the whole protocol. Every key is always present, and `null`
 * means "not set".
 */
import type { WireError } from '../foundation/errors.ts'
import type { JobState } from '../runtime/job/job-status.ts'
import type { JobMetrics } from '../metrics/job-metrics.ts'
import type { ShardExplanation } from '../operators/source/explain.ts'

export const PROTOCOL_VERSION = 1
/** An error of the engine or of user code. Codes from -32700 to -32600 are errors of the protocol itself. */
export const ENGINE_ERROR = -32000
export const NOT_INITIALIZED = -32002
/** All connections wait for answers, so the engine accepts no further connection. */
export const SERVER_BUSY = -32001
export const INVALID_REQUEST = -32600
export const METHOD_NOT_FOUND = -32601
export const INVALID_PARAMS = -32602
export const PARSE_ERROR = -32700

export interface InitializeParams {
  readonly protocolVersion: number
  readonly clientName: string
  readonly clientVersion: string
  /** The engine ends when this process has ended. `null` when only the end of the connection ends the engine. */
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

/** The answer to `job/list`. */
export interface JobListResult {
  readonly pid: number
  /** The path of the program that submitted the jobs, and its arguments. `null` when the program is unknown. */
  readonly program: readonly string[] | null
  readonly jobs: readonly JobSummary[]
}

export interface JobIdParams {
  readonly jobId: string
}

export interface CancelParams {
  readonly jobId: string
  /** `interrupt` drains the job, and ends it if draining takes longer than `shardline.job.drain-timeout`. */
  readonly mode: 'drain' | 'interrupt' | 'now'
}

export interface SavepointParams {
  readonly jobId: string
  /** `null` for the configured directory, or the directory of the checkpoints when none is configured. */
  readonly directory: string | null
  /** Whether the job ends with the savepoint. */
  readonly stop: boolean
}

export interface SavepointResult {
  readonly path: string
}

/** The answer to `job/explain`. */
export interface ExplainResult {
  readonly shards: readonly ShardExplanation[]
}

/** The notification `job/metrics`, and the answer to the request of that name. */
export interface MetricsNotification {
  readonly jobId: string
  readonly metrics: JobMetrics
}

/** The notification `job/status`, and the answer to the request of that name. */
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
  /** The newest checkpoint that is kept. `null` when there is none. */
  readonly checkpointPath: string | null
  readonly error: WireError | null
}
