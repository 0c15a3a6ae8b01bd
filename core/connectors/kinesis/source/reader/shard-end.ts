/**
 * Decides whether a shard has ended. In an answer without a position to continue at, the shard has ended, or a field is missing. If a
 * missing field were taken for an end, records would never be read. So an end needs proof: children that name the shard as their
 * parent; or an answer without records that was requested after a listing had shown that the shard is closed. A listing after the
 * answer proves nothing, because records may have been written between the two. A shard that the service does not know any more has
 * also ended.
 */
import { ServiceError } from '../../../../foundation/errors.ts'
import type { ChildShard } from '../../../../aws/kinesis/get-records-result.ts'
import type { SourceStreamProxy } from '../../../../aws/kinesis/stream-proxy.ts'
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'
import type { FetchEnd } from './shard-reader.ts'
import { isGone } from '../../../../aws/kinesis/shard-existence.ts'

/** An answer without a position to continue at. */
export interface LastAnswer {
  readonly operation: string
  readonly batch: RecordBatch
  readonly millisBehindLatest: number | null
  readonly childShards: readonly ChildShard[]
  /** `shardEnd` has found the shard `closed` before this answer was asked for. */
  readonly closed: boolean
}

/**
 * `closed` when the shard is closed, but records may be left. `null` when the answer is no evidence of an end. In both cases reading
 * continues after the last record.
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
