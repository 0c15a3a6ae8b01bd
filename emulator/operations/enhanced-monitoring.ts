// Operations that enable and disable the shard-level metrics of a stream. The emulator does not send metrics.
import type { Operation } from './operation.ts'
import { answer, streamOf } from './operation.ts'

const METRICS = [
  'IncomingBytes',
  'IncomingRecords',
  'OutgoingBytes',
  'OutgoingRecords',
  'WriteProvisionedThroughputExceeded',
  'ReadProvisionedThroughputExceeded',
  'IteratorAgeMilliseconds',
]
const NAMED = [...METRICS, 'ALL']

/** @param on Whether the operation enables the named metrics or disables them. */
export const updateMonitoring = (on: boolean): Operation => ({
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const { account, input } = call
    const named = input.texts('ShardLevelMetrics', 1, METRICS.length, { oneOf: NAMED })
    const stream = streamOf(call)
    stream.requireActive()
    const current = stream.shardLevelMetrics
    const chosen = (metric: string): boolean => named.includes('ALL') || named.includes(metric)
    const desired = METRICS.filter(metric => (chosen(metric) ? on : current.includes(metric)))
    stream.update(account.clock.now(), account.settings.updateDelayMs, () => {
      stream.shardLevelMetrics = desired
    })
    return answer({
      StreamName: stream.name,
      CurrentShardLevelMetrics: current,
      DesiredShardLevelMetrics: desired,
      StreamARN: stream.arn,
    })
  },
})
