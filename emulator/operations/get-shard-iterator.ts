// GetShardIterator. It returns an iterator for the position at which GetRecords starts.
import { throughputExceeded } from '../errors.ts'
import { formatShardIterator } from '../store/shard-iterator.ts'
import { SHARD_ID } from './input.ts'
import type { Operation } from './operation.ts'
import { answer, refuseDryRun, streamName, streamOf } from './operation.ts'
import { startIndex, startingPosition } from './starting-position.ts'

const POSITION = {
  operation: 'GetShardIterator',
  type: 'ShardIteratorType',
  sequenceNumber: 'StartingSequenceNumber',
}

export const getShardIterator: Operation = {
  target: call => ({ stream: streamName(call), shardId: call.input.optionalText('ShardId') }),
  run: call => {
    const { account, input } = call
    const nowMs = account.clock.now()
    const shardId = input.text('ShardId', SHARD_ID)
    const position = startingPosition(input, POSITION)
    const stream = streamOf(call)
    stream.requireUsable()
    const shard = stream.shard(shardId)
    const index = startIndex(position, stream, shard, nowMs)
    refuseDryRun(call)
    if (account.settings.limits && !shard.admitIterator(nowMs)) {
      throw throughputExceeded(
        `Rate exceeded for shard ${shard.id} in stream ${stream.name} under account ${stream.accountId}.`,
      )
    }
    const iterator = { issuedMs: nowMs, streamSerial: stream.serial, shardNumber: shard.number, index }
    return answer({ ShardIterator: formatShardIterator(iterator, account.seal) })
  },
}
