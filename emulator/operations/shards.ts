// Operations that reshard a stream, and the description of a shard in responses.
import { invalidArgument, KinesisError, limitExceeded } from '../errors.ts'
import { describeRange } from '../protocol/child-shard.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import { parseHashKey } from '../store/hash-key.ts'
import { checkMerge, checkSplit, merge, scaleUniformly, split } from '../store/reshard.ts'
import type { Shard } from '../store/shard.ts'
import type { Stream } from '../store/stream.ts'
import { SHARD_ID } from './input.ts'
import type { Call, Operation } from './operation.ts'
import { answer, nothing, streamOf } from './operation.ts'

/** UpdateShardCount: largest number of shards of a stream. */
const MAX_TARGET_SHARDS = 10_000

/** Returns a shard as DescribeStream and ListShards return it. */
export function describeShard(shard: Shard): WireObject {
  return {
    ShardId: shard.id,
    ParentShardId: shard.parentIds[0],
    AdjacentParentShardId: shard.parentIds[1],
    HashKeyRange: describeRange(shard),
    SequenceNumberRange: {
      StartingSequenceNumber: shard.sequence.starting,
      EndingSequenceNumber: shard.open ? undefined : shard.sequence.ending,
    },
  }
}

export const splitShard: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const stream = provisioned(call)
    const shardId = call.input.text('ShardToSplit', SHARD_ID)
    const newStart = parseHashKey('NewStartingHashKey', call.input.text('NewStartingHashKey'))
    const shard = stream.shard(shardId)
    checkSplit(stream, shard, newStart)
    call.account.requireShards(1)
    reshard(call, stream, nowMs => split(stream, shard, newStart, nowMs))
    return nothing
  },
}

export const mergeShards: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const stream = provisioned(call)
    const shard = stream.shard(call.input.text('ShardToMerge', SHARD_ID))
    const adjacent = stream.shard(call.input.text('AdjacentShardToMerge', SHARD_ID))
    checkMerge(stream, shard, adjacent)
    reshard(call, stream, nowMs => merge(stream, shard, adjacent, nowMs))
    return nothing
  },
}

export const updateShardCount: Operation = {
  rate: { perSecond: 10, per: 'account' },
  run: call => {
    const target = call.input.integer('TargetShardCount', 1)
    call.input.text('ScalingType', { oneOf: ['UNIFORM_SCALING'] })
    const stream = provisioned(call)
    const current = stream.openShards().length
    if (target > current * 2 || target < current / 2) {
      throw invalidArgument(
        `UpdateShardCount can not scale stream ${stream.name} under account ${stream.accountId} from ${current} to ` +
          `${target} shards: the target must be between half and double the current count.`,
      )
    }
    if (target > MAX_TARGET_SHARDS) {
      throw invalidArgument(
        `UpdateShardCount can not scale stream ${stream.name} under account ${stream.accountId} to ${target} shards: ` +
          `a stream has at most ${MAX_TARGET_SHARDS}.`,
      )
    }
    call.account.requireShards(target - current)
    countScaling(call, stream)
    reshard(call, stream, nowMs => scaleUniformly(stream, target, nowMs))
    return answer({
      StreamName: stream.name,
      CurrentShardCount: current,
      TargetShardCount: target,
      StreamARN: stream.arn,
    })
  },
}

function countScaling({ account }: Call, stream: Stream): void {
  if (!account.settings.limits || stream.scalings.admit(account.clock.now())) return
  throw limitExceeded(
    `Stream ${stream.name} under account ${stream.accountId} was already scaled 10 times in the last 24 hours.`,
  )
}

function provisioned(call: Call): Stream {
  const stream = streamOf(call)
  stream.requireActive()
  if (stream.mode === 'PROVISIONED') return stream
  throw new KinesisError(
    'ValidationException',
    `Request is invalid. Stream ${stream.name} under account ${stream.accountId} is in On-Demand mode.`,
  )
}

function reshard({ account }: Call, stream: Stream, change: (nowMs: number) => unknown): void {
  stream.update(account.clock.now(), account.settings.updateDelayMs, change)
}
