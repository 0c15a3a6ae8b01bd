/**
 * Flink's KinesisDeserializationSchema, which a program implements. It sees the whole record, not only its data. Calls do not
 * overlap, and follow the order of the records of a shard.
 */
import type { RowTypeSpec } from '../../core/foundation/type-spec.ts'

export interface KinesisRecord {
  /** A view of the batch's memory. Copy the bytes that you keep. */
  readonly data: Buffer
  readonly partitionKey: string
  /** Decimal. Records of one aggregate share it. */
  readonly sequenceNumber: string
  /** Index in the aggregated record, from 0. `null` when the record was not aggregated. */
  readonly subSequenceNumber: number | null
  /** When Kinesis received the record, in epoch milliseconds. `null` when Kinesis does not report it. */
  readonly approximateArrivalTimestamp: number | null
}

export interface Collector<T> {
  collect(value: T): void
}

export interface KinesisDeserializationSchema<T> {
  /** Called once, before the first record. */
  open?(): Promise<void> | void
  /**
   * Collects any number of values. Each has the timestamp and position of the record. If it throws, the record is malformed: the
   * job fails and names the record, unless the source is configured otherwise.
   *
   * @param stream the stream's name
   */
  deserialize(record: KinesisRecord, stream: string, shardId: string, out: Collector<T>): void
  close?(): Promise<void> | void
}

/** Flink's SerializationSchema, which a program implements. */
export interface SerializationSchema<T> {
  open?(): Promise<void> | void
  /** Text is written as UTF-8. */
  serialize(value: T): Uint8Array | string
  close?(): Promise<void> | void
}

/** The type of the values of schema `kinesis-record`, which are whole records. */
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
