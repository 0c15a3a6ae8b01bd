// GetShardIterator: where a reader starts.
//
// | type                  | reads from                                                                     |
// |-----------------------|--------------------------------------------------------------------------------|
// | TRIM_HORIZON          | the oldest retained record                                                     |
// | LATEST                | behind the newest                                                              |
// | AT_SEQUENCE_NUMBER    | that record; from the horizon when it is trimmed                               |
// | AFTER_SEQUENCE_NUMBER | behind that record; from the horizon when it is trimmed                        |
// | AT_TIMESTAMP          | the first record that arrived then or later; a future time is refused          |
import { invalidArgument, throughputExceeded } from '../errors.ts'
import type { Shard } from '../store/shard.ts'
import { formatShardIterator } from '../store/shard-iterator.ts'
import type { Stream } from '../store/stream.ts'
import { SHARD_ID } from './input.ts'
import type { Call, Operation } from './operation.ts'
import { answer, streamName, streamOf } from './operation.ts'

const TYPES = ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER', 'TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'] as const

export const getShardIterator: Operation = {
  target: call => ({ stream: streamName(call), shardId: call.input.optionalText('ShardId') }),
  run: call => {
    const { account, input } = call
    const nowMs = account.clock.now()
    const shardId = input.text('ShardId', SHARD_ID)
    const type = TYPES.find(known => known === input.text('ShardIteratorType', { oneOf: TYPES }))!
    const stream = streamOf(call)
    stream.requireUsable()
    const shard = stream.shard(shardId)
    if (account.settings.limits && !shard.admitIterator(nowMs)) {
      throw throughputExceeded(
        `Rate exceeded for shard ${shard.id} in stream ${stream.name} under account ${stream.accountId}.`,
      )
    }
    const index = indexOf(call, type, stream, shard, nowMs)
    const iterator = { issuedMs: nowMs, streamSerial: stream.serial, shardNumber: shard.number, index }
    return answer({ ShardIterator: formatShardIterator(iterator, account.seal) })
  },
}

function indexOf(call: Call, type: (typeof TYPES)[number], stream: Stream, shard: Shard, nowMs: number): number {
  const { input } = call
  const sequenceNumber = input.optionalText('StartingSequenceNumber', { pattern: /^(0|([1-9]\d{0,128}))$/ })
  const timestampMs = input.optionalTimestampMs('Timestamp')
  const bySequenceNumber = type === 'AT_SEQUENCE_NUMBER' || type === 'AFTER_SEQUENCE_NUMBER'
  if (bySequenceNumber !== (sequenceNumber !== undefined)) {
    throw invalidArgument(
      'Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) ' +
        `TRIM_HORIZON, LATEST or AT_TIMESTAMP and no StartingSequenceNumber. Request specified ${type} and ` +
        `${sequenceNumber === undefined ? 'no' : 'also a'} StartingSequenceNumber.`,
    )
  }
  switch (type) {
    case 'TRIM_HORIZON':
      return shard.log.firstIndex
    case 'LATEST':
      return shard.log.nextIndex
    case 'AT_SEQUENCE_NUMBER':
    case 'AFTER_SEQUENCE_NUMBER': {
      const index = shard.sequence.indexAt(sequenceNumber!, type === 'AFTER_SEQUENCE_NUMBER')
      if (index !== undefined) return Math.min(Math.max(index, shard.log.firstIndex), shard.log.nextIndex)
      throw invalidArgument(
        `StartingSequenceNumber ${sequenceNumber!} used in GetShardIterator on shard ${shard.id} in stream ` +
          `${stream.name} under account ${stream.accountId} is invalid because it did not come from this shard.`,
      )
    }
    case 'AT_TIMESTAMP':
      if (timestampMs === undefined) throw invalidArgument('Must specify Timestamp for iterator of type AT_TIMESTAMP.')
      if (timestampMs > nowMs) {
        throw invalidArgument(
          'The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ' +
            `${timestampMs}, currentTimestampInMillis: ${nowMs}`,
        )
      }
      return shard.log.indexAtTime(timestampMs)
  }
}
