// SubscribeToShard (enhanced fan-out). Its response is a stream of events. Within five seconds after a successful call for
// the same consumer and shard another call is refused. A later call ends the older subscription.
import { KinesisError, resourceInUse } from '../errors.ts'
import type { Fault } from '../faults/fault.ts'
import { Subscription } from '../store/subscription.ts'
import type { Disruption } from '../store/subscription.ts'
import { consumerOf } from './consumers.ts'
import { CONSUMER_ARN, SHARD_ID } from './input.ts'
import { refuseDryRun } from './operation.ts'
import type { Operation } from './operation.ts'
import { startIndex, startingPosition } from './starting-position.ts'

const POSITION = { operation: 'SubscribeToShard', type: 'Type', sequenceNumber: 'SequenceNumber' }

export const subscribeToShard: Operation = {
  target: call => ({ stream: consumerOf(call).stream.name, shardId: call.input.optionalText('ShardId') }),
  run: call => {
    const { account, input } = call
    const nowMs = account.clock.now()
    input.text('ConsumerARN', CONSUMER_ARN)
    const shardId = input.text('ShardId', SHARD_ID)
    const position = startingPosition(input.structure('StartingPosition'), POSITION)
    const { stream, consumer } = consumerOf(call)
    stream.requireUsable()
    const status = consumer.status(nowMs)
    if (status !== 'ACTIVE') {
      throw resourceInUse(
        `Consumer ${consumer.name} of stream ${stream.name} under account ${stream.accountId} not ACTIVE, instead in ` +
          `state ${status}`,
      )
    }
    const shard = stream.shard(shardId)
    const index = startIndex(position, stream, shard, nowMs)
    const older = consumer.subscriptions.get(shard.id)
    if (older !== undefined && nowMs - older.startedMs < account.settings.resubscribeDelayMs) {
      throw resourceInUse(
        `Another active subscription exists for this consumer: ${consumer.name} on shard ${shard.id} in stream ` +
          `${stream.name} under account ${stream.accountId}.`,
      )
    }
    refuseDryRun(call)
    older?.supersede()
    const disruption = call.fault === undefined ? undefined : disruptionOf(call.fault)
    const subscription = new Subscription({
      account,
      stream,
      consumer,
      shard,
      index,
      disruption,
      onEvent: call.onEvent,
    })
    consumer.subscriptions.set(shard.id, subscription)
    return { subscription }
  },
}

function disruptionOf(fault: Fault): Disruption | undefined {
  switch (fault.kind) {
    case 'silence':
    case 'cut':
      return { afterEvents: fault.afterEvents ?? 0, effect: fault.kind }
    case 'early-end':
      return { afterEvents: fault.afterEvents ?? 0, effect: 'end' }
    case 'event-error': {
      const { afterEvents = 0, name = 'InternalFailureException', message = `Injected fault: ${name}` } = fault
      return { afterEvents, effect: new KinesisError(name, message) }
    }
    default:
      return undefined
  }
}
