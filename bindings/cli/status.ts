/** `shardline status [JOB]`: the state and the metrics of one job. */
import type { MetricsNotification, StatusNotification } from '../../core/control/control-protocol.ts'
import { OUTAGE_MS } from '../../core/operators/source/explain.ts'
import { exitCodes } from './exit-codes.ts'
import { byteSize, duration, grouped, lag, shellWord, table } from './figures.ts'
import { lossesText } from './losses.ts'
import { figuresOf } from './ps.ts'
import { shortId, withJob } from './running-jobs.ts'
import type { RunningJob } from './running-jobs.ts'
import { HELP_OPTION, JSON_OPTION, parseVerb, printJson } from './verb-arguments.ts'

const HELP = `Usage: shardline status [JOB] [--json]

Shows the operators, checkpoints and lag of a job. JOB is its name, its id, or the beginning of its id. It can be omitted when
only one job runs.

  --json   print JSON

Exit code 3 is an alarm: a shard is not read, or a sink cannot write, and the service has not answered for some time.
`

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseVerb(args, { ...HELP_OPTION, ...JSON_OPTION }, 1)
  if (values.help) {
    process.stdout.write(HELP)
    return exitCodes.ok
  }
  return withJob(positionals[0] ?? null, async job => {
    const { engine, program, ...summary } = job
    const { jobId } = summary
    const [status, { metrics }] = await Promise.all([
      engine.ask<StatusNotification>('job/status', { jobId }),
      engine.ask<MetricsNotification>('job/metrics', { jobId }),
    ])
    if (values.json) printJson({ ...summary, ...status, pid: engine.pid, program, metrics })
    else process.stdout.write(text(job, status, metrics))
    return metrics.unreadShards > 0 || sinkOutages(metrics).length > 0 ? exitCodes.alarm : exitCodes.ok
  })
}

function text(job: RunningJob, status: StatusNotification, metrics: MetricsNotification['metrics']): string {
  const { checkpoints, shards, unreadShards } = metrics
  const { millisBehindLatest } = figuresOf(metrics)
  const restarts = metrics.numRestarts === 0 ? '' : `, ${metrics.numRestarts} restarts`
  const rows: [string, string][] = [
    ['id', job.jobId],
    ['process', `${job.engine.pid}${job.program === null ? '' : `, ${job.program.map(shellWord).join(' ')}`}`],
    ['memory', byteSize(metrics.residentSetSize)],
  ]
  if (status.cause !== null) rows.push(['cause', `${status.cause.code}: ${status.cause.message}`])
  if (job.restoredFrom !== null) rows.push(['restored', job.restoredFrom])
  rows.push(['checkpoints', checkpointsOf(job, checkpoints)])
  if (shards.length > 0)
    rows.push([
      'shards',
      `${shards.filter(s => !s.finished).length} read, ${lag(millisBehindLatest ?? -1)}${unreadShards > 0 ? ' when the service last answered' : ''}`,
    ])
  if (unreadShards > 0) rows.push(['ALARM', unread(metrics)])
  for (const { name, trouble } of sinkOutages(metrics))
    rows.push([
      'ALARM',
      `nothing was written since ${new Date(trouble.sinceMs).toISOString()} (${name}): ${trouble.message}`,
    ])
  rows.push(...lossRows(shards))
  for (const { name, sink, numRecordsInErrors } of metrics.operators) {
    if (numRecordsInErrors > 0) rows.push(['unreadable', `${grouped(numRecordsInErrors)} records (${name})`])
    const errors = Object.entries(sink?.errorsByCode ?? {}).map(([code, count]) => `${code} ${grouped(count)}`)
    if (sink !== null && sink.deadLetters > 0) errors.push(`dead letters ${grouped(sink.deadLetters)}`)
    if (errors.length > 0) rows.push(['refused', `${errors.join(', ')} (${name})`])
  }
  const operators = table(
    ['OPERATOR', 'PARALLELISM', 'IN', 'OUT', 'OUT/S', 'BUFFERED'],
    metrics.operators.map(o => [
      o.name,
      String(o.parallelism),
      grouped(o.numRecordsIn),
      grouped(o.numRecordsOut),
      grouped(Math.round(o.numRecordsOutPerSecond)),
      o.sink === null ? '' : grouped(o.sink.bufferedEntries),
    ]),
    [1, 2, 3, 4, 5],
  )
  return (
    `${job.name} (${shortId(job)}) ${status.state} for ${duration(metrics.uptimeMs)}${restarts}\n` +
    rows.map(([name, value]) => `  ${name.padEnd(12)}${value}\n`).join('') +
    `\n${operators}`
  )
}

type Metrics = MetricsNotification['metrics']

function sinkOutages({ operators }: Metrics) {
  return operators.flatMap(({ name, sink }) =>
    sink?.trouble && Date.now() - sink.trouble.sinceMs >= OUTAGE_MS ? [{ name, trouble: sink.trouble }] : [],
  )
}

function unread({ shards, unreadShards }: Metrics): string {
  const troubled = shards.filter(s => !s.finished && s.trouble !== null)
  const count = `${unreadShards} of ${shards.filter(s => !s.finished).length} shards`
  const [first] = [...troubled].sort((a, b) => a.lastAnswerAtMs - b.lastAnswerAtMs)
  if (first === undefined) return `${count} are not read (shardline explain)`
  return `nothing was read from ${count} since ${new Date(first.lastAnswerAtMs).toISOString()}: ${first.trouble!}`
}

/** The maximum number of rows, with one shard each. */
const LOSS_ROWS = 10

function lossRows(shards: MetricsNotification['metrics']['shards']): [string, string][] {
  const lossy = shards.filter(shard => lossesText(shard) !== '')
  const rows = lossy
    .slice(0, LOSS_ROWS)
    .map((shard): [string, string] => ['left out', `${shard.stream} ${shard.shardId}: ${lossesText(shard)}`])
  if (lossy.length > LOSS_ROWS)
    rows.push(['left out', `of ${lossy.length - LOSS_ROWS} more shards (shardline explain shows them)`])
  return rows
}

function checkpointsOf(
  { checkpointDirectory }: RunningJob,
  { completed, failed, lastPath, lastDurationMs }: MetricsNotification['metrics']['checkpoints'],
): string {
  if (checkpointDirectory === null) return 'off'
  const failures = failed === 0 ? '' : `, ${failed} failed`
  if (lastPath === null) return `none yet${failures}, in ${checkpointDirectory}`
  return `${completed}${failures}; the last took ${Math.round(lastDurationMs ?? 0)} ms: ${lastPath}`
}
