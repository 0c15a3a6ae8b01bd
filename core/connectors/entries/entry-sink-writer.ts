/**
 * The writer of one subtask, for every sink that sends entries in requests: serializes a batch, gives each record its key,
 * sets aside what can never be written, and hands the rest to the `AsyncSinkWriter`.
 */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import type { Clock } from '../../foundation/clock.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { sinkOptions } from '../../foundation/config/sink-options.ts'
import { RecordError } from '../../foundation/errors.ts'
import type { ErrorCode } from '../../foundation/errors.ts'
import type { BatchingLimits } from '../../graph/job-graph.ts'
import type { EntryRun } from '../../aws/kinesis/put-records-codec.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { Serializer, WrittenBatch } from '../../../schemas/contracts/batch-codec.ts'
import { AsyncSinkWriter } from '../async-sink/async-sink-writer.ts'
import type { Rejection, Send } from '../async-sink/batch-sender.ts'
import { bury } from '../dead-letters/dead-letters.ts'
import type { DeadLetters } from '../dead-letters/dead-letters.ts'
import { DeliveryTracker } from '../async-sink/delivery-tracker.ts'
import type { OnAcknowledged } from '../async-sink/delivery-tracker.ts'
import { entrySize } from '../async-sink/entry-runs.ts'
import type { KeyColumns, PartitionKeyColumnFunction } from '../partition-keys/partition-key-generator.ts'
import type { RestoreGate } from '../async-sink/restore-gate.ts'
import type { SinkBuffer } from '../async-sink/sink-buffer.ts'
import { readSinkState, writeSinkState } from '../async-sink/sink-state-codec.ts'
import type { SinkWriter, SinkWriterContext } from '../../operators/sink/sink.ts'
import type { SinkWriterMetrics } from '../../metrics/sink-metrics.ts'

/** What stands between the records and the writer, and makes other entries of them. */
export interface Packing {
  write(run: EntryRun): Promise<void>
  /** Entries of a snapshot. */
  add(run: EntryRun): void
  /** Everything that it holds goes to the writer. */
  flush(): void
  close(): void
}

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
  readonly deadLetters: DeadLetters | null
  readonly buffer?: SinkBuffer
  readonly packing?: ((writer: AsyncSinkWriter) => Packing) | null
  /** Set by sinks that keep the order of a key. `null`: records that are written may overtake those that were restored. */
  readonly gate?: RestoreGate | null
  readonly random?: () => number
  /** Closes what is behind `send`. */
  readonly close: () => void
}

