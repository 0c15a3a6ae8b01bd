// GetRecords. A call returns at most 10000 records and 10 MiB. A shard allows 5 calls and 2 MiB a second. At the end of a
// closed shard the response has no NextShardIterator, and it has the child shards.
import { invalidArgument, throughputExceeded } from '../errors.ts'
import { describeChild } from '../protocol/child-shard.ts'
import { getRecordsMembers } from '../protocol/get-records-output.ts'
import type { GetRecordsOutput } from '../protocol/get-records-output.ts'
import { shardIdOf } from '../store/shard.ts'
import {
  expiredIterator,
  formatShardIterator,
  ITERATOR_LIFETIME_MS,
  parseShardIterator,
} from '../store/shard-iterator.ts'
import type { ShardIterator } from '../store/shard-iterator.ts'
import type { Stream } from '../store/stream.ts'
import { STREAM_ARN } from './input.ts'
import { refuseDryRun } from './operation.ts'
import type { Call, Operation } from './operation.ts'

const MAX_RECORDS = 10_000
const MAX_BYTES = 10 * 1024 * 1024

export const getRecords: Operation = {
  target: call => {
    const { streamSerial, shardNumber } = iteratorOf(call)
    return { stream: call.account.streamOfSerial(streamSerial).name, shardId: shardIdOf(shardNumber) }
  },
  run: call => {
    const { account, input } = call
    const limit = input.optionalInteger('Limit', 1, MAX_RECORDS) ?? MAX_RECORDS
    const nowMs = account.clock.now()
    const iterator = iteratorOf(call)
    if (nowMs - iterator.issuedMs > ITERATOR_LIFETIME_MS) throw expiredIterator(iterator.issuedMs, nowMs)
    const stream = account.streamOfSerial(iterator.streamSerial)
    stream.requireUsable()
    checkArn(call, stream)
    const shard = stream.shard(shardIdOf(iterator.shardNumber))
    refuseDryRun(call)
    if (account.settings.limits && !shard.admitRead(nowMs)) {
      throw throughputExceeded(
        `Rate exceeded for shard ${shard.id} in stream ${stream.name} under account ${stream.accountId}.`,
      )
    }
    const range = shard.log.read(iterator.index, limit, MAX_BYTES)
    shard.countRead(range.payloadBytes)
    const ended = !shard.open && range.nextIndex >= shard.log.nextIndex
    const next = { issuedMs: nowMs, streamSerial: stream.serial, shardNumber: shard.number, index: range.nextIndex }
    const output: GetRecordsOutput = {
      shard,
      range,
      members: {
        NextShardIterator: ended ? undefined : formatShardIterator(next, account.seal),
        MillisBehindLatest: shard.millisBehind(range.nextIndex, nowMs),
        ChildShards: ended ? shard.children.map(describeChild) : undefined,
      },
    }
    return {
      encode: protocol => protocol.encodeGetRecords(output),
      members: () => getRecordsMembers(output),
      records: range.count,
    }
  },
}

function iteratorOf({ account, input }: Call): ShardIterator {
  return parseShardIterator(input.text('ShardIterator', { max: 512 }), account.seal)
}

function checkArn({ account, input }: Call, stream: Stream): void {
  const arn = input.optionalText('StreamARN', STREAM_ARN)
  if (arn === undefined || account.nameOfArn(arn) === stream.name) return
  throw invalidArgument(`The ShardIterator belongs to stream ${stream.name}, not to StreamARN ${arn}.`)
}
