/** `shardline savepoint [JOB] [DIR]`: stores the state of a running job, which continues. */
import type { SavepointResult } from '../../core/control/control-protocol.ts'
import { exitCodes } from './exit-codes.ts'
import { absolutePlace, restoreHint } from './restore-hint.ts'
import { withJob } from './running-jobs.ts'
import { HELP_OPTION, parseVerb } from './verb-arguments.ts'

const HELP = `Usage: shardline savepoint [JOB] [DIR]

Stores the state of a running job as a savepoint and prints its path. The job continues. Savepoints are never removed automatically.

  JOB   the name of the job, its id, or the beginning of its id; can be omitted when only one job runs
  DIR   a directory, or s3://bucket/prefix (default: execution.checkpointing.savepoint-dir, else the directory of the checkpoints).
        A single argument with a slash is a directory.
`

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseVerb(args, HELP_OPTION, 2)
  if (values.help) {
    process.stdout.write(HELP)
    return exitCodes.ok
  }
  const [first = null, second = null] = positionals
  const onlyDirectory = second === null && first?.includes('/') === true
  const directory = onlyDirectory ? first : second
  return withJob(onlyDirectory ? null : first, async ({ engine, jobId, program }) => {
    const params = { jobId, directory: directory === null ? null : absolutePlace(directory), stop: false }
    const { path } = await engine.ask<SavepointResult>('job/savepoint', params, true)
    process.stdout.write(`${path}\n`)
    process.stderr.write(`${restoreHint(program, path)}\n`)
    return exitCodes.ok
  })
}
