// Calls of operations within the process, without sockets. The input and the output of a call have the members of the AWS
// SDK's commands. A subscription is an iterator of events. Faults, rates, quotas and the log of requests apply as they do
// to any other request.
import { putRecordsOf } from '../protocol/put-records-input.ts'
import type { Answer } from '../operations/operation.ts'
import { eventMembers } from '../protocol/event-stream.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import type { Subscription } from '../store/subscription.ts'
import type { Service } from './service.ts'

/** The error of a call whose connection a fault breaks. It has the code of Node's error, `ECONNRESET`. */
export class ConnectionReset extends Error {
  readonly code = 'ECONNRESET'

  constructor(operation: string) {
    super(`The connection of ${operation} was reset (injected fault).`)
    this.name = 'ConnectionReset'
  }
}

/** One event of a subscription, with the members of SubscribeToShardEvent. */
export interface ShardEvent {
  readonly Records: readonly {
    readonly SequenceNumber: string
    readonly ApproximateArrivalTimestamp: Date
    /** The stored bytes, not a copy. Do not write to them. */
    readonly Data: Buffer
    readonly PartitionKey: string
  }[]
  /** Absent in the last event of a shard. */
  readonly ContinuationSequenceNumber?: string | undefined
  readonly MillisBehindLatest: number
  /** Present only in the last event of a shard. */
  readonly ChildShards?:
    | readonly {
        readonly ShardId: string
        readonly ParentShards: readonly string[]
        readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string }
      }[]
    | undefined
}

/**
 * The events of one subscription. The next event is made only after `next` is called. An exception event is thrown as a
 * KinesisError, and a broken connection as a ConnectionReset.
 */
export class ShardSubscription implements AsyncIterableIterator<ShardEvent, undefined> {
  readonly #subscription: Subscription

  /** @internal */
  constructor(subscription: Subscription) {
    this.#subscription = subscription
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<ShardEvent, undefined>> {
    const delivery = await this.#subscription.next()
    switch (delivery.kind) {
      case 'event':
        return { done: false, value: eventMembers(delivery) as unknown as ShardEvent }
      case 'end':
        return { done: true, value: undefined }
      case 'exception':
        throw delivery.error
      case 'cut':
        throw new ConnectionReset('SubscribeToShard')
    }
  }

  /** Ends the subscription, as a client does that closes its connection. A pending `next` resolves as done. */
  async return(): Promise<IteratorResult<ShardEvent, undefined>> {
    this.#subscription.close()
    return { done: true, value: undefined }
  }
}

/**
 * @param input The members. Bytes are Uint8Array or base64 text, timestamps are Date or epoch seconds.
 * @throws KinesisError when the service returns an error; ConnectionReset when a fault breaks the connection
 */
export async function callInProcess(service: Service, operation: string, input: WireObject): Promise<WireObject> {
  if (operation === 'SubscribeToShard') throw new TypeError('SubscribeToShard returns events. Call subscribe instead.')
  const answer = await answerOf(service, operation, input)
  return 'members' in answer ? answer.members() : {}
}

export async function subscribeInProcess(service: Service, input: WireObject): Promise<ShardSubscription> {
  const answer = await answerOf(service, 'SubscribeToShard', input)
  if ('subscription' in answer) return new ShardSubscription(answer.subscription)
  throw new TypeError('SubscribeToShard did not return a subscription.')
}

async function answerOf(service: Service, operation: string, input: WireObject): Promise<Answer> {
  const outcome = await service.call({
    operation,
    contentType: '',
    httpVersion: 'none',
    open: () => (operation === 'PutRecords' ? putRecordsOf(input) : { members: input }),
  })
  switch (outcome.kind) {
    case 'answer':
      return outcome.answer
    case 'error':
      throw outcome.error
    case 'reset':
      throw new ConnectionReset(operation)
  }
}
