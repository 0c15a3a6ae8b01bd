/**
 * The writer of one subtask, for every sink that sends entries in requests. It serializes a batch, gives each record its partition
 * key, separates the records that can never be written, and passes the others to the `AsyncSinkWriter`.
 */
import type { Serializer, WrittenBatch } from '../../../schemas/contracts/batch-codec.ts'
import type { EntryRun } from '../../aws/kinesis/put-records-codec.ts'
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import type { Clock } from '../../foundation/clock.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { sinkOptions } from '../../foundation/config/sink-options.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { BatchingLimits } from '../async-sink/batching-limits.ts'
import type { SinkWriterMetrics } from '../../metrics/sink-metrics.ts'
import type { SinkWriter, SinkWriterContext } from '../../operators/sink.ts'
import { AsyncSinkWriter } from '../async-sink/async-sink-writer.ts'
import type { Send } from '../async-sink/batch-sender.ts'
import { DeliveryTracker } from '../async-sink/delivery-tracker.ts'
import type { OnAcknowledged } from '../async-sink/delivery-tracker.ts'
import type { Rejection } from '../async-sink/rejection.ts'
import type { RestoreGate } from '../async-sink/restore-gate.ts'
import type { SinkBuffer } from '../async-sink/sink-buffer.ts'
import { readSinkState, writeSinkState } from '../async-sink/sink-state-codec.ts'
import { deliverToDeadLetters } from '../dead-letters/dead-letter-delivery.ts'
import type { DeadLetterDestination } from '../dead-letters/dead-letter-destination.ts'
import type { PartitionKeyColumnFunction, PartitionKeyColumns } from '../partition-keys/partition-key-columns.ts'
import type { EntryPacker } from './entry-packer.ts'
import { invalidEntries, invalidEntryError } from './invalid-entries.ts'

export interface EntrySinkWriterParts {
  /** `The sink to stream flights`. */
  readonly sinkName: string
  readonly streamName: string
  readonly limits: BatchingLimits
  readonly configuration: Configuration
  readonly clock: Clock
  readonly context: SinkWriterContext
  readonly serializer: Serializer
  readonly keysOf: PartitionKeyColumnFunction
  readonly send: Send
  readonly deadLetters: DeadLetterDestination | null
  readonly buffer?: SinkBuffer
  readonly packer?: ((writer: AsyncSinkWriter) => EntryPacker) | null
  /** Set by sinks that keep the order of a key. `null`: new records may overtake restored ones. */
  readonly gate?: RestoreGate | null
  readonly random?: () => number
  /** Closes the client behind `send`. */
  readonly close: () => void
}

export class EntrySinkWriter implements SinkWriter {
  readonly #parts: EntrySinkWriterParts
  readonly #writer: AsyncSinkWriter
  readonly #packer: EntryPacker | null
  /** `null` for a sink that does not keep any order. */
  readonly #deliveries: DeliveryTracker | null
  #deadLetters = 0

  constructor(parts: EntrySinkWriterParts) {
    const { limits, configuration, sinkName, streamName, context, clock, deadLetters, buffer, random } = parts
    this.#parts = parts
    this.#deliveries = parts.gate ? new DeliveryTracker() : null
    const options = {
      ...limits,
      sinkName,
      requestTimeoutMs: configuration.get(sinkOptions.requestTimeoutMs),
      failOnTimeout: configuration.get(sinkOptions.failOnTimeout),
    }
    this.#writer = new AsyncSinkWriter(parts.send, options, {
      clock,
      fail: error => context.fail(error),
      warn: message => context.warn?.(message),
      deliverRejected:
        deadLetters === null ? null : rejections => deliverToDeadLetters(deadLetters, streamName, rejections),
      ...(buffer === undefined ? {} : { buffer }),
      ...(random === undefined ? {} : { random }),
    })
    this.#packer = parts.packer?.(this.#writer) ?? null
    const restored = context.restored.map(readSinkState).filter(run => run.to > 0)
    for (const run of restored) (this.#packer ?? this.#writer).restore(run)
    parts.gate?.hold(context.subtask, restored.length === 0 ? null : this.#drain())
  }

  write(batch: RecordBatch, onAcknowledged: OnAcknowledged | null = null): Promise<void> {
    const { serializer, keysOf } = this.#parts
    const keys = keysOf(batch)
    const written = serializer.write(batch)
    return written instanceof Promise
      ? written.then(result => this.#writeEntries(result, keys, onAcknowledged))
      : this.#writeEntries(written, keys, onAcknowledged)
  }

  #writeEntries(
    { batch, rejected: invalidValues }: WrittenBatch,
    { rejected: invalidKeys, ...keys }: PartitionKeyColumns,
    notify: OnAcknowledged | null,
  ): Promise<void> {
    const { slab, dataOffset, dataLength, count, positions } = batch
    const onAcknowledged = this.#deliveries?.enter(count, notify) ?? notify
    const run = { slab, dataOffset, dataLength, ...keys, origin: positions, onAcknowledged, from: 0, to: count }
    const { maxRecordSizeInBytes } = this.#parts.limits
    const rejections = invalidEntries(batch, run, { invalidValues, invalidKeys, maxRecordSizeInBytes })
    return rejections === null ? this.#send(run) : this.#sendValid(run, rejections)
  }

  /** Sends everything, and resolves when all of it was acknowledged. */
  flush(): Promise<void> {
    return this.#drain()
  }

  async snapshot(): Promise<OperatorState | null> {
    this.#packer?.flush()
    return writeSinkState(await this.#writer.snapshot())
  }

  async ordered(): Promise<void> {
    if (this.#deliveries === null) return
    const delivered = this.#deliveries.delivered()
    this.#writer.sendBuffered()
    await delivered
  }

  finish(): Promise<void> {
    return this.#drain()
  }

  metrics(): SinkWriterMetrics {
    const metrics = this.#writer.metrics()
    return { ...metrics, deadLetters: metrics.deadLetters + this.#deadLetters }
  }

  close(): void {
    this.#packer?.close()
    this.#parts.serializer.close()
    this.#writer.close()
    this.#parts.close()
    void this.#parts.deadLetters?.close()
  }

  async #send(run: EntryRun): Promise<void> {
    const { gate } = this.#parts
    if (gate !== undefined && gate !== null && !gate.isOpen) await gate.opened()
    await (this.#packer ?? this.#writer).write(run)
  }

  async #drain(): Promise<void> {
    this.#packer?.flush()
    await this.#writer.drain()
  }

  /** Delivers the rejected entries to the dead letters, and sends the others. Without dead letters it sends none. */
  async #sendValid(run: EntryRun, rejections: readonly Rejection[]): Promise<void> {
    const { deadLetters, sinkName, streamName } = this.#parts
    if (deadLetters === null) throw invalidEntryError(sinkName, streamName, rejections[0]!)
    await deliverToDeadLetters(deadLetters, streamName, rejections)
    this.#deadLetters += rejections.length
    run.onAcknowledged?.(rejections.length)
    let from = run.from
    for (const { i } of [...rejections, { i: run.to }]) {
      if (from < i) await this.#send({ ...run, from, to: i })
      from = i + 1
    }
  }
}
