/** Options of `KinesisStreamsSource`. Names and defaults are Flink's; `shardline.*` are ours. */
import { booleanOption, doubleOption, durationOption, enumOption, intOption, stringOption } from './config-option.ts'

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
    'For `AT_TIMESTAMP`: epoch seconds, or a time in the format of `source.init.timestamp.format`.',
  ),
  initialTimestampFormat: stringOption(
    'source.init.timestamp.format',
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "Pattern of `source.init.timestamp`, in the letters of Java's `SimpleDateFormat`: y M d E H k K h a m s S X Z z.",
  ),
  readerType: enumOption(
    'source.reader.type',
    ['POLLING', 'EFO'],
    'POLLING',
    'How shards are read: `POLLING` shares the 2 MiB/s of a shard with all other pollers, `EFO` (enhanced fan-out) has a throughput of its own.',
  ),
  poisonRecords: enumOption(
    'shardline.source.poison-records',
    ['fail', 'skip'],
    'fail',
    'What becomes of a record that the schema cannot read, unless the source has a dead letter handler, which then gets it: the job fails and names the record, or it is left out and counted (`numRecordsInErrors`). The same becomes of the records of a broken aggregate that cannot be delivered.',
  ),
  efoConsumerName: stringOption(
    'source.efo.consumer.name',
    null,
    'The name of the enhanced fan-out consumer, which `EFO` requires. Jobs that read at the same time need different names.',
  ),
  efoLifecycle: enumOption(
    'source.efo.lifecycle',
    ['JOB_MANAGED', 'SELF_MANAGED'],
    'JOB_MANAGED',
    'Who registers the consumer: the job (and deregisters it when it ends for good), or you.',
  ),
  efoSubscriptionTimeoutMs: durationOption(
    'source.efo.subscription.timeout',
    '60 s',
    'The time in which a SubscribeToShard call must be answered.',
  ),
  efoDescribeMinDelayMs: durationOption(
    'source.efo.describe.retry-strategy.delay.min',
    '2 s',
    'Least pause between two DescribeStreamConsumer calls while the consumer is not ready; the first comes sooner.',
  ),
  efoDescribeMaxDelayMs: durationOption(
    'source.efo.describe.retry-strategy.delay.max',
    '60 s',
    'Longest pause between two DescribeStreamConsumer calls.',
  ),
  efoDescribeMaxAttempts: intOption(
    'source.efo.describe.retry-strategy.attempts.max',
    100,
    'Most DescribeStreamConsumer calls until the consumer is ready.',
    { min: 1 },
  ),
  efoDeregisterTimeoutMs: durationOption(
    'source.efo.deregister.timeout',
    '10 s',
    'How long the end of a job waits for its consumer to be deregistered.',
  ),
  efoSilenceTimeoutMs: durationOption(
    'shardline.source.efo.silence-timeout',
    '35 s',
    'A subscription without any event for this long, not even an empty one, is renewed.',
  ),
  efoFallback: booleanOption(
    'shardline.source.efo.fallback-to-polling',
    false,
    'Whether shards are polled, from the same position, where enhanced fan-out is refused: no permission, no consumer, too many consumers.',
  ),
  deaggregate: booleanOption(
    'source.deaggregate',
    false,
    "Whether records that the Kinesis Producer Library aggregated are unpacked, as by Amazon's consumer library: an aggregate that holds a record of another shard is dropped whole, with a warning.",
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
    'The pause before the next GetRecords call of a shard after a call without records.',
  ),
  nonEmptyFetchIntervalMs: durationOption(
    'source.reader.nonempty-records-fetch-interval',
    '0 ms',
    'The pause before the next GetRecords call of a shard after a call with records.',
  ),
  quotaShare: doubleOption(
    'shardline.source.quota-share',
    1,
    "The share of a shard's read quotas (5 GetRecords calls and 2 MiB a second) this job uses, from above 0 to 1. Quotas hold from the start on AWS, and from the first throttle on where `aws.endpoint` is set.",
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
    'Where the source ends: `never`, `latest` (behind the records that were in the stream when the job started), or at a time (epoch seconds or ISO-8601).',
  ),
} as const
