/** `shardline ps`: the jobs that run on this machine. */
import type { MetricsNotification } from '../../core/control/control-protocol.ts'
import type { JobMetrics } from '../../core/metrics/job-metrics.ts'
import { exitCodes } from './exit-codes.ts'
import { duration, grouped, table } from './figures.ts'
import { findRunningJobs, shortId } from './running-jobs.ts'
import type { RunningJob } from './running-jobs.ts'
import { HELP_OPTION, JSON_OPTION, parseVerb, printJson } from './verb-arguments.ts'

const HELP = `Usage: shardline ps [--json]

Lists your running jobs on this machine: those of 'shardline run', 'python job.py', Node programs and 'shardline rpc'.
READ and WROTE count records since the last start of the job. LAG is the lag of the shard that is furthest behind.

  --json   print JSON
`

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseVerb(args, { ...HELP_OPTION, ...JSON_OPTION }, 0)
  if (values.help) {
    process.stdout.write(HELP)
    return exitCodes.ok
  }
  const running = await findRunningJobs()
  try {
    const rows = (await Promise.all(running.jobs.map(rowOf))).filter(row => row !== null)
    for (const problem of running.problems) process.stderr.write(`shardline: ${problem}\n`)
    if (values.json) printJson(rows)
    else if (rows.length === 0) process.stderr.write('No job of yours runs on this machine.\n')
    else
      process.stdout.write(
        table(
          ['JOB', 'NAME', 'STATE', 'UPTIME', 'READ', 'WROTE', 'LAG', 'PID'],
          rows.map(row => [
            shortId(row),
            row.name,
            row.state,
            duration(row.uptimeMs),
            row.recordsRead === null ? '-' : grouped(row.recordsRead),
            row.recordsWritten === null ? '-' : grouped(row.recordsWritten),
            row.millisBehindLatest === null ? '-' : lagOf(row.millisBehindLatest),
            String(row.pid),
          ]),
          [4, 5, 6, 7],
        ),
      )
  } finally {
    running.close()
  }
  return exitCodes.ok
}

/** `null` when the job has ended in the meantime. */
async function rowOf({ engine, program, ...job }: RunningJob) {
  try {
    const { metrics } = await engine.ask<MetricsNotification>('job/metrics', { jobId: job.jobId })
    return { ...job, pid: engine.pid, program, uptimeMs: metrics.uptimeMs, ...figuresOf(metrics) }
  } catch {
    return null
  }
}

/** A figure is `null` when the job has no Kinesis source, or no sink that counts records. */
export function figuresOf({ shards, operators }: JobMetrics): {
  readonly recordsRead: number | null
  readonly recordsWritten: number | null
  readonly millisBehindLatest: number | null
} {
  const sinks = operators.flatMap(o => (o.sink === null ? [] : [o.sink.records]))
  const lags = shards.filter(s => !s.finished && s.millisBehindLatest >= 0).map(s => s.millisBehindLatest)
  return {
    recordsRead: shards.length === 0 ? null : shards.reduce((sum, s) => sum + s.records, 0),
    recordsWritten: sinks.length === 0 ? null : sinks.reduce((a, b) => a + b, 0),
    millisBehindLatest: lags.length === 0 ? null : Math.max(...lags),
  }
}

const lagOf = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : duration(ms))
