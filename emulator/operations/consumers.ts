// Registered consumers (enhanced fan-out): they come, are listed and go.
import { invalidArgument, limitExceeded, resourceInUse, resourceNotFound } from '../errors.ts'
import type { WireObject } from '../protocol/wire-value.ts'
import { StreamConsumer } from '../store/stream-consumer.ts'
import type { Stream } from '../store/stream.ts'
import { STREAM_NAME } from './input.ts'
import type { Call, Operation } from './operation.ts'
import { answer, nothing, streamOf } from './operation.ts'

const MAX_CONSUMERS = 20
const MAX_CREATING = 5
const DEFAULT_PAGE = 100

export const registerStreamConsumer: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    call.input.text('StreamARN')
    const name = call.input.text('ConsumerName', STREAM_NAME)
    const stream = streamOf(call)
    stream.requireActive()
    if (stream.consumers.has(name)) {
      throw resourceInUse(`Consumer ${name} of stream ${stream.name} under account ${stream.accountId} already exists.`)
    }
    if (call.account.settings.limits && stream.consumers.size >= MAX_CONSUMERS) {
      throw limitExceeded(
        `Stream ${stream.name} under account ${stream.accountId} already has ${MAX_CONSUMERS} registered consumers.`,
      )
    }
    const nowMs = call.account.clock.now()
    const creating = [...stream.consumers.values()].filter(consumer => consumer.status(nowMs) === 'CREATING')
    if (call.account.settings.limits && creating.length >= MAX_CREATING) {
      throw limitExceeded(
        `Stream ${stream.name} under account ${stream.accountId} already has ${MAX_CREATING} consumers in state CREATING.`,
      )
    }
    const consumer = new StreamConsumer(stream.arn, name, nowMs, call.account.settings.consumerCreateDelayMs)
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
    const token = input.optionalText('NextToken', { max: 1_048_576 })
    const after = token === undefined ? '' : account.seal.open(token)?.toString()
    if (after === undefined) throw invalidArgument('NextToken is invalid.')
    const stream = streamOf(call)
    const names = [...stream.consumers.keys()].filter(name => name > after).sort()
    const page = names.slice(0, limit)
    return answer({
      Consumers: page.map(name => describe(stream.consumers.get(name)!, account.clock.now())),
      NextToken: names.length > limit ? account.seal.close(Buffer.from(page.at(-1)!)) : undefined,
    })
  },
}

const describe = (consumer: StreamConsumer, nowMs: number): WireObject => ({
  ConsumerName: consumer.name,
  ConsumerARN: consumer.arn,
  ConsumerStatus: consumer.status(nowMs),
  ConsumerCreationTimestamp: new Date(consumer.createdMs),
})

/** The consumer of ConsumerARN, or of StreamARN and ConsumerName. */
export function consumerOf(call: Call): { stream: Stream; consumer: StreamConsumer } {
  const { account, input } = call
  const arn = input.optionalText('ConsumerARN', { max: 2048 })
  const match = arn === undefined ? undefined : /^(.*)\/consumer\/([a-zA-Z0-9_.-]+):\d+$/.exec(arn)
  if (match === null) throw invalidArgument(`Invalid ConsumerARN: ${arn!}`)
  const stream = match === undefined ? streamOf(call) : account.stream(account.nameOfArn(match[1]!))
  const name = match?.[2] ?? input.text('ConsumerName', STREAM_NAME)
  const consumer = stream.consumers.get(name)
  if (consumer !== undefined && (arn === undefined || consumer.arn === arn)) return { stream, consumer }
  throw resourceNotFound(
    `Consumer ${arn ?? name} of stream ${stream.name} under account ${stream.accountId} not found.`,
  )
}
