// Operations on the account: its limits, and its minimum throughput billing commitment.
import type { WireObject } from '../encoding/wire-value.ts'
import type { Account } from '../store/account.ts'
import type { Operation } from './operation.ts'
import { answer } from './operation.ts'

/** Number of on-demand streams that an account may have. */
export const ON_DEMAND_STREAM_LIMIT = 50
/** Number of channels that an account may have. The service does not document its limit. */
export const CHANNEL_LIMIT = 50

export const describeLimits: Operation = {
  rate: { perSecond: 1, per: 'account' },
  target: () => ({}),
  run: ({ account }) =>
    answer({
      ShardLimit: account.settings.shardLimit,
      OpenShardCount: account.openShardCount(),
      OnDemandStreamCount: account.streams().filter(stream => stream.mode === 'ON_DEMAND').length,
      OnDemandStreamCountLimit: ON_DEMAND_STREAM_LIMIT,
      ChannelCount: account.channels.all().length,
      ChannelCountLimit: CHANNEL_LIMIT,
    }),
}

export const describeAccountSettings: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: () => ({}),
  run: ({ account }) => answer(describeCommitment(account)),
}

export const updateAccountSettings: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: () => ({}),
  run: ({ account, input }) => {
    const status = input
      .structure('MinimumThroughputBillingCommitment')
      .text('Status', { oneOf: ['ENABLED', 'DISABLED'] })
    const nowMs = account.clock.now()
    if (status === 'ENABLED') account.commitment.enable(nowMs)
    else account.commitment.disable(nowMs)
    return answer(describeCommitment(account))
  },
}

function describeCommitment({ commitment, clock }: Account): WireObject {
  const nowMs = clock.now()
  const time = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms))
  return {
    MinimumThroughputBillingCommitment: {
      Status: commitment.status(nowMs),
      StartedAt: time(commitment.startedMs),
      EndedAt: time(commitment.endedMs(nowMs)),
      EarliestAllowedEndAt: time(commitment.earliestEndMs(nowMs)),
    },
  }
}
