/** `shardline stop [JOB]`: drains and ends a job, and prints how to continue it. */
import type { FinishedNotification, SavepointResult } from '../../core/control/control-protocol.ts'
import { BridgeError, fromWireError } from '../../core/foundation/errors.ts'
import { exitCodes, UsageError } from './exit-codes.ts'
import { absolutePlace, restoreHint } from './restore-hint.ts'
import { shortId, withJob } from './running-jobs.ts'
import type { RunningJob } from './running-jobs.ts'
import { HELP_OPTION, parseVerb } from './verb-arguments.ts'

const HELP = `Usage: shardline stop [JOB] [--savepoint[=DIR]] [--now]

Stops the sources of a job, processes the records that they have read, and takes a last checkpoint, as Ctrl-C does. Prints the path
of that checkpoint and the command that continues from it. JOB is the name of the job, its id, or the beginning of its id. It can be
omitted when only one job runs.

  --savepoint[=DIR]   end with a savepoint in DIR (a directory, or s3://bucket/prefix; default:
                      execution.checkpointing.savepoint-dir, else the directory of the checkpoints). Savepoints are never removed
                      automatically. 'JOB --savepoint DIR' has the same meaning
  --now               end without draining. Records in flight are read again after a restore
`

export interface StopArguments {
  readonly help: boolean
  readonly job: string | null
  readonly now: boolean
  /** The directory of the savepoint. `null` for the configured directory, and `undefined` without `--savepoint`. */
  readonly savepoint: string | null | undefined
}

export function parseStopArguments(args: readonly string[]): StopArguments {
  // parseArgs has no options with an optional value.
  let savepoint: string | null | undefined
  const others: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    const next = args[i + 1]
    if (arg.startsWith('--savepoint=')) savepoint = arg.slice('--savepoint='.length)
    else if (arg === '--savepoint') {
      const named = others.some(o => !o.startsWith('-'))
      const isDirectory = next !== undefined && !next.startsWith('-') && (named || next.includes('/'))
      savepoint = isDirectory ? next : null
      if (isDirectory) i++
    } else others.push(arg)
  }
  const { values, positionals } = parseVerb(others, { ...HELP_OPTION, now: { type: 'boolean', default: false } }, 1)
  if (savepoint === '') throw new UsageError('--savepoint= takes a directory.')
  if (values.now && savepoint !== undefined)
    throw new UsageError('--now does not drain, so it cannot be combined with --savepoint.')
  return { help: values.help, job: positionals[0] ?? null, now: values.now, savepoint }
}

export async function run(args: readonly string[]): Promise<number> {
  const { help, job: wanted, now, savepoint } = parseStopArguments(args)
  if (help) {
    process.stdout.write(HELP)
    return exitCodes.ok
  }
  return withJob(wanted, async job => {
    const { path, finished } =
      savepoint === undefined ? await cancel(job, now ? 'now' : 'drain') : await stopWithSavepoint(job, savepoint)
    if (finished?.error != null) throw fromWireError(finished.error)
    process.stderr.write(
      `Job '${job.name}' (${shortId(job)}) has ended${now ? '' : ', and all records are processed'}.\n`,
    )
    if (path === null) {
      process.stderr.write('There is no checkpoint to continue from.\n')
      return exitCodes.ok
    }
    process.stdout.write(`${path}\n`)
    process.stderr.write(`${restoreHint(job.program, path)}\n`)
    return exitCodes.ok
  })
}

interface Stopped {
  readonly path: string | null
  /** `null` when the process ended without the notification. */
  readonly finished: FinishedNotification | null
}

/**
 * The engine may end with the program of the job. The answer and the notification have the same content, and only one of them may
 * arrive.
 */
async function cancel({ engine, jobId }: RunningJob, mode: 'drain' | 'now'): Promise<Stopped> {
  const answered = engine.ask<FinishedNotification>('job/cancel', { jobId, mode }, true)
  const notified = engine.finished(jobId).then(finished => {
    if (finished === null)
      throw new BridgeError('ILLEGAL_STATE', `Process ${engine.pid} ended before it reported how the job ended.`)
    return finished
  })
  notified.catch(() => undefined)
  const finished = await Promise.race([answered.catch(() => notified), notified.catch(() => answered)])
  return { path: finished.checkpointPath, finished }
}

async function stopWithSavepoint({ engine, jobId }: RunningJob, directory: string | null): Promise<Stopped> {
  const params = { jobId, directory: directory === null ? null : absolutePlace(directory), stop: true }
  try {
    const { path } = await engine.ask<SavepointResult>('job/savepoint', params, true)
    return { path, finished: null }
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    const finished = await engine.finished(jobId)
    if (finished === null || finished.checkpointPath === null) throw error
    return { path: finished.checkpointPath, finished }
  }
}
