// Operations on queues: create, describe, list, update and delete. A queue belongs to an on-demand stream. `queue-records`
// has the operations on its records.
import { invalidArgument, KinesisError, resourceInUse, resourceNotFound, validation } from '../errors.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import { Queue } from '../store/queue.ts'
import type { QueueAttributes, QueueStart } from '../store/queue.ts'
import { requireConsumers } from './consumers.ts'
import { STREAM_ARN, STREAM_NAME } from './input.ts'
import type { Input } from './input.ts'
import type { Call, Operation } from './operation.ts'
import { answer, nothing } from './operation.ts'
import { nameOfToken, pageByName } from './page-token.ts'
import { queueOf, streamFilterOf } from './resource.ts'
import { checkTags, setTags } from './tag-set.ts'

const DEFAULT_PAGE = 100
export const MAX_VISIBILITY_SECONDS = 43_200
const MAX_RECEIVES = 1000
const START_TYPES = ['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'] as const
const DEFAULTS: QueueAttributes = { visibilityTimeoutSeconds: 30, maxReceiveCount: 6 }

const target = (call: Call): { stream: string } => ({ stream: queueOf(call).stream.name })

export const createQueue: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: ({ account, input }) => ({ stream: account.nameOfArn(oneStream(input).text('StreamARN')) }),
  run: ({ account, input }) => {
    const name = input.text('QueueName', STREAM_NAME)
    const source = oneStream(input)
    const arn = source.text('StreamARN', STREAM_ARN)
    const start = startOf(source.optionalStructure('StartingPosition'), account.clock.now())
    const attributes = attributesOf(input.optionalStructure('QueueAttributes'), DEFAULTS)
    const tags = input.optionalTextMap('Tags', 200) ?? []
    checkTags(`queue ${name}`, [], tags)
    const stream = account.stream(account.nameOfArn(arn))
    const { accountId } = account.settings
    if (stream.mode !== 'ON_DEMAND') {
      throw invalidArgument(`Queues are only supported on on-demand streams; stream ${stream.name} is ${stream.mode}.`)
    }
    stream.requireActive()
    if (account.queues.find(name) !== undefined) {
      throw resourceInUse(`Queue ${name} under account ${accountId} already exists.`)
    }
    requireConsumers(account, stream)
    const queue = new Queue(
      {
        name,
        arn: account.arnOf(name, 'queue'),
        serial: account.nextSerial(),
        stream,
        start,
        createdMs: account.clock.now(),
        createDelayMs: account.settings.consumerCreateDelayMs,
      },
      attributes,
    )
    setTags(`queue ${name}`, queue.tags, tags)
    account.queues.add(queue)
    return answer({ QueueDescription: describe(queue, 'CREATING') })
  },
}

export const describeQueue: Operation = {
  rate: { perSecond: 20, per: 'account' },
  target,
  run: call => answer({ QueueDescription: describe(queueOf(call)) }),
}

export const updateQueue: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target,
  run: call => {
    const { account, input } = call
    const given = input.structure('QueueAttributes')
    const queue = queueOf(call)
    const attributes = attributesOf(given, queue.attributes)
    const { status } = queue.lifecycle
    if (status !== 'ACTIVE') {
      throw resourceInUse(
        `Queue ${queue.name} under account ${account.settings.accountId} not ACTIVE, instead in state ${status}`,
      )
    }
    queue.lifecycle.update(account.clock.now(), account.settings.updateDelayMs, () => undefined)
    queue.attributes = attributes
    return answer({ QueueDescription: describe(queue, 'UPDATING') })
  },
}

export const deleteQueue: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target,
  run: call => {
    const queue = queueOf(call)
    const { clock, settings } = call.account
    if (queue.lifecycle.status !== 'DELETING') queue.lifecycle.delete(clock.now(), settings.consumerDeleteDelayMs)
    queue.stream.changed()
    return nothing
  },
}