export class EntrySinkWriter implements SinkWriter {
  readonly #parts: EntrySinkWriterParts
  readonly #writer: AsyncSinkWriter
  readonly #packing: Packing | null
  /** `null` for a sink that promises no order. */
  readonly #deliveries: DeliveryTracker | null
  #buried = 0

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
      bury: deadLetters === null ? null : rejections => bury(deadLetters, streamName, rejections),
      ...(buffer === undefined ? {} : { buffer }),
      ...(random === undefined ? {} : { random }),
    })
    this.#packing = parts.packing?.(this.#writer) ?? null
    const restored = context.restored.map(readSinkState).filter(run => run.to > 0)
    for (const run of restored) (this.#packing ?? this.#writer).add(run)
    parts.gate?.hold(context.subtask, restored.length === 0 ? null : this.#drain())
  }

  write(batch: RecordBatch, onAcknowledged: OnAcknowledged | null = null): Promise<void> {
    const { serializer, keysOf } = this.#parts
    const keys = keysOf(batch)
    const written = serializer.write(batch)
    return written instanceof Promise
      ? written.then(result => this.#enter(result, keys, onAcknowledged))
      : this.#enter(written, keys, onAcknowledged)
  }

  #enter(
    { batch, rejected: invalid }: WrittenBatch,
    { rejected: wrongKeys, ...keys }: KeyColumns,
    notify: OnAcknowledged | null,
  ): Promise<void> {
    const { slab, dataOffset, dataLength, count, positions } = batch
    const onAcknowledged = this.#deliveries?.enter(count, notify) ?? notify
    const run = { slab, dataOffset, dataLength, ...keys, origin: positions, onAcknowledged, from: 0, to: count }
    const rejections = this.#rejections(batch, run, invalid, wrongKeys)
    return rejections === null ? this.#take(run) : this.#takeOthers(run, rejections)
  }

  /** Sends everything, and resolves when all of it was acknowledged. */
  flush(): Promise<void> {
    return this.#drain()
  }

  async snapshot(): Promise<OperatorState | null> {
    this.#packing?.flush()
    return writeSinkState(await this.#writer.snapshot())
  }

  async ordered(): Promise<void> {
    if (this.#deliveries === null) return
    const delivered = this.#deliveries.delivered()
    this.#writer.hasten()
    await delivered
  }

  finish(): Promise<void> {
    return this.#drain()
  }

  metrics(): SinkWriterMetrics {
    const metrics = this.#writer.metrics()
    return { ...metrics, deadLetters: metrics.deadLetters + this.#buried }
  }

  close(): void {
    this.#packing?.close()
    this.#parts.serializer.close()
    this.#writer.close()
    this.#parts.close()
    void this.#parts.deadLetters?.close()
  }

  async #take(run: EntryRun): Promise<void> {
    const { gate } = this.#parts
    if (gate !== undefined && gate !== null && !gate.isOpen) await gate.opened()
    await (this.#packing ?? this.#writer).write(run)
  }

  async #drain(): Promise<void> {
    this.#packing?.flush()
    await this.#writer.drain()
  }

  /** Without somebody who takes them, nothing of the batch is taken. */
  async #takeOthers(run: EntryRun, rejections: readonly Rejection[]): Promise<void> {
    const { deadLetters, sinkName, streamName } = this.#parts
    if (deadLetters === null) throw neverWritten(sinkName, streamName, rejections[0]!)
    await bury(deadLetters, streamName, rejections)
    this.#buried += rejections.length
    run.onAcknowledged?.(rejections.length)
    let from = run.from
    for (const { i } of [...rejections, { i: run.to }]) {
      if (from < i) await this.#take({ ...run, from, to: i })
      from = i + 1
    }
  }

  /** Ascending; null: all can be written, as far as can be told here. */
  #rejections(
    batch: RecordBatch,
    run: EntryRun,
    invalid: ReadonlyMap<number, string> | null,
    wrongKeys: ReadonlyMap<number, string> | null,
  ): readonly Rejection[] | null {
    const { maxRecordSizeInBytes } = this.#parts.limits
    let rejections: Rejection[] | null = null
    for (let i = 0; i < run.to; i++) {
      const bytes = entrySize(run, i)
      if (bytes <= maxRecordSizeInBytes && batch.nulls === null && invalid === null && wrongKeys === null) continue
      const wrongKey = wrongKeys?.get(i)
      const notWritten = invalid?.get(i)
      const wrong =
        notWritten !== undefined
          ? (['VALUE_INVALID', `the value is not what the schema says: ${notWritten}`] as const)
          : batch.nulls !== null && batch.isNull(i)
            ? (['VALIDATION_FAILED', 'null cannot be written'] as const)
            : wrongKey !== undefined
              ? (['VALIDATION_FAILED', wrongKey] as const)
              : bytes > maxRecordSizeInBytes
                ? ([
                    'RECORD_TOO_LARGE',
                    `a record of ${bytes} bytes with its key is over maxRecordSizeInBytes (${maxRecordSizeInBytes})`,
                  ] as const)
                : null
      if (wrong !== null) (rejections ??= []).push({ run, i, errorCode: wrong[0], message: wrong[1] })
    }
    return rejections
  }
}

function neverWritten(sinkName: string, stream: string, { run, i, errorCode, message }: Rejection): RecordError {
  const position = run.origin?.at(i)
  const from =
    position === undefined
      ? ''
      : ` It came from stream ${position.stream}, ${position.shardId}, sequence number ${position.sequenceNumber}.`
  const raise = errorCode === 'RECORD_TOO_LARGE' ? ' Raise the limit where the stream takes larger records.' : ''
  const advice = `${raise} A dead letter handler would take it and let the job go on.`
  return new RecordError(errorCode as ErrorCode, `${sinkName}: ${message.replace(/\.$/, '')}.${from}${advice}`, {
    details: { stream, ...(position === undefined ? {} : { position }) },
  })
}
