/** Whether a shard still exists. */
import { ShardlineError } from '../../foundation/errors.ts'
import type { SourceStreamProxy } from './stream-proxy.ts'

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