export const listQueues: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: () => ({}),
  run: ({ account, input }) => {
    const limit = input.optionalInteger('MaxResults', 1, 10_000) ?? DEFAULT_PAGE
    const passes = streamFilterOf(input)
    const after = nameOfToken(account, 'ListQueues', input)
    const queues = account.queues.all().filter(queue => passes(queue.stream))
    const { page, nextToken } = pageByName(account, 'ListQueues', queues, after, limit)
    return answer({
      QueueSummaries: page.map(queue => ({
        QueueName: queue.name,
        QueueARN: queue.arn,
        QueueStatus: queue.lifecycle.status,
        QueueCreationTimestamp: new Date(queue.createdMs),
        Streams: [{ StreamARN: queue.stream.arn, StreamCreationTimestamp: new Date(queue.stream.createdMs) }],
      })),
      NextToken: nextToken,
    })
  },
}

/**
 * Returns the queue of QueueARN. Throws ResourceNotFoundException when the queue is not ACTIVE or UPDATING, or its stream
 * is not usable.
 */
export function deliveringQueueOf(call: Call): Queue {
  const queue = queueOf(call)
  const { status } = queue.lifecycle
  call.account.streamOfSerial(queue.stream.serial).requireUsable()
  if (status === 'ACTIVE' || status === 'UPDATING') return queue
  throw resourceNotFound(
    `Queue ${queue.name} under account ${call.account.settings.accountId} not ACTIVE, instead in state ${status}`,
  )
}

/** Returns the entry of StreamConfigurationList. */
function oneStream(input: Input): Input {
  const [source, ...others] = input.structures('StreamConfigurationList', 1, 10_000)
  if (source !== undefined && others.length === 0) return source
  throw invalidArgument('StreamConfigurationList must have exactly one entry: a queue delivers from a single stream.')
}

function startOf(input: Input | undefined, nowMs: number): QueueStart {
  if (input === undefined) return { type: 'LATEST', timestampMs: undefined }
  const type = START_TYPES.find(known => known === input.text('Type', { oneOf: START_TYPES }))!
  const timestampMs = input.optionalTimestampMs('Timestamp')
  if ((type === 'AT_TIMESTAMP') !== (timestampMs !== undefined)) {
    throw new KinesisError(
      'ValidationException',
      `StartingPosition ${type} ${type === 'AT_TIMESTAMP' ? 'requires Timestamp' : 'takes no Timestamp'}.`,
    )
  }
  if (timestampMs !== undefined && timestampMs > nowMs)
    throw invalidArgument('The Timestamp of StartingPosition lies in the future.')
  return { type, timestampMs }
}

/** Returns the attributes of a request. An attribute that the request does not have is taken from `others`. */
function attributesOf(input: Input | undefined, others: QueueAttributes): QueueAttributes {
  const visibility = input?.optionalInteger('VisibilityTimeoutSeconds', 0, MAX_VISIBILITY_SECONDS)
  const visibilityTimeoutSeconds = visibility ?? others.visibilityTimeoutSeconds
  const deadLetters = input?.optionalStructure('DeadLetterConfiguration')
  if (deadLetters === undefined) return { ...others, visibilityTimeoutSeconds }
  const type = deadLetters.text('TargetType', { oneOf: ['BUILT_IN', 'NONE'] })
  const maxReceiveCount = deadLetters.optionalInteger('MaxReceiveCount', 1, MAX_RECEIVES)
  if (type === 'NONE') return { visibilityTimeoutSeconds, maxReceiveCount: undefined }
  if (maxReceiveCount === undefined)
    throw validation(
      'queueAttributes.deadLetterConfiguration.maxReceiveCount',
      'not be null when TargetType is BUILT_IN',
    )
  return { visibilityTimeoutSeconds, maxReceiveCount }
}

function describe(queue: Queue, status: string = queue.lifecycle.status): WireObject {
  const { start, attributes } = queue
  const { maxReceiveCount } = attributes
  return {
    QueueName: queue.name,
    QueueARN: queue.arn,
    QueueStatus: status,
    QueueCreationTimestamp: new Date(queue.createdMs),
    StreamConfigurationList: [
      {
        StreamARN: queue.stream.arn,
        StartingPosition: {
          Type: start.type,
          Timestamp: start.timestampMs === undefined ? undefined : new Date(start.timestampMs),
        },
      },
    ],
    QueueAttributes: {
      VisibilityTimeoutSeconds: attributes.visibilityTimeoutSeconds,
      DeadLetterConfiguration:
        maxReceiveCount === undefined
          ? { TargetType: 'NONE' }
          : { TargetType: 'BUILT_IN', MaxReceiveCount: maxReceiveCount },
    },
  }
}
