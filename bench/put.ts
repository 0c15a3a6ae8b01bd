/**
 * Ours, PutRecords alone: prepared records into the writer of the Kinesis sink, a random key a record, 4 requests in flight.
 * They come in batches as a source gives them, or with `values` as Buffers, one a record, which are packed first.
 */
import { systemClock } from '../core/foundation/clock.ts'
import { Configuration } from '../core/foundation/config/configuration.ts'
import type { KinesisStreamsSinkSpec } from '../core/connectors/kinesis/kinesis-streams-sink-spec.ts'
import { RecordBatch } from '../core/foundation/record-batch/record-batch.ts'
import { KinesisStreamsSinkConnector } from '../core/connectors/kinesis/sink/kinesis-streams-sink-connector.ts'
import { preparedRecords, PUTS_IN_FLIGHT } from './prepared-records.ts'

const [endpoint, recordBytes, as] = process.argv.slice(2) as [string, string, 'batches' | 'values']
const spec: KinesisStreamsSinkSpec = {
  type: 'kinesis-streams',
  streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/bench',
  streamName: null,
  configuration: { 'aws.endpoint': endpoint },
  serializationSchema: { type: 'byte-array' },
  partitionKeyGenerator: { type: 'random' },
  deadLetters: null,
  failOnError: false,
  maxBatchSize: 500,
  maxInFlightRequests: PUTS_IN_FLIGHT,
  maxBufferedRequests: 10_000,
  maxBatchSizeInBytes: 5 * 1024 * 1024,
  maxTimeInBufferMs: 5000,
  maxRecordSizeInBytes: 1024 * 1024,
}
const writer = new KinesisStreamsSinkConnector(spec, new Configuration(), systemClock).createWriter({
  subtask: 0,
  parallelism: 1,
  restored: [],
  fail(error) {
    throw error
  },
})
const records = preparedRecords(Number(recordBytes))
const packed = RecordBatch.pack('bytes', records)
for (;;) await writer.write(as === 'values' ? RecordBatch.pack('bytes', records) : packed)
