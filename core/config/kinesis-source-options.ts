/** Options of `KinesisStreamsSource`. Names and defaults are Flink's; `shardline.*` are ours. */
import { durationOption, enumOption, intOption, stringOption } from './config-option.ts'

export const kinesisSourceOptions = {
  initialPosition: enumOption(
    'source.init.position',
    ['LATEST', 'TRIM_HORIZON', 'AT_TIMESTAMP'],
    'LATEST',
    'Where to start reading a shard without a checkpoint. `LATEST` means: from the instant at which the job first started.',
  ),
  initialTimestamp: stringOption(
    'source.init.timestamp',
    null,
    'For `AT_TIMESTAMP`: epoch seconds, or a time as `source.init.timestamp.format` says.',
  ),
  initialTimestampFormat: stringOption(
    'source.init.timestamp.format',
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    'Pattern of `source.init.timestamp`. Only the default pattern and epoch seconds are read so far.',
  ),
  readerType: enumOption(
    'source.reader.type',
    ['POLLING', 'EFO'],
    'POLLING',
    'How shards are read. `EFO` is not there yet.',
  ),
  discoveryIntervalMs: durationOption('source.shard.discovery.interval', '10 s', 'How often to look for new shards.'),
  maxRecordCount: intOption(
    'source.shard.get-records.max-record-count',
    10000,
    'Most records of one GetRecords call.',
    { min: 1, max: 10000 },
  ),
  emptyFetchIntervalMs: durationOption(
    'source.reader.empty-records-fetch-interval',
    '250 ms',
    'Pause of a shard after a GetRecords call that brought nothing.',
  ),
  nonEmptyFetchIntervalMs: durationOption(
    'source.reader.nonempty-records-fetch-interval',
    '0 ms',
    'Pause of a shard after a GetRecords call that brought records.',
  ),
  maxConcurrentReads: intOption(
    'shardline.source.max-concurrent-reads',
    8,
    'Most GetRecords calls of a source subtask that are in flight, or whose records wait for the job: with 10 MiB an answer, this bounds the memory of the source.',
    { min: 1 },
  ),
  stopAt: stringOption(
    'shardline.source.stop-at',
    'never',
    'Ends the source: `never`, `latest` (what was in the stream when the job started), or a time (epoch seconds or ISO-8601).',
  ),
} as const
