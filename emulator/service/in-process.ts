// The door without sockets: an operation is called with the members that the AWS SDK's commands take, and answers the
// members that they give; a subscription is an iterator of events. Faults, rates, quotas and the log of requests are those
// of any other request.
import { putRecordsOf } from '../protocol/put-records-input.ts'
import type { Answer } from '../operations/operation.ts'
import { eventMembers } from '../protocol/event-stream.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import type { Subscription } from '../store/subscription.ts'
import type { Service } from './service.ts'

/** What a call rejects with when a fault breaks its connection: named as Node's own error. */
export class ConnectionReset extends Error {
  readonly code = 'ECONNRESET'

  constructor(operation: string) {
    super(`The connection of ${operation} was reset (injected fault).`)
    this.name = 'ConnectionReset'
  }
}

/** One event of a subscription, with the members of the service's SubscribeToShardEvent. */
export interface ShardEvent {
  readonly Records: readonly {
    readonly SequenceNumber: string
    readonly ApproximateArrivalTimestamp: Date
    /** The stored bytes themselves, not a copy: do not write to them. */
    readonly Data: Buffer
    readonly PartitionKey: string
  }[]
  /** Absent in the last event of a shard. */
  readonly ContinuationSequenceNumber?: string | undefined
  readonly MillisBehindLatest: number
  /** Only in the last event of a shard. */
  readonly ChildShards?:
    | readonly {
        readonly ShardId: string
        readonly ParentShards: readonly string[]
        readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string }
      }[]
    | undefined
}

/**
 * The events of one subscription. An event exists from the moment it is asked for and there is something to say; what is
 * not asked for is not sent. Throws KinesisError for an exception event and ConnectionReset for a cut connection.
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

  /** Ends the subscription, as a client that closes its connection does; a `next` that waits is done then. */
  async return(): Promise<IteratorResult<ShardEvent, undefined>> {
    this.#subscription.close()
    return { done: true, value: undefined }
  }
}

/**
 * @param input bytes are Uint8Array (or base64 text), timestamps Date (or epoch seconds)
 * @throws KinesisError what the service answers; ConnectionReset
 */
export async function callInProcess(service: Service, operation: string, input: WireObject): Promise<WireObject> {
  if (operation === 'SubscribeToShard') throw new TypeError('SubscribeToShard answers with events: use subscribe.')
  const answer = await answerOf(service, operation, input)
  return 'members' in answer ? answer.members() : {}
}

export async function subscribeInProcess(service: Service, input: WireObject): Promise<ShardSubscription> {
  const answer = await answerOf(service, 'SubscribeToShard', input)
  if ('subscription' in answer) return new ShardSubscription(answer.subscription)
  throw new TypeError('SubscribeToShard did not answer with a subscription.')
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
