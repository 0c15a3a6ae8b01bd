// One subscription of a consumer to a shard. The caller asks for the `next` delivery when it can send one, so that nothing
// is buffered for a client that does not read. A delivery is available when there is a record, when the shard has ended, or
// when nothing was delivered for `emptyEventIntervalMs`. A subscription ends after five minutes by the emulator's clock,
// when another subscription takes its place, or when its shard, consumer or stream is deleted.
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

/** The effect of a scripted fault on a subscription after a number of events. */
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
  /** Called with the number of records of each event. */
  readonly onEvent?: ((records: number) => void) | undefined
}

export interface SubscriptionEvent {
  readonly kind: 'event'
  readonly shard: Shard
  readonly range: RecordRange
  /** ContinuationSequenceNumber. Undefined at the end of the shard. */
  readonly continuation: string | undefined
  readonly millisBehindLatest: number
  /** The children at the end of a closed shard, otherwise undefined. */
  readonly children: readonly Shard[] | undefined
}

/** The end of a subscription: a regular end, an exception event, or a broken connection. */
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

  /** Whether the subscription has ended. */
  get over(): boolean {
    return this.#ending !== undefined || this.#origin.account.clock.now() >= this.#untilMs
  }

  /**
   * Resolves to the next event, as soon as there is one, and to the ending once the subscription has ended. There may be
   * only one call at a time.
   */
  async next(): Promise<Delivery> {
    return new Promise(resolve => {
      this.#deliver = resolve
      this.#check()
    })
  }

  /** Ends the subscription because another one takes its place. */
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

  /** Ends the subscription because the client has closed its connection. */
  close(): void {
    this.#end({ kind: 'end' })
  }

  /** Ends the subscription and resolves a pending `next`. */
  #end(ending: Ending): void {
    this.#settle(ending)
    this.#check()
  }

  #settle(ending: Ending): Ending {
    this.#ending ??= ending
    this.#origin.stream.watchers.delete(this.#changed)
    return this.#ending
  }

  /** Checks for a delivery in a microtask, when the change is complete, so that one event has all records of a request. */
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

  /** Returns the delivery that is due, or the time of the next check in milliseconds since the epoch. */
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

  /** Returns why the subscription can not continue, or undefined when it can. */
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
