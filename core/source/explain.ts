/**
 * Why each shard is read, or is not: what the enumerator knows, put together with what the readers do. An open question here
 * is an alarm: a shard that nobody reads must be finished, or wait for parents that can be named.
 */
import { NO_LOSSES } from './record-losses.ts'
import type { ShardLosses } from './record-losses.ts'
import type { KnownShard, ShardMetrics } from './source.ts'

export interface ShardExplanation extends KnownShard, ShardLosses {
  readonly state: 'reading' | 'waiting' | 'finished' | 'stopped' | 'unread'
  /** A sentence for people. */
  readonly reason: string
  /** Nobody reads it, and nothing is named that it waits for. */
  readonly alarm: boolean
  readonly sequenceNumber: string | null
  /** -1: not known. */
  readonly millisBehindLatest: number
}

/** `reading`: by subtask, what its reader says of its shards. */
export function explainShards(
  known: readonly KnownShard[],
  reading: readonly (readonly ShardMetrics[])[],
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
    const trouble = reader.trouble === null ? '' : `, after a failure: ${reader.trouble}`
    return {
      ...base,
      state: 'reading',
      reason: `read by subtask ${shard.subtask ?? '?'} (${reader.activity})${trouble}`,
    }
  })
}

function lossesOf(reader: ShardLosses = NO_LOSSES): ShardLosses {
  const { droppedUserRecords, skippedRecords, deadLetters, expiredPositions } = reader
  return { droppedUserRecords, skippedRecords, deadLetters, expiredPositions }
}
