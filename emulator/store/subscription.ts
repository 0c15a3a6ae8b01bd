// One subscription of a consumer to a shard. It is pulled: whoever delivers asks for the `next` delivery when it can take
// one, so that nothing is buffered for a client that does not read. A delivery is there as soon as a record is, when the
// shard has ended, or when nothing was to be said for a while. Its life is over after five minutes by the emulator's
// clock, when another subscription takes its place, or when its shard, consumer or stream is gone.
import type { KinesisError } from '../errors.ts'
import { resourceInUse, resourceNotFound } from '../errors.ts'
import type { Account } from './account.ts'
import { Quota } from './quota.ts'
import type { RecordRange } from './record-log.ts'
import type { Shard } from './shard.ts'
import type { ConsumerSubscription, StreamConsumer } from './stream-consumer.ts'
import type { Stream } from './stream.ts'

const MAX_EVENT_RECORDS = 10_000
/** Enhanced fan-out: 2 MiB a second for each consumer and shard. */
const BYTES_PER_SECOND = 2 * 1024 * 1024

/** What a scripted fault does to a subscription once it has had so many events. */
export interface Disruption {
  readonly afterEvents: number
  readonly effect: 'silence' | 'cut' | 'end' | KinesisError
}

export interface SubscriptionOrigin {
  readonly account: Account
  readonly stream: Stream
  readonly consumer: StreamConsumer
  readonly shard: Shard
  /** Index of the first record to deliver. */
  readonly index: number
  readonly disruption?: Disruption | undefined
  /** Told how many records each event carries. */
  readonly onEvent?: ((records: number) => void) | undefined
}

export interface SubscriptionEvent {
  readonly kind: 'event'
  readonly shard: Shard
  readonly range: RecordRange
  /** Undefined at the end of the shard. */
  readonly continuation: string | undefined
  readonly millisBehindLatest: number
  /** Those of a shard that has ended. */
  readonly children: readonly Shard[] | undefined
}

/** How a subscription ends: as it should, with an exception event, or with a broken connection. */
export type Ending =
  { readonly kind: 'end' } | { readonly kind: 'exception'; readonly error: KinesisError } | { readonly kind: 'cut' }

export type Delivery = SubscriptionEvent | Ending

export class Subscription implements ConsumerSubscription {
  readonly startedMs: number
  readonly #origin: SubscriptionOrigin
  readonly #untilMs: number
  readonly #quota = new Quota(BYTES_PER_SECOND)
  #index: number
  #events = 0
  #spokeMs: number
  #ending: Ending | undefined
  #deliver: ((delivery: Delivery) => void) | undefined
  #cancelAlarm: (() => void) | undefined
  #checkIsDue = false

  constructor(origin: SubscriptionOrigin) {
    const { account, stream } = origin
    this.#origin = origin
    this.#index = origin.index
    this.startedMs = account.clock.now()
    this.#spokeMs = this.startedMs
    this.#untilMs = this.startedMs + account.settings.subscriptionMs
    stream.watchers.add(this.#changed)
  }

  /** Whether there is nothing more to deliver, or nobody to deliver to. */
  get over(): boolean {
    return this.#ending !== undefined || this.#origin.account.clock.now() >= this.#untilMs
  }

  /** The next event, as soon as there is one; in the end, and from then on, how it ended. One call at a time. */
  async next(): Promise<Delivery> {
    return new Promise(resolve => {
      this.#deliver = resolve
      this.#check()
    })
  }

  /** Another subscription has taken its place. */
  supersede(): void {
    const { stream, consumer, shard } = this.#origin
    this.#end({
      kind: 'exception',
      error: resourceInUse(
        `Another active subscription exists for this consumer: ${consumer.name} on shard ${shard.id} in stream ` +
          `${stream.name} under account ${stream.accountId}.`,
      ),
    })
  }

  /** The client has gone. */
  close(): void {
    this.#end({ kind: 'end' })
  }

  /** Ends it from outside: whoever waits is told. */
  #end(ending: Ending): void {
    this.#settle(ending)
    this.#check()
  }

  #settle(ending: Ending): Ending {
    this.#ending ??= ending
    this.#origin.stream.watchers.delete(this.#changed)
    return this.#ending
  }

  /** Looks again once the change is complete, so that a request's records travel in one event. */
  readonly #changed = (): void => {
    if (this.#deliver === undefined || this.#checkIsDue) return
    this.#checkIsDue = true
    queueMicrotask(() => {
      this.#checkIsDue = false
      this.#check()
    })
  }

  #check(): void {
    const deliver = this.#deliver
    if (deliver === undefined) return
    this.#cancelAlarm?.()
    this.#cancelAlarm = undefined
    const { clock } = this.#origin.account
    const due = this.#ending ?? this.#due(clock.now())
    if (typeof due === 'number') {
      this.#cancelAlarm = clock.after(due - clock.now(), () => this.#check())
    } else {
      this.#deliver = undefined
      deliver(due)
    }
  }

  /** What is to be delivered now, or when to look again, in milliseconds since the epoch. */
  #due(nowMs: number): Delivery | number {
    const { account, disruption } = this.#origin
    const lost = this.#lost(nowMs)
    if (lost !== undefined) return this.#settle({ kind: 'exception', error: lost })
    if (nowMs >= this.#untilMs) return this.#settle({ kind: 'end' })
    if (disruption !== undefined && this.#events >= disruption.afterEvents) {
      const { effect } = disruption
      if (effect === 'silence') return this.#untilMs
      return this.#settle(typeof effect === 'string' ? { kind: effect } : { kind: 'exception', error: effect })
    }
    const { log, open } = this.#origin.shard
    const speakMs = this.#spokeMs + account.settings.emptyEventIntervalMs
    const unread = this.#index < log.nextIndex
    if (unread && account.settings.limits && !this.#quota.available(nowMs))
      return Math.min(this.#untilMs, nowMs + this.#quota.availableInMs(nowMs))
    if (unread || !open || nowMs >= speakMs) return this.#event(nowMs)
    return Math.min(this.#untilMs, speakMs, this.#origin.stream.changesMs ?? Infinity)
  }

  /** Why there is nothing to subscribe to any more. */
  #lost(nowMs: number): KinesisError | undefined {
    const { account, consumer, shard, stream } = this.#origin
    try {
      account.streamOfSerial(stream.serial).requireUsable()
      stream.shard(shard.id)
    } catch (error) {
      return error as KinesisError
    }
    if (consumer.status(nowMs) !== 'DELETING') return undefined
    return resourceNotFound(`Consumer ${consumer.arn} under account ${stream.accountId} not found.`)
  }

  #event(nowMs: number): SubscriptionEvent {
    const { account, shard, onEvent } = this.#origin
    const { log } = shard
    const range = log.read(this.#index, MAX_EVENT_RECORDS, account.settings.maxEventBytes)
    this.#quota.take(range.payloadBytes)
    this.#index = range.nextIndex
    this.#spokeMs = nowMs
    this.#events++
    const ended = !shard.open && range.nextIndex >= log.nextIndex
    if (ended) this.#settle({ kind: 'end' })
    onEvent?.(range.count)
    return {
      kind: 'event',
      shard,
      range,
      continuation: ended ? undefined : shard.sequence.between(range.nextIndex),
      millisBehindLatest: shard.millisBehind(range.nextIndex, nowMs),
      children: ended ? shard.children : undefined,
    }
  }
}
