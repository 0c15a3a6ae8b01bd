/**
 * The program's own way from a record to values, which sees more of the record than its data. Flink's interface; what is here
 * promised to the implementer: one call after the other, in the order of the records of a shard.
 */
import type { RowTypeSpec } from '../../core/foundation/type-spec.ts'

export interface KinesisRecord {
  /** A view of the batch's memory: copy what you keep. */
  readonly data: Buffer
  readonly partitionKey: string
  /** Decimal. Records of one aggregate share it. */
  readonly sequenceNumber: string
  /** Place in the aggregate that the record came in, from 0; null: it came alone. */
  readonly subSequenceNumber: number | null
  /** When the service took the record, epoch milliseconds; null: it does not say. */
  readonly approximateArrivalTimestamp: number | null
}

export interface Collector<T> {
  collect(value: T): void
}

export interface KinesisDeserializationSchema<T> {
  /** Once, before the first record. */
  open?(): Promise<void> | void
  /**
   * Collects any number of values; each keeps the record's time and position. What it throws makes the record a poisoned one:
   * the job fails and names it, unless the source says otherwise.
   *
   * @param stream the stream's name
   */
  deserialize(record: KinesisRecord, stream: string, shardId: string, out: Collector<T>): void
  close?(): Promise<void> | void
}

/** The program's own way from a value to a record's bytes. */
export interface SerializationSchema<T> {
  open?(): Promise<void> | void
  /** Text is written as UTF-8. */
  serialize(value: T): Uint8Array | string
  close?(): Promise<void> | void
}

/** What the schema `kinesis-record` gives: whole records, as values. */
export const KINESIS_RECORD_TYPE: RowTypeSpec = {
  type: 'ROW',
  names: [
    'data',
    'partitionKey',
    'sequenceNumber',
    'subSequenceNumber',
    'approximateArrivalTimestamp',
    'stream',
    'shardId',
  ],
  types: [
    { type: 'PRIMITIVE_ARRAY', element: { type: 'BYTE' } },
    { type: 'STRING' },
    { type: 'STRING' },
    { type: 'INT' },
    { type: 'LONG' },
    { type: 'STRING' },
    { type: 'STRING' },
  ],
}
