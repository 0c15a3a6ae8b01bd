// Resharding, and how a shard looks on the wire.
import { invalidArgument, limitExceeded, validation } from '../errors.ts'
import { describeRange } from '../protocol/child-shard.ts'
import type { WireObject } from '../protocol/wire-value.ts'
import { parseHashKey } from '../store/hash-key.ts'
import { checkMerge, checkSplit, merge, scaleUniformly, split } from '../store/reshard.ts'
import type { Shard } from '../store/shard.ts'
import type { Stream } from '../store/stream.ts'
import { SHARD_ID } from './input.ts'
import type { Call, Operation } from './operation.ts'
import { answer, nothing, streamOf } from './operation.ts'

const DAY_MS = 86_400_000
const SCALINGS_PER_DAY = 10

/** A shard as DescribeStream and ListShards show it. */
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

/** UpdateShardCount: at most 10 times per rolling 24 hours and stream. */
function countScaling({ account }: Call, stream: Stream): void {
  if (!account.settings.limits) return
  const nowMs = account.clock.now()
  const recent = stream.scalings.filter(ms => nowMs - ms < DAY_MS)
  if (recent.length >= SCALINGS_PER_DAY) {
    throw limitExceeded(
      `Stream ${stream.name} under account ${stream.accountId} was scaled ${SCALINGS_PER_DAY} times in 24 hours already.`,
    )
  }
  stream.scalings = [...recent, nowMs]
}

function provisioned(call: Call): Stream {
  const stream = streamOf(call)
  stream.requireActive()
  if (stream.mode === 'PROVISIONED') return stream
  throw validation('streamModeDetails', `be PROVISIONED to reshard, but stream ${stream.name} is ${stream.mode}`)
}

function reshard({ account }: Call, stream: Stream, change: (nowMs: number) => unknown): void {
  stream.update(account.clock.now(), account.settings.updateDelayMs, change)
}
