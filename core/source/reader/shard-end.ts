/**
 * The end of a shard. An answer without a place to read on from says that the shard has ended, or that a field of it is missing:
 * taken for an end, it would leave records unread for good. So an end needs proof: children that name the shard as their parent;
 * or an answer behind the last record that has nothing left, and a listing in which the shard is closed. If that answer is behind
 * the tip nevertheless, as some endpoints put it at the end of a shard, a second one has to say the same.
 */
import { ServiceError, ShardlineError } from '../../errors.ts'
import type { ChildShard } from '../../kinesis/get-records-codec.ts'
import type { SourceStreamProxy } from '../../kinesis/stream-proxy.ts'
import type { RecordBatch } from '../../record-batch/record-batch.ts'
import type { FetchEnd } from './shard-reader.ts'

/** An answer without a place to read on from. */
export interface LastAnswer {
  readonly operation: string
  readonly batch: RecordBatch
  readonly millisBehindLatest: number | null
  readonly childShards: readonly ChildShard[]
  /** The answer before it had nothing left, and no place to read on from, either. */
  readonly repeated: boolean
}

/**
 * `null` when the answer is no proof of the end: reading goes on behind the last record.
 * @throws ServiceError RESPONSE_INVALID if the shard has not ended, so that the request is made again
 */
export async function shardEnd(
  proxy: Pick<SourceStreamProxy, 'listShards' | 'getShardIterator'>,
  shardId: string,
  { operation, batch, millisBehindLatest, childShards, repeated }: LastAnswer,
): Promise<FetchEnd | null> {
  const stranger = childShards.find(c => c.parentShards.length > 0 && !c.parentShards.includes(shardId))
  if (stranger !== undefined)
    throw notEnded(shardId, operation, `names ${stranger.shardId} as a child, which has other parents`)
  if (childShards.length === 0) {
    if (batch.count > 0) return null
    if (millisBehindLatest !== null && millisBehindLatest > 0 && !repeated) return null
    if (!(await isClosed(proxy, shardId)))
      throw notEnded(shardId, operation, 'has no place to read on from, but the shard is open')
  }
  return { type: 'shard-end', childShards }
}

async function isClosed(
  proxy: Pick<SourceStreamProxy, 'listShards' | 'getShardIterator'>,
  shardId: string,
): Promise<boolean> {
  const listed = (await proxy.listShards()).find(shard => shard.shardId === shardId)
  return listed === undefined ? isGone(proxy, shardId) : listed.endingSequenceNumber !== null
}

/**
 * Whether the service does not know a shard any more: it was closed, and all of its records have passed their retention. A
 * listing without it does not prove that, for a listing may be cut short.
 */
export async function isGone(proxy: Pick<SourceStreamProxy, 'getShardIterator'>, shardId: string): Promise<boolean> {
  try {
    await proxy.getShardIterator(shardId, { type: 'TRIM_HORIZON' })
    return false
  } catch (error) {
    if (error instanceof ShardlineError && error.code === 'STREAM_NOT_FOUND') return true
    throw error
  }
}

function notEnded(shardId: string, operation: string, why: string): ServiceError {
  return new ServiceError(
    'RESPONSE_INVALID',
    `${operation} on shard ${shardId} failed: the answer cannot be used: it ${why}.`,
    { details: { operation, shardId } },
  )
}
