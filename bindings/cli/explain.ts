/** `shardline explain [JOB]`: the subtask and the position of each shard, and why a shard is not read. */
import type { ExplainResult } from '../../core/control/control-protocol.ts'
import type { ShardExplanation } from '../../core/operators/source/explain.ts'
import { exitCodes } from './exit-codes.ts'
import { lag, sequenceEnd } from './figures.ts'
import { lossesText } from './losses.ts'
import { shortId, withJob } from './running-jobs.ts'
import { HELP_OPTION, JSON_OPTION, parseVerb, printJson } from './verb-arguments.ts'

const HELP = `Usage: shardline explain [JOB] [--json]

Shows every known shard of a job, with children below their parents: its part of the hash key range, the subtask that reads it and
its position, or what it waits for, and the records that were skipped. JOB is the name of the job, its id, or the beginning of its
id. It can be omitted when only one job runs.

  --json   print JSON, with complete sequence numbers and hash keys

Exit code 3 is an alarm: a shard is not read and does not wait for anything known, or the service has not given a usable answer for
it for 30 seconds. Alarms are shown first.
`

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseVerb(args, { ...HELP_OPTION, ...JSON_OPTION }, 1)
  if (values.help) {
    process.stdout.write(HELP)
    return exitCodes.ok
  }
  return withJob(positionals[0] ?? null, async job => {
    const { shards } = await job.engine.ask<ExplainResult>('job/explain', { jobId: job.jobId })
    if (values.json) printJson({ jobId: job.jobId, name: job.name, state: job.state, shards })
    else process.stdout.write(`${job.name} (${shortId(job)}) ${job.state}\n${explanation(shards)}`)
    return shards.some(s => s.alarm) ? exitCodes.alarm : exitCodes.ok
  })
}

export function explanation(shards: readonly ShardExplanation[]): string {
  if (shards.length === 0) return 'It reads no shards.\n'
  const alarms = shards.filter(s => s.alarm).map(s => `ALARM: ${s.stream} ${s.shardId} is not read: ${s.reason}.\n`)
  const streams = [...new Set(shards.map(s => s.stream))].sort()
  return alarms.join('') + streams.map(stream => streamTree(shards.filter(s => s.stream === stream))).join('')
}

interface Row {
  readonly shard: ShardExplanation
  readonly depth: number
}

function streamTree(shards: readonly ShardExplanation[]): string {
  const rows = treeOf(shards)
  const width = Math.max(...rows.map(r => 2 * r.depth + r.shard.shardId.length))
  const counts = (['reading', 'waiting', 'finished', 'stopped', 'unread'] as const)
    .map(state => [state, shards.filter(s => s.state === state).length] as const)
    .filter(([, n]) => n > 0)
    .map(([state, n]) => `${n} ${state}`)
  const lines = rows.map(({ shard, depth }) => {
    const name = `${'  '.repeat(depth)}${shard.shardId}`.padEnd(width)
    return `  ${name}  ${hashRange(shard)}  ${describe(shard)}\n`
  })
  return `${shards[0]!.stream}: ${counts.join(', ')}\n${lines.join('')}`
}

/** Each shard once, below the first of its parents that is known. */
function treeOf(shards: readonly ShardExplanation[]): Row[] {
  const ids = new Set(shards.map(s => s.shardId))
  const children = new Map<string, ShardExplanation[]>()
  const roots: ShardExplanation[] = []
  for (const shard of [...shards].sort((a, b) => (a.shardId < b.shardId ? -1 : 1))) {
    const parent = shard.parentShardIds.find(p => ids.has(p) && p !== shard.shardId)
    if (parent === undefined) roots.push(shard)
    else children.set(parent, [...(children.get(parent) ?? []), shard])
  }
  const rows: Row[] = []
  const seen = new Set<ShardExplanation>()
  // Not recursive, because the tree of a stream that is resharded for years is deep.
  const todo: Row[] = roots.map(shard => ({ shard, depth: 0 })).reverse()
  for (let row = todo.pop(); row !== undefined; row = todo.pop()) {
    if (seen.has(row.shard)) continue
    seen.add(row.shard)
    rows.push(row)
    const { depth } = row
    const below = (children.get(row.shard.shardId) ?? []).map(shard => ({ shard, depth: depth + 1 }))
    todo.push(...below.reverse())
  }
  return rows
}

function describe(shard: ShardExplanation): string {
  const losses = lossesText(shard)
  return `${progressOf(shard)}${losses === '' ? '' : `; ${losses}`}`
}

function progressOf(shard: ShardExplanation): string {
  const { state, alarm, reason, sequenceNumber, millisBehindLatest, parentShardIds } = shard
  const position = sequenceNumber === null ? '' : `, at ${sequenceEnd(sequenceNumber)}`
  const parents = parentShardIds.length > 1 ? ` (merged of ${parentShardIds.join(' and ')})` : ''
  if (alarm) return `NOT READ: ${reason}${parents}`
  if (state !== 'reading') return `${reason}${state === 'stopped' ? position : ''}${parents}`
  return `${reason}, ${millisBehindLatest < 0 ? 'nothing read yet' : lag(millisBehindLatest)}${position}${parents}`
}

const KEY_SPACE = 2 ** 128

/** The part of the hash key range, such as `  0.0- 25.0 %`. */
function hashRange({ startingHashKey, endingHashKey }: ShardExplanation): string {
  const percent = (key: bigint): string => ((Number(key) / KEY_SPACE) * 100).toFixed(1).padStart(5)
  return `${percent(BigInt(startingHashKey))}-${percent(BigInt(endingHashKey) + 1n)} %`
}
