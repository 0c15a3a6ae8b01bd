// Operations on registered consumers (enhanced fan-out): register, describe, list and deregister.
import { invalidArgument, limitExceeded, resourceInUse, resourceNotFound } from '../errors.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import type { Account } from '../store/account.ts'
import { StreamConsumer } from '../store/stream-consumer.ts'
import type { Stream } from '../store/stream.ts'
import { CONSUMER_ARN, STREAM_ARN, STREAM_NAME } from './input.ts'
import type { Call, Operation } from './operation.ts'
import { answer, nothing, streamOfArn } from './operation.ts'
import { nameOfToken, pageByName } from './page-token.ts'
import { checkTags, setTags } from './tag-set.ts'

const MAX_CONSUMERS = 20
/** Limit of an on-demand stream while the account has the minimum throughput billing commitment. */
const MAX_ADVANTAGE_CONSUMERS = 50
const MAX_CREATING = 5
const DEFAULT_PAGE = 100

export const registerStreamConsumer: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const name = call.input.text('ConsumerName', STREAM_NAME)
    const tags = call.input.optionalTextMap('Tags', 200) ?? []
    const stream = streamOfArn(call)
    checkTags(`consumer ${name}`, [], tags)
    stream.requireActive()
    if (stream.consumers.has(name)) {
      throw resourceInUse(`Consumer ${name} of stream ${stream.name} under account ${stream.accountId} already exists.`)
    }
    requireConsumers(call.account, stream)
    const nowMs = call.account.clock.now()
    const creating = [...stream.consumers.values()].filter(consumer => consumer.status(nowMs) === 'CREATING')
    if (call.account.settings.limits && creating.length >= MAX_CREATING) {
      throw limitExceeded(
        `Stream ${stream.name} under account ${stream.accountId} already has ${MAX_CREATING} consumers in state CREATING.`,
      )
    }
    const consumer = new StreamConsumer(stream.arn, name, nowMs, call.account.settings.consumerCreateDelayMs)
    setTags(`consumer ${name}`, consumer.tags, tags)
    stream.consumers.set(name, consumer)
    return answer({ Consumer: describe(consumer, nowMs) })
  },
}

export const describeStreamConsumer: Operation = {
  rate: { perSecond: 20, per: 'stream' },
  target: call => ({ stream: consumerOf(call).stream.name }),
  run: call => {
    const { stream, consumer } = consumerOf(call)
    const nowMs = call.account.clock.now()
    return answer({ ConsumerDescription: { ...describe(consumer, nowMs), StreamARN: stream.arn } })
  },
}

export const deregisterStreamConsumer: Operation = {
  rate: { perSecond: 5, per: 'stream' },
  target: call => ({ stream: consumerOf(call).stream.name }),
  run: call => {
    const { stream, consumer } = consumerOf(call)
    const nowMs = call.account.clock.now()
    consumer.delete(nowMs, call.account.settings.consumerDeleteDelayMs)
    stream.settle(nowMs)
    stream.changed()
    return nothing
  },
}

export const listStreamConsumers: Operation = {
  rate: { perSecond: 5, per: 'stream' },
  run: call => {
    const { account, input } = call
    const limit = input.optionalInteger('MaxResults', 1, 10_000) ?? DEFAULT_PAGE
    const after = nameOfToken(account, 'ListStreamConsumers', input)
    const createdMs = input.optionalTimestampMs('StreamCreationTimestamp')
    if (createdMs !== undefined && input.has('NextToken')) {
      throw invalidArgument('NextToken and StreamCreationTimestamp cannot be provided together.')
    }
    const stream = streamOfArn(call)
    if (createdMs !== undefined) stream.requireCreated(createdMs)
    const { page, nextToken } = pageByName(
      account,
      'ListStreamConsumers',
      [...stream.consumers.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
      after,
      limit,
    )
    const nowMs = account.clock.now()
    return answer({ Consumers: page.map(consumer => describe(consumer, nowMs)), NextToken: nextToken })
  },
}

/**
 * Throws LimitExceededException when the stream has as many consumers and queues as the service allows. Queues count as
 * consumers.
 */
export function requireConsumers(account: Account, stream: Stream): void {
  if (!account.settings.limits) return
  const advantage = stream.mode === 'ON_DEMAND' && account.commitment.status(account.clock.now()) !== 'DISABLED'
  const limit = advantage ? MAX_ADVANTAGE_CONSUMERS : MAX_CONSUMERS
  if (stream.consumers.size + account.queuesOf(stream).length < limit) return
  throw limitExceeded(
    `Stream ${stream.name} under account ${stream.accountId} already has ${limit} registered consumers and queues.`,
  )
}

const describe = (consumer: StreamConsumer, nowMs: number): WireObject => ({
  ConsumerName: consumer.name,
  ConsumerARN: consumer.arn,
  ConsumerStatus: consumer.status(nowMs),
  ConsumerCreationTimestamp: new Date(consumer.createdMs),
})

/** Returns the consumer of ConsumerARN, or of StreamARN and ConsumerName. */
export function consumerOf(call: Call): { stream: Stream; consumer: StreamConsumer } {
  const { account, input } = call
  const arn = input.optionalText('ConsumerARN', CONSUMER_ARN)
  if (arn !== undefined) return consumerOfArn(account, arn)
  const stream = account.stream(account.nameOfArn(input.text('StreamARN', STREAM_ARN)))
  const name = input.text('ConsumerName', STREAM_NAME)
  const consumer = stream.consumers.get(name)
  if (consumer !== undefined) return { stream, consumer }
  throw resourceNotFound(`Consumer ${name} of stream ${stream.name} under account ${stream.accountId} not found.`)
}

/** Returns the consumer with an ARN. Throws ResourceNotFoundException when the account has no such consumer. */
export function consumerOfArn(account: Account, arn: string): { stream: Stream; consumer: StreamConsumer } {
  const [streamArn, rest = ''] = arn.split('/consumer/')
  const stream = account.stream(account.nameOfArn(streamArn!))
  const consumer = stream.consumers.get(rest.slice(0, rest.lastIndexOf(':')))
  if (consumer?.arn === arn) return { stream, consumer }
  throw resourceNotFound(`Consumer ${arn} of stream ${stream.name} under account ${stream.accountId} not found.`)
}
