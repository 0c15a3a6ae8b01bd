/** Reads a batch record by record. What a record is to blame for is told of that record; everything else ends the reading. */
import { unlessAborted } from '../core/foundation/clock.ts'
import { ShardlineError } from '../core/foundation/errors.ts'
import type { RecordBatch } from '../core/foundation/record-batch/record-batch.ts'
import type { Deserializer, PoisonedRecord, ReadBatch } from './contracts/batch-codec.ts'
import type { Collector, KinesisDeserializationSchema } from './contracts/program-schema.ts'
import type { ValueDecoder } from './contracts/value-codec.ts'
import { recordMalformed } from './contracts/value-codec.ts'

/** Faults of the record itself. A registry that does not answer, or refuses to, is none. */
const FAULTS: readonly string[] = ['RECORD_MALFORMED', 'SCHEMA_NOT_FOUND']

export class ValueDeserializer implements Deserializer {
  readonly #decoder: ValueDecoder
  readonly #keepRecords: boolean
  readonly #closed = new AbortController()

  /** `keepRecords`: whoever takes the values may still find a record that cannot be read. */
  constructor(decoder: ValueDecoder, keepRecords = false) {
    this.#decoder = decoder
    this.#keepRecords = keepRecords
  }

  async open(): Promise<void> {}

  read(batch: RecordBatch): ReadBatch | Promise<ReadBatch> {
    return new Reading(this.#decoder, batch, this.#keepRecords, this.#closed.signal).run()
  }

  /** What is waited for is given up. */
  close(): void {
    this.#closed.abort(new ShardlineError('ILLEGAL_STATE', 'The schema was closed while it read.'))
    this.#decoder.close?.()
  }
}

/** One batch: stops where something must be waited for, and goes on there. */
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
      // As in Flink: what a deserialization schema returns as null is not collected.
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
/** A program may give what its type does not say. */
interface LooseSchema extends Pick<ProgramSchema, 'open' | 'close'> {
  deserialize(...given: Parameters<ProgramSchema['deserialize']>): unknown
}

/** By a schema of the program: whatever it throws is a record's fault. */
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

/** The job has ended, or starts again: what goes wrong here is told, and changes nothing. */
export function closeOfProgram(schema: { close?(): Promise<void> | void }): void {
  const close = async (): Promise<void> => {
    await schema.close?.()
  }
  close().catch((error: unknown) =>
    process.emitWarning(`A schema of the program failed as it was closed: ${String(error)}`, 'ShardlineWarning'),
  )
}

/** No fault of a record: whatever comes later would be lost. */
function tooLate(): ShardlineError {
  return new ShardlineError(
    'GRAPH_INVALID',
    "deserialize() of the program's schema has ended, or gives a promise, and its values come later: collect all of them before it returns, and wait for nothing in it.",
  )
}

/** Not what `condition && out.collect(value)` may leave behind. */
function isValue(made: unknown): boolean {
  return (
    (typeof made === 'object' && made !== null && !(made instanceof Promise)) ||
    (typeof made === 'string' && made !== '')
  )
}

function uncollected(): ShardlineError {
  return new ShardlineError(
    'GRAPH_INVALID',
    "deserialize() of the program's schema returned a value, which nobody takes: give values to out.collect().",
  )
}

function asFault(error: unknown): ShardlineError {
  if (error instanceof ShardlineError && FAULTS.includes(error.code)) return error
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  return recordMalformed(`The schema of the program failed: ${name}: ${message}`, error)
}
