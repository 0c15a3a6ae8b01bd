/** Reads a batch record by record. A decoding error is reported for the record that caused it. Any other error fails the batch. */
import { unlessAborted } from '../core/foundation/clock.ts'
import { ShardlineError } from '../core/foundation/errors.ts'
import type { RecordBatch } from '../core/foundation/record-batch/record-batch.ts'
import type { Deserializer, PoisonedRecord, ReadBatch } from './contracts/batch-codec.ts'
import type { Collector, KinesisDeserializationSchema } from './contracts/program-schema.ts'
import type { ValueDecoder } from './contracts/value-codec.ts'
import { recordMalformed } from './contracts/value-codec.ts'

/** Error codes that one record causes. A registry that fails or denies access causes others. */
const FAULTS: readonly string[] = ['RECORD_MALFORMED', 'SCHEMA_NOT_FOUND']

export class ValueDeserializer implements Deserializer {
  readonly #decoder: ValueDecoder
  readonly #keepRecords: boolean
  readonly #closed = new AbortController()

  /** With `keepRecords`, values keep the bytes of their records, because a later function may fail to read one. */
  constructor(decoder: ValueDecoder, keepRecords = false) {
    this.#decoder = decoder
    this.#keepRecords = keepRecords
  }

  async open(): Promise<void> {}

  read(batch: RecordBatch): ReadBatch | Promise<ReadBatch> {
    return new Reading(this.#decoder, batch, this.#keepRecords, this.#closed.signal).run()
  }

  /** Rejects a read that is waiting. */
  close(): void {
    this.#closed.abort(new ShardlineError('ILLEGAL_STATE', 'The schema was closed during a read.'))
    this.#decoder.close?.()
  }
}

/** Reads one batch. Pauses at a record whose schema must be fetched first. */
class Reading {
  readonly #decoder: ValueDecoder
  readonly #batch: RecordBatch
  readonly #keepRecords: boolean
  readonly #closed: AbortSignal
  readonly #values: unknown[] = []
  readonly #index: Uint32Array
  readonly #poisoned: PoisonedRecord[] = []
  #at = 0

  constructor(decoder: ValueDecoder, batch: RecordBatch, keepRecords: boolean, closed: AbortSignal) {
    this.#decoder = decoder
    this.#batch = batch
    this.#keepRecords = keepRecords
    this.#closed = closed
    this.#index = new Uint32Array(batch.count)
  }

  run(): ReadBatch | Promise<ReadBatch> {
    const decoder = this.#decoder
    const batch = this.#batch
    const values = this.#values
    for (; this.#at < batch.count; this.#at++) {
      const record = batch.value(this.#at) as Buffer
      const wait = decoder.prepare?.(record) ?? null
      if (wait !== null) return this.#goOnAfter(wait)
      let value: unknown
      try {
        value = decoder.decode(record)
      } catch (error) {
        this.#blame(error)
        continue
      }
      // As in Flink, a record whose value is null is skipped.
      if (value === undefined || value === null) continue
      this.#index[values.length] = this.#at
      values.push(value)
    }
    const index = values.length === batch.count ? null : this.#index.subarray(0, values.length)
    const made = this.#keepRecords
      ? batch.withValuesAndRecords(values, index, decoder.type)
      : batch.withValues(values, index, decoder.type)
    return { batch: made, poisoned: this.#poisoned }
  }

  async #goOnAfter(wait: Promise<void>): Promise<ReadBatch> {
    try {
      await unlessAborted(wait, this.#closed)
    } catch (error) {
      this.#blame(error)
      this.#at++
    }
    return this.run()
  }

  #blame(error: unknown): void {
    if (!(error instanceof ShardlineError) || !FAULTS.includes(error.code)) throw error
    this.#poisoned.push({ i: this.#at, error })
  }
}

type ProgramSchema = KinesisDeserializationSchema<unknown>
/** Programs in JavaScript may return something from `deserialize`. */
interface LooseSchema extends Pick<ProgramSchema, 'open' | 'close'> {
  deserialize(...given: Parameters<ProgramSchema['deserialize']>): unknown
}

/** Reads with the program's schema. An error that it throws is reported for the record. */
export class CustomDeserializer implements Deserializer {
  readonly #schema: LooseSchema
  #isClosed = false

  constructor(schema: LooseSchema) {
    this.#schema = schema
  }

  async open(): Promise<void> {
    await this.#schema.open?.()
  }

  read(batch: RecordBatch): ReadBatch {
    const values: unknown[] = []
    const index: number[] = []
    const poisoned: PoisonedRecord[] = []
    for (let i = 0; i < batch.count; i++) {
      const position = batch.positions!.at(i)
      const arrival = batch.timestamp?.[i] ?? -Infinity
      const { partitionKey, sequenceNumber, subSequenceNumber, stream, shardId } = position
      const record = {
        data: batch.value(i) as Buffer,
        partitionKey,
        sequenceNumber,
        subSequenceNumber,
        approximateArrivalTimestamp: arrival === -Infinity ? null : arrival,
      }
      const before = values.length
      let isOver = false
      const out: Collector<unknown> = {
        collect: value => {
          if (isOver) throw tooLate()
          values.push(value)
        },
      }
      let made: unknown
      try {
        made = this.#schema.deserialize(record, stream, shardId, out)
        if (values.length === before && isValue(made)) throw uncollected()
        while (index.length < values.length) index.push(i)
      } catch (error) {
        if (error instanceof ShardlineError && error.code === 'GRAPH_INVALID') throw error
        values.length = before
        poisoned.push({ i, error: asFault(error) })
      }
      isOver = true
      if (made instanceof Promise) {
        made.catch(() => undefined)
        throw tooLate()
      }
    }
    return { batch: batch.withValues(values, Uint32Array.from(index)), poisoned }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeOfProgram(this.#schema)
  }
}

/** Closes the program's schema when the job ends or restarts. An error causes a warning only. */
export function closeOfProgram(schema: { close?(): Promise<void> | void }): void {
  const close = async (): Promise<void> => {
    await schema.close?.()
  }
  close().catch((error: unknown) =>
    process.emitWarning(`close() of the program's schema failed: ${String(error)}`, 'ShardlineWarning'),
  )
}

/** Values that arrive later would be lost. This is an error of the program, not of one record. */
function tooLate(): ShardlineError {
  return new ShardlineError(
    'GRAPH_INVALID',
    "deserialize() of the program's schema is asynchronous: it returned a promise, or collected a value after it returned. Collect all values before it returns.",
  )
}

/** Ignores the results of expressions such as `condition && out.collect(value)`. */
function isValue(made: unknown): boolean {
  return (
    (typeof made === 'object' && made !== null && !(made instanceof Promise)) ||
    (typeof made === 'string' && made !== '')
  )
}

function uncollected(): ShardlineError {
  return new ShardlineError(
    'GRAPH_INVALID',
    "deserialize() of the program's schema returned a value. Pass values to out.collect() instead.",
  )
}

function asFault(error: unknown): ShardlineError {
  if (error instanceof ShardlineError && FAULTS.includes(error.code)) return error
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  return recordMalformed(`The schema of the program failed: ${name}: ${message}`, error)
}
