// A queue on a stream. Consumers receive the records of the stream from it. A received record is invisible for its
// visibility timeout and is delivered again after it, until it is acknowledged. A record that was received too often
// becomes a dead letter of the same queue. The queue holds positions and deliveries, but no data. A record that the stream
// no longer retains disappears from the queue.
import { Lifecycle } from './lifecycle.ts'
import type { RecordRange } from './record-log.ts'
import type { Shard } from './shard.ts'
import type { Stream } from './stream.ts'

export interface QueueAttributes {
  readonly visibilityTimeoutSeconds: number
  /** How often a record is received before it becomes a dead letter. Undefined when records never become dead letters. */
  readonly maxReceiveCount: number | undefined
}

export interface QueueStart {
  readonly type: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP'
  /** Milliseconds since the epoch. Only AT_TIMESTAMP has it. */
  readonly timestampMs: number | undefined
}

export interface QueueOrigin {
  readonly name: string
  readonly arn: string
  /** Unique in the account. A deleted queue and a later queue of the same name have different numbers. */
  readonly serial: number
  readonly stream: Stream
  readonly start: QueueStart
  readonly createdMs: number
  readonly createDelayMs: number
}

/** A record that was received and is not acknowledged. */
export interface Delivery {
  readonly shard: Shard
  readonly index: number
  readonly firstReceiveMs: number
  receiveCount: number
  /** Counts every receipt. A restore does not reset it. Only the newest receipt handle is valid. */
  receipt: number
  /** When the record becomes visible again, in milliseconds since the epoch. */
  visibleMs: number
  dead: boolean
}

export interface ReceivedRecord {
  /** The sequence number of the record, which is the same in every delivery. */
  readonly recordId: string
  readonly delivery: Delivery
  readonly range: RecordRange
}

export class Queue {
  readonly name: string
  readonly arn: string
  readonly serial: number
  readonly stream: Stream
  readonly start: QueueStart
  readonly createdMs: number
  readonly lifecycle: Lifecycle
  readonly tags = new Map<string, string>()
  policy: string | undefined
  attributes: QueueAttributes
  /** The next index to deliver, by shard id. A shard without an entry is read from its first record. */
  readonly #next = new Map<string, number>()
  readonly #deliveries = new Map<string, Delivery>()

  constructor(origin: QueueOrigin, attributes: QueueAttributes) {
    this.name = origin.name
    this.arn = origin.arn
    this.serial = origin.serial
    this.stream = origin.stream
    this.start = origin.start
    this.createdMs = origin.createdMs
    this.attributes = attributes
    this.lifecycle = new Lifecycle(origin.createdMs, origin.createDelayMs)
    for (const { id, log } of origin.stream.shards()) this.#next.set(id, startOf(origin.start, log))
  }

  /** Receives at most `limit` records and makes them invisible for `visibilityMs` milliseconds. */
  receive(limit: number, visibilityMs: number, nowMs: number, fromDeadLetters: boolean): ReceivedRecord[] {
    this.#settle(nowMs)
    const received: ReceivedRecord[] = []
    for (const [recordId, delivery] of this.#deliveries) {
      if (received.length === limit) return received
      if (delivery.dead !== fromDeadLetters || delivery.visibleMs > nowMs) continue
      delivery.receiveCount++
      delivery.receipt++
      delivery.visibleMs = nowMs + visibilityMs
      received.push({ recordId, delivery, range: delivery.shard.log.read(delivery.index, 1, Infinity) })
    }
    if (!fromDeadLetters) this.#receiveNew(received, limit, visibilityMs, nowMs)
    return received
  }

  /** Returns the delivery of a record, or undefined when the record is acknowledged or was not received. */
  delivery(recordId: string, nowMs: number): Delivery | undefined {
    this.#settle(nowMs)
    return this.#deliveries.get(recordId)
  }

  acknowledge(recordId: string): void {
    this.#deliveries.delete(recordId)
  }

  /**
   * Returns when the next invisible record becomes visible, in milliseconds since the epoch. Returns Infinity without one.
   */
  nextVisibleMs(nowMs: number): number {
    let next = Infinity
    for (const { visibleMs } of this.#deliveries.values()) if (visibleMs > nowMs) next = Math.min(next, visibleMs)
    return next
  }

  #receiveNew(received: ReceivedRecord[], limit: number, visibilityMs: number, nowMs: number): void {
    for (const shard of this.stream.shards()) {
      let index = Math.max(this.#next.get(shard.id) ?? 0, shard.log.firstIndex)
      while (received.length < limit && index < shard.log.nextIndex) {
        const delivery: Delivery = {
          shard,
          index,
          firstReceiveMs: nowMs,
          receiveCount: 1,
          receipt: 1,
          visibleMs: nowMs + visibilityMs,
          dead: false,
        }
        const recordId = shard.sequence.format(index)
        this.#deliveries.set(recordId, delivery)
        received.push({ recordId, delivery, range: shard.log.read(index, 1, Infinity) })
        index++
      }
      this.#next.set(shard.id, index)
    }
  }

  /** Removes the records that the stream no longer retains, and marks the records that have become dead letters. */
  #settle(nowMs: number): void {
    const { maxReceiveCount = Infinity } = this.attributes
    for (const [recordId, delivery] of this.#deliveries) {
      const { shard, index, receiveCount, visibleMs } = delivery
      if (index < shard.log.firstIndex) this.#deliveries.delete(recordId)
      else if (visibleMs <= nowMs && receiveCount >= maxReceiveCount) delivery.dead = true
    }
  }
}

function startOf({ type, timestampMs = 0 }: QueueStart, log: Shard['log']): number {
  if (type === 'LATEST') return log.nextIndex
  return type === 'TRIM_HORIZON' ? log.firstIndex : log.indexAtTime(timestampMs)
}
