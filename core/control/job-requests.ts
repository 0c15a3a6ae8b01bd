/** The jobs of one engine, and the requests of the control protocol that concern them. */
import { BridgeError, toWireError } from '../foundation/errors.ts'
import type { Job } from '../runtime/job/job.ts'
import { isTerminal } from '../runtime/job/job-status.ts'
import type { JobStatus } from '../runtime/job/job-status.ts'
import type {
  CancelParams,
  ExplainResult,
  FinishedNotification,
  JobIdParams,
  JobListResult,
  JobSummary,
  MetricsNotification,
  SavepointParams,
  SavepointResult,
  StatusNotification,
} from './control-protocol.ts'

export class JobRegistry {
  readonly #entries = new Map<string, { readonly job: Job; readonly startTimeMs: number }>()

  add(job: Job, startTimeMs: number): void {
    this.#entries.set(job.jobId, { job, startTimeMs })
  }

  delete(jobId: string): void {
    this.#entries.delete(jobId)
  }

  /** In the order in which they were added. */
  all(): Job[] {
    return [...this.#entries.values()].map(e => e.job)
  }

  get size(): number {
    return this.#entries.size
  }

  /** @throws BridgeError if there is no such job */
  get(jobId: string): Job {
    const entry = this.#entries.get(jobId)
    if (entry === undefined) throw new BridgeError('ILLEGAL_STATE', `There is no job '${jobId}' in this engine.`)
    return entry.job
  }

  summaries(): JobSummary[] {
    return [...this.#entries.values()].map(({ job, startTimeMs }) => ({
      jobId: job.jobId,
      name: job.name,
      state: job.status.state,
      attempt: job.status.attempt,
      startTimeMs,
      checkpointDirectory: job.checkpointDirectory,
      restoredFrom: job.restoredFrom,
    }))
  }
}

export type RequestHandlers = Readonly<Record<string, (params: never) => unknown>>

/** The request handlers by method. A handler throws BridgeError PROTOCOL_VIOLATED when its parameters are invalid. */
export function jobRequests(jobs: JobRegistry, program: readonly string[] | null): RequestHandlers {
  return {
    'job/list': (): JobListResult => ({
      pid: process.pid,
      program,
      jobs: jobs.summaries().filter(job => !isTerminal(job.state)),
    }),
    'job/status': ({ jobId }: JobIdParams): StatusNotification => wireStatus(jobs.get(jobId).status),
    'job/metrics': ({ jobId }: JobIdParams): MetricsNotification => ({ jobId, metrics: metricsOf(jobs.get(jobId)) }),
    'job/explain': ({ jobId }: JobIdParams): ExplainResult => ({ shards: jobs.get(jobId).explain() }),
    'job/savepoint': async ({ jobId, directory, stop }: SavepointParams): Promise<SavepointResult> => {
      if (directory !== null && typeof (directory as unknown) !== 'string')
        throw invalid("'directory' must be text or null")
      if (typeof (stop as unknown) !== 'boolean') throw invalid("'stop' must be true or false")
      const job = jobs.get(jobId)
      return { path: await (stop ? job.stopWithSavepoint(directory) : job.savepoint(directory)) }
    },
    'job/cancel': async ({ jobId, mode }: CancelParams): Promise<FinishedNotification> => {
      if (!['drain', 'interrupt', 'now'].includes(mode)) throw invalid("'mode' must be 'drain', 'interrupt' or 'now'")
      const job = jobs.get(jobId)
      await job.cancel(mode)
      return finishedNotification(job)
    },
  }
}

export function wireStatus({ jobId, state, attempt, cause }: JobStatus): StatusNotification {
  return { jobId, state, attempt, cause: cause === null ? null : toWireError(cause) }
}

/** Resolves to the notification `job/finished` when a started job has ended. Never rejects. */
export async function finishedNotification(job: Job): Promise<FinishedNotification> {
  try {
    const { jobId, state, netRuntimeMs, checkpointPath } = await job.result()
    return { jobId, state, netRuntimeMs, checkpointPath, error: null }
  } catch (error) {
    const { jobId, status } = job
    // A job that was cancelled before it ran has no result, but it has not failed either.
    const failed = status.state === 'CANCELED' ? null : toWireError(error)
    return { jobId, state: status.state, netRuntimeMs: 0, checkpointPath: null, error: failed }
  }
}

function metricsOf(job: Job): MetricsNotification['metrics'] {
  if (job.status.state === 'CREATED')
    throw new BridgeError('ILLEGAL_STATE', `Job '${job.name}' is starting and has no metrics yet.`)
  return job.metrics()
}

export const invalid = (what: string): BridgeError => new BridgeError('PROTOCOL_VIOLATED', `Invalid params: ${what}.`)
