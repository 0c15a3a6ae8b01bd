/**
 * Why each shard is read, or is not: what the enumerator knows, put together with what the readers do. A shard must be read, be
 * finished, or wait for parents that can be named. Anything else is an alarm, and so is a shard for which the service gives no
 * usable answer any more.
 */
import { NO_LOSSES } from '../../metrics/shard-metrics.ts'
import type { ShardLosses } from '../../metrics/shard-metrics.ts'
import type { KnownShard } from '../source.ts'
import type { ShardMetrics } from '../../metrics/shard-metrics.ts'

export interface ShardExplanation extends KnownShard, ShardLosses {
  readonly state: 'reading' | 'waiting' | 'finished' | 'stopped' | 'unread'
  /** A sentence for people. */
  readonly reason: string
  /** It is not read, and nothing is named that it waits for; or the service has given no usable answer for a while. */
  readonly alarm: boolean
  readonly sequenceNumber: string | null
  /** -1: not known. */
  readonly millisBehindLatest: number
}

/** So long without a usable answer is an outage. Longer than the longest pause between two attempts, which passes by itself. */
export const OUTAGE_MS = 30_000
/** In these the reader waits for the service, not for the job. */
const WAITING_FOR_SERVICE: readonly string[] = ['starting', 'fetching', 'retrying']

/** `reading`: by subtask, what its reader says of its shards. `nowMs`: epoch milliseconds. */
export function explainShards(
  known: readonly KnownShard[],
  reading: readonly (readonly ShardMetrics[])[],
  nowMs: number,
): ShardExplanation[] {
  const readers = new Map<string, ShardMetrics>()
  for (const shards of reading) for (const shard of shards) readers.set(`${shard.stream} ${shard.shardId}`, shard)
  return known.map(shard => {
    const reader = readers.get(`${shard.stream} ${shard.shardId}`)
    const base = {
      ...shard,
      sequenceNumber: reader?.sequenceNumber ?? null,
      millisBehindLatest: reader?.millisBehindLatest ?? -1,
      ...lossesOf(reader),
      alarm: false,
    }
    if (shard.status === 'FINISHED') return { ...base, state: 'finished', reason: 'all of its records were emitted' }
    if (shard.waitsFor.length > 0)
      return { ...base, state: 'waiting', reason: `waits for ${shard.waitsFor.join(' and ')} to be emitted` }
    if (reader === undefined)
      return {
        ...base,
        state: 'unread',
        alarm: true,
        reason:
          shard.status === 'UNASSIGNED'
            ? 'was given to no reader'
            : `its reader (subtask ${shard.subtask ?? '?'}) does not have it`,
      }
    if (reader.activity === 'ended')
      return { ...base, state: 'stopped', reason: 'was read up to where the source stops' }
    const silentMs = nowMs - reader.lastAnswerAtMs
    if (silentMs >= OUTAGE_MS && WAITING_FOR_SERVICE.includes(reader.activity))
      return { ...base, state: 'reading', alarm: true, reason: outage(reader, silentMs) }
    const trouble = reader.trouble === null ? '' : `, after a failure: ${reader.trouble}`
    return {
      ...base,
      state: 'reading',
      reason: `read by subtask ${shard.subtask ?? '?'} (${reader.activity})${trouble}`,
    }
  })
}

function outage({ lastAnswerAtMs, trouble, activity }: ShardMetrics, silentMs: number): string {
  const since = `nothing was read for ${Math.round(silentMs / 1000)} s, since ${new Date(lastAnswerAtMs).toISOString()}`
  return `${since} (${trouble === null ? activity : trouble.replace(/\.$/, '')})`
}

function lossesOf(reader: ShardLosses = NO_LOSSES): ShardLosses {
  const { droppedUserRecords, skippedRecords, deadLetters, expiredPositions } = reader
  return { droppedUserRecords, skippedRecords, deadLetters, expiredPositions }
}
