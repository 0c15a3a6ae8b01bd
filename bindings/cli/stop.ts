/** `shardline stop [JOB]`: ends a job in order, and says how it goes on. */
import type { FinishedNotification, SavepointResult } from '../../core/control/control-protocol.ts'
import { BridgeError, fromWireError } from '../../core/foundation/errors.ts'
import { exitCodes, UsageError } from './exit-codes.ts'
import { absolutePlace, restoreHint } from './restore-hint.ts'
import { shortId, withJob } from './running-jobs.ts'
import type { RunningJob } from './running-jobs.ts'
import { HELP_OPTION, parseVerb } from './verb-arguments.ts'

const HELP = `Usage: shardline stop [JOB] [--savepoint[=DIR]] [--now]

Stops the sources of a job, works off what they gave and takes a last checkpoint, as Ctrl-C does. Prints the path of what the job
can be started from again, and the command for it. JOB is its name, its id or the beginning of it; it may be left out when only one
job runs.

  --savepoint[=DIR]   end with a savepoint, which nobody removes: in DIR (a directory, or s3://bucket/prefix), else as the job says
                      (execution.checkpointing.savepoint-dir), else beside the checkpoints. 'JOB --savepoint DIR' is understood too
  --now               do not drain: what is in flight is read again after a restore
`

export interface StopArguments {
  readonly help: boolean
  readonly job: string | null
  readonly now: boolean
  /** Where the savepoint goes; null: as the job says. undefined: none is asked for. */
  readonly savepoint: string | null | undefined
}

export function parseStopArguments(args: readonly string[]): StopArguments {
  // An option that may have a value or not is not for parseArgs.
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
    throw new UsageError('--now does not drain, and so has no savepoint: leave one of the two out.')
  return { help: values.help, job: positionals[0] ?? null, now: values.now, savepoint }
}

export async function run(args: readonly string[]): Promise<number> {
  const { help, job: wanted, now, savepoint } = parseStopArguments(args)
  if (help) {
    process.stdout.write(HELP)
    return exitCodes.ok
  }
  return withJob(wanted, async job => {
    const { path, word } =
      savepoint === undefined ? await cancel(job, now ? 'now' : 'drain') : await stopWithSavepoint(job, savepoint)
    if (word?.error != null) throw fromWireError(word.error)
    process.stderr.write(`Job '${job.name}' (${shortId(job)}) has ended${now ? '' : ', with everything worked off'}.\n`)
    if (path === null) {
      process.stderr.write('It kept no checkpoint, so there is nothing to go on from.\n')
      return exitCodes.ok
    }
    process.stdout.write(`${path}\n`)
    process.stderr.write(`${restoreHint(job.program, path)}\n`)
    return exitCodes.ok
  })
}

interface Stopped {
  readonly path: string | null
  /** null: the process ended without it. */
  readonly word: FinishedNotification | null
}

/**
 * The program ends with its job, and its engine with it: of the answer and the notification, which say the same, perhaps only one
 * arrives.
 */
async function cancel({ engine, jobId }: RunningJob, mode: 'drain' | 'now'): Promise<Stopped> {
  const answered = engine.ask<FinishedNotification>('job/cancel', { jobId, mode }, true)
  const notified = engine.finished(jobId).then(word => {
    if (word === null)
      throw new BridgeError('ILLEGAL_STATE', `Process ${engine.pid} ended before it said how the job ended.`)
    return word
  })
  notified.catch(() => undefined)
  const word = await Promise.race([answered.catch(() => notified), notified.catch(() => answered)])
  return { path: word.checkpointPath, word }
}

async function stopWithSavepoint({ engine, jobId }: RunningJob, directory: string | null): Promise<Stopped> {
  const params = { jobId, directory: directory === null ? null : absolutePlace(directory), stop: true }
  try {
    const { path } = await engine.ask<SavepointResult>('job/savepoint', params, true)
    return { path, word: null }
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error
    const word = await engine.finished(jobId)
    if (word === null || word.checkpointPath === null) throw error
    return { path: word.checkpointPath, word }
  }
}
