// Operations that change a stream: its retention period, its mode, its maximum record size, its warm throughput and its
// distribution strategy. The stream is UPDATING for `updateDelayMs` after a change. The distribution strategy changes at
// once.
import { invalidArgument, limitExceeded, resourceInUse } from '../errors.ts'
import type { Account } from '../store/account.ts'
import { scaleUniformly } from '../store/reshard.ts'
import type { Stream, StreamMode } from '../store/stream.ts'
import type { Call, Operation } from './operation.ts'
import { answer, nothing, streamOf, streamOfArn } from './operation.ts'
import { ON_DEMAND_STREAM_LIMIT } from './account-settings.ts'

const KIB = 1024
/** UpdateStreamWarmThroughput: at most 10 GiB a second. */
const MAX_WARM_MIBPS = 10_240
export const MODES = ['PROVISIONED', 'ON_DEMAND'] as const
export const STRATEGIES = ['AUTO', 'USER_PARTITION_KEY'] as const

export const updateRetention = (direction: 'increase' | 'decrease'): Operation => ({
  rate: { perSecond: 5, per: 'stream' },
  run: call => {
    const hours = call.input.integer('RetentionPeriodHours', -2_147_483_648)
    const stream = streamOf(call)
    const { name, accountId, retentionHours } = stream
    if (hours < 24 || hours > 8760) {
      throw invalidArgument(
        `Retention period of ${hours} hours for stream ${name} under account ${accountId} must be between 24 and 8760 hours.`,
      )
    }
    if (direction === 'increase' ? hours < retentionHours : hours > retentionHours) {
      throw invalidArgument(
        `Requested retention period (${hours} hours) for stream ${name} under account ${accountId} can not be ` +
          `${direction === 'increase' ? 'shorter' : 'longer'} than the existing retention period (${retentionHours} hours).`,
      )
    }
    stream.requireActive()
    change(call, stream, () => {
      stream.retentionHours = hours
    })
    stream.settle(call.account.clock.now())
    return nothing
  },
})

/** UpdateStreamMode. The current mode of the stream is accepted and changes nothing. */
export const updateStreamMode: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const { account, input } = call
    const mode = modeOf(input.structure('StreamModeDetails').text('StreamMode', { oneOf: MODES }))
    const warmMiBps = input.optionalInteger('WarmThroughputMiBps', 0)
    const stream = streamOfArn(call)
    stream.requireActive()
    if (warmMiBps !== undefined) checkWarm(account, stream.name, mode, warmMiBps, stream.openShards().length)
    if (mode !== stream.mode) {
      checkModeChange(account, stream, mode)
      change(call, stream, () => {
        stream.mode = mode
        if (mode === 'PROVISIONED') stream.distribution = 'USER_PARTITION_KEY'
      })
    }
    if (warmMiBps !== undefined) warm(call, stream, warmMiBps, mode)
    return nothing
  },
}

export const updateMaxRecordSize: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const kib = call.input.integer('MaxRecordSizeInKiB', 1024, 10_240)
    const stream = streamOf(call)
    stream.requireActive()
    change(call, stream, () => {
      stream.maxRecordBytes = kib * KIB
    })
    return nothing
  },
}

export const updateStreamWarmThroughput: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const mibps = call.input.integer('WarmThroughputMiBps', 0)
    const stream = streamOf(call)
    checkWarm(call.account, stream.name, stream.mode, mibps, stream.openShards().length)
    stream.requireActive()
    const { currentMiBps } = stream.warmThroughput
    warm(call, stream, mibps, stream.mode)
    return answer({
      StreamARN: stream.arn,
      StreamName: stream.name,
      WarmThroughput: { TargetMiBps: mibps, CurrentMiBps: currentMiBps },
    })
  },
}

export const updateStreamRecordDistributionStrategy: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const strategy = strategyOf(call.input.text('RecordDistributionStrategy', { oneOf: STRATEGIES }))
    const stream = streamOfArn(call)
    checkStrategy(stream.name, stream.mode)
    stream.requireActive()
    stream.distribution = strategy
    return nothing
  },
}

/** Returns the mode of a name that was checked. */
export const modeOf = (text: string): StreamMode => MODES.find(mode => mode === text) ?? 'PROVISIONED'

/** Returns the distribution strategy of a name that was checked. */
export const strategyOf = (text: string): Stream['distribution'] =>
  STRATEGIES.find(strategy => strategy === text) ?? 'USER_PARTITION_KEY'

/** Throws InvalidArgumentException when a stream of this mode can not have a distribution strategy. */
export function checkStrategy(name: string, mode: StreamMode): void {
  if (mode === 'ON_DEMAND') return
  throw invalidArgument(
    `RecordDistributionStrategy is only supported for on-demand streams; stream ${name} is ${mode}.`,
  )
}

/** Throws LimitExceededException when the account has as many on-demand streams as it may have. */
export function requireOnDemandStreams(account: Account): void {
  if (!account.settings.limits) return
  const count = account.streams().filter(stream => stream.mode === 'ON_DEMAND').length
  if (count < ON_DEMAND_STREAM_LIMIT) return
  throw limitExceeded(
    `Account ${account.settings.accountId} already has ${ON_DEMAND_STREAM_LIMIT} on-demand streams, which is its limit.`,
  )
}

/** Throws when the stream or the account can not have this warm throughput. */
export function checkWarm(account: Account, name: string, mode: StreamMode, mibps: number, openShards: number): void {
  if (mode !== 'ON_DEMAND')
    throw invalidArgument(`Warm throughput is only supported for on-demand streams; stream ${name} is ${mode}.`)
  if (account.commitment.status(account.clock.now()) === 'DISABLED') {
    throw invalidArgument(
      `Warm throughput of stream ${name} requires MinimumThroughputBillingCommitment, which is not enabled for account ` +
        `${account.settings.accountId}. Call UpdateAccountSettings first.`,
    )
  }
  if (mibps > MAX_WARM_MIBPS)
    throw limitExceeded(`Warm throughput of stream ${name} can not be more than ${MAX_WARM_MIBPS} MiB a second.`)
  account.requireShards(Math.max(0, mibps - openShards))
}

function checkModeChange(account: Account, stream: Stream, mode: StreamMode): void {
  const { name, accountId } = stream
  if (mode === 'ON_DEMAND') requireOnDemandStreams(account)
  else if (account.queuesOf(stream).length > 0 || account.channelsOf(stream).length > 0) {
    throw resourceInUse(
      `Stream ${name} under account ${accountId} can not become PROVISIONED: it has queues or channels. Delete them first.`,
    )
  }
  if (account.settings.limits && !stream.modeChanges.admit(account.clock.now()))
    throw limitExceeded(
      `The mode of stream ${name} under account ${accountId} was already changed twice in the last 24 hours.`,
    )
}

/** Sets the warm throughput. The stream gets at least one open shard for each MiB a second. */
function warm(call: Call, stream: Stream, mibps: number, mode: StreamMode): void {
  stream.warmThroughput = { ...stream.warmThroughput, targetMiBps: mibps }
  change(call, stream, nowMs => {
    stream.mode = mode
    stream.warmThroughput = { targetMiBps: mibps, currentMiBps: mibps }
    if (mibps > stream.openShards().length) scaleUniformly(stream, mibps, nowMs)
  })
}

function change({ account }: Call, stream: Stream, apply: (nowMs: number) => void): void {
  stream.update(account.clock.now(), account.settings.updateDelayMs, apply)
}
