/** Options of `KinesisStreamsSink` and `KinesisFirehoseSink` beside their builders' setters. Flink has no keys for these. */
import { booleanOption, durationOption, enumOption, intOption } from './config-option.ts'

export const sinkOptions = {
  ordering: enumOption(
    'sink.ordering',
    ['NONE', 'PARTITION_KEY'],
    'NONE',
    'With `PARTITION_KEY` the records of one partition key stay in order even when some are sent again, because at most one record of a key is in flight. This is slower when few keys have many records. After a crash, records may still be written again.',
  ),
  requestTimeoutMs: durationOption(
    'sink.request.timeout',
    '10 min',
    'The time after which a request without an answer is given up and its records are sent again.',
  ),
  failOnTimeout: booleanOption(
    'sink.request.fail-on-timeout',
    false,
    'Whether a request that takes longer than `sink.request.timeout` fails the job instead.',
  ),
  aggregation: booleanOption(
    'sink.aggregation.enabled',
    false,
    "Whether to pack many records into one, as the Kinesis Producer Library does (Kinesis alone). Readers must unpack them: Amazon's consumer library does, this source with `source.deaggregate`.",
  ),
  aggregationMaxSize: intOption(
    'sink.aggregation.max-size',
    51_200,
    "Bytes of an aggregate; the library's `AggregationMaxSize`. A record that is larger goes alone.",
    { min: 64, max: 1_048_576 },
  ),
  aggregationMaxCount: intOption(
    'sink.aggregation.max-count',
    4_294_967_295,
    "Records of an aggregate; the library's `AggregationMaxCount`.",
    { min: 1, max: 4_294_967_295 },
  ),
  aggregationMaxBufferedTimeMs: durationOption(
    'sink.aggregation.max-buffered-time',
    '100 ms',
    "How long a record waits for others to be packed with; the library's `RecordMaxBufferedTime`.",
  ),
}
