/**
 * The end of a shard. An answer without a place to read on from says that the shard has ended, or that a field of it is missing:
 * taken for an end, it would leave records unread for good. So an end needs proof: children that name the shard as their parent;
 * or an answer behind the last record that has nothing left, and was asked for after a listing had shown that the shard is closed.
 * A listing that comes after the answer is no proof: records may have been written between the two. A shard that the service
 * does not know any more has ended too: nothing of it can be read.
 */
import { ServiceError } from '../../../../foundation/errors.ts'
import type { ChildShard } from '../../../../aws/kinesis/get-records-result.ts'
import type { SourceStreamProxy } from '../../../../aws/kinesis/stream-proxy.ts'
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'
import type { FetchEnd } from './shard-reader.ts'
import { isGone } from '../../../../aws/kinesis/shard-existence.ts'

/** An answer without a place to read on from. */
export interface LastAnswer {
  readonly operation: string
  readonly batch: RecordBatch
  readonly millisBehindLatest: number | null
  readonly childShards: readonly ChildShard[]
  /** `shardEnd` has found the shard `closed` before this answer was asked for. */
  readonly closed: boolean
}

/**
 * `closed` when the shard is closed, but records may be left; `null` when the answer says nothing about the end. In both cases
 * reading goes on behind the last record.
 * @throws ServiceError RESPONSE_INVALID if the shard has not ended, so that the request is made again
 */
export async function shardEnd(
  proxy: Pick<SourceStreamProxy, 'listShards' | 'getShardIterator'>,
  shardId: string,
  { operation, batch, millisBehindLatest, childShards, closed }: LastAnswer,
): Promise<FetchEnd | 'closed' | null> {
  const stranger = childShards.find(c => c.parentShards.length > 0 && !c.parentShards.includes(shardId))
  if (stranger !== undefined)
    throw notEnded(shardId, operation, `names ${stranger.shardId} as a child, which has other parents`)
  if (childShards.length === 0) {
    if (batch.count > 0) return null
    if (closed) return { type: 'shard-end', childShards }
    const state = await stateOf(proxy, shardId)
    if (state === 'gone') return { type: 'shard-end', childShards }
    if (state === 'closed') return 'closed'
    if (millisBehindLatest !== null && millisBehindLatest > 0) return null
    throw notEnded(shardId, operation, 'has no place to read on from, but the shard is open')
  }
  return { type: 'shard-end', childShards }
}

async function stateOf(
  proxy: Pick<SourceStreamProxy, 'listShards' | 'getShardIterator'>,
  shardId: string,
): Promise<'open' | 'closed' | 'gone'> {
  const listed = (await proxy.listShards()).find(shard => shard.shardId === shardId)
  if (listed !== undefined) return listed.endingSequenceNumber === null ? 'open' : 'closed'
  return (await isGone(proxy, shardId)) ? 'gone' : 'open'
}

function notEnded(shardId: string, operation: string, why: string): ServiceError {
  return new ServiceError(
    'RESPONSE_INVALID',
    `${operation} on shard ${shardId} failed: the answer cannot be used: it ${why}.`,
    { details: { operation, shardId } },
  )
}
