// Finds the resource of an ARN: a stream, a consumer, a queue or a channel.
import { resourceNotFound } from '../errors.ts'
import type { Account } from '../store/account.ts'
import type { Channel } from '../store/channel.ts'
import type { Queue } from '../store/queue.ts'
import type { StreamConsumer } from '../store/stream-consumer.ts'
import type { Stream } from '../store/stream.ts'
import { consumerOfArn } from './consumers.ts'
import type { Input } from './input.ts'
import type { Call } from './operation.ts'

const RESOURCE_ARN = { max: 2048, pattern: /^arn:aws[^:]*:kinesis:[^:]*:\d{12}:(stream|channel|queue)\/\S+$/ }
const QUEUE_ARN = { max: 2048, pattern: /^arn:aws[^:]*:kinesis:[^:]*:\d{12}:queue\/\S+$/ }
const CHANNEL_ARN = { max: 2048, pattern: /^arn:aws[^:]*:kinesis:[^:]*:\d{12}:channel\/\S+$/ }

export type Resource = {
  /** The resource in an error, such as `stream flights`. */
  readonly name: string
  readonly arn: string
  /** The stream, or the stream that the resource belongs to. */
  readonly stream: Stream
} & (
  | { readonly kind: 'stream'; readonly owner: Stream }
  | { readonly kind: 'consumer'; readonly owner: StreamConsumer }
  | { readonly kind: 'queue'; readonly owner: Queue }
  | { readonly kind: 'channel'; readonly owner: Channel }
)

export function resourceOf({ account, input }: Call): Resource {
  const arn = input.text('ResourceARN', RESOURCE_ARN)
  if (arn.includes(':queue/')) {
    const owner = queueOfArn(account, arn)
    return { kind: 'queue', name: `queue ${owner.name}`, arn, stream: owner.stream, owner }
  }
  if (arn.includes(':channel/')) {
    const owner = channelOfArn(account, arn)
    return { kind: 'channel', name: `channel ${owner.name}`, arn, stream: owner.stream, owner }
  }
  if (arn.includes('/consumer/')) {
    const { stream, consumer } = consumerOfArn(account, arn)
    return {
      kind: 'consumer',
      name: `consumer ${consumer.name} of stream ${stream.name}`,
      arn,
      stream,
      owner: consumer,
    }
  }
  const owner = account.stream(account.nameOfArn(arn))
  return { kind: 'stream', name: `stream ${owner.name}`, arn, stream: owner, owner }
}

/** Returns the queue of QueueARN. */
export const queueOf = ({ account, input }: Call): Queue => queueOfArn(account, input.text('QueueARN', QUEUE_ARN))

/** Returns the channel of ChannelARN. */
export const channelOf = ({ account, input }: Call): Channel =>
  channelOfArn(account, input.text('ChannelARN', CHANNEL_ARN))

/**
 * Returns the predicate of StreamFilter in ListQueues and ListChannels. A stream passes when an entry has its ARN and, if
 * the entry has a creation time, the creation time of the stream.
 */
export function streamFilterOf(input: Input): (stream: Stream) => boolean {
  const filters = input.optionalStructures('StreamFilter', 1, 10_000)?.map(filter => ({
    arn: filter.text('StreamARN', { max: 2048 }),
    createdMs: filter.optionalTimestampMs('StreamCreationTimestamp'),
  }))
  return stream =>
    filters?.some(
      ({ arn, createdMs }) => arn === stream.arn && (createdMs === undefined || createdMs === stream.createdMs),
    ) ?? true
}

function queueOfArn(account: Account, arn: string): Queue {
  const queue = account.queues.find(account.nameOfArn(arn, 'queue'))
  if (queue !== undefined) return queue
  throw resourceNotFound(`Queue ${arn} under account ${account.settings.accountId} not found.`)
}

function channelOfArn(account: Account, arn: string): Channel {
  const channel = account.channels.find(account.nameOfArn(arn, 'channel'))
  if (channel !== undefined) return channel
  throw resourceNotFound(`Channel ${arn} under account ${account.settings.accountId} not found.`)
}
