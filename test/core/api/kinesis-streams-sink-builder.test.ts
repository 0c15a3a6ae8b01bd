import t from 'tap'

import { Configuration, KinesisStreamsSink, SimpleStringSchema, SinkConfigOptions } from '../../../core/index.ts'
import { StreamExecutionEnvironment } from '../../../core/index.ts'
import { emulator, pointedAt } from '../fakes/jobs.ts'

const MIB = 1024 * 1024
const ARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/flights'
const builder = () => KinesisStreamsSink.builder().setStreamArn(ARN).setSerializationSchema(new SimpleStringSchema())
const specOf = (sink: KinesisStreamsSink) => sink.toSpec(() => 'unused')

t.test("options of the sink lie beside the client's properties", async t => {
  const config = new Configuration()
    .set(SinkConfigOptions.ORDERING, 'PARTITION_KEY')
    .set(SinkConfigOptions.REQUEST_TIMEOUT, 30_000)
    .set(SinkConfigOptions.AGGREGATION_ENABLED, true)
  for (const sinkConfig of [config, config.toObject()])
    t.same(
      specOf(builder().setSinkConfig(sinkConfig).setKinesisClientProperties({ 'aws.region': 'eu-west-1' }).build())
        .configuration,
      {
        'aws.region': 'eu-west-1',
        'sink.ordering': 'PARTITION_KEY',
        'sink.request.timeout': '30000 ms',
        'sink.aggregation.enabled': 'true',
      },
    )
  t.throws(() => builder().setSinkConfig({ 'sink.ordering': 'SOME' }), {
    code: 'CONFIGURATION_INVALID',
    message: /sink.ordering: 'SOME' is not one of NONE, PARTITION_KEY/,
  })
  t.throws(() => config.set(SinkConfigOptions.AGGREGATION_MAX_SIZE, 1), { code: 'CONFIGURATION_INVALID' })
})

t.test('an ARN wins over a name; one of them must be there, and a schema', async t => {
  t.match(specOf(builder().setStreamName('other').build()), { streamArn: ARN })
  t.throws(() => KinesisStreamsSink.builder().setSerializationSchema(new SimpleStringSchema()).build(), {
    message: /The stream name must be set when initializing the KDS Sink: call setStreamArn or setStreamName/,
  })
  t.throws(() => KinesisStreamsSink.builder().setStreamName('s').build(), {
    message: /No SerializationSchema was supplied to the KinesisStreamsSink builder: call setSerializationSchema/,
  })
})

t.test('an ARN in the place of a name is told', async t => {
  const named = KinesisStreamsSink.builder().setStreamName(ARN).setSerializationSchema(new SimpleStringSchema())
  t.throws(() => named.build(), { message: /setStreamName takes a name, and this is an ARN: .* Call setStreamArn\./ })
  t.match(specOf(named.setStreamArn(ARN).build()), { streamArn: ARN })
})

t.test('what was built does not change with its builder', async t => {
  const made = builder()
  const sink = made.setMaxBatchSize(100).build()
  made.setMaxBatchSize(200).setStreamArn(ARN.replace('flights', 'others'))
  t.match(specOf(sink), { maxBatchSize: 100, streamArn: ARN })
})

t.test('a record of 10 MiB is written when that is asked for, and no larger one can be', async t => {
  const kinesis = await emulator(t, { maxRecordBytes: 10 * MIB })
  const large = () =>
    KinesisStreamsSink.builder()
      .setStreamArn(kinesis.streamArn('out'))
      .setKinesisClientProperties(pointedAt(kinesis))
      .setSerializationSchema(new SimpleStringSchema())
      .setPartitionKeyGenerator(() => 'k')
      .setMaxRecordSizeInBytes(10 * MIB)
  t.throws(() => large().build(), { message: /maxBatchSizeInBytes is 5242880, maxRecordSizeInBytes 10485760/ })
  const env = StreamExecutionEnvironment.getExecutionEnvironment()
  env
    .fromCollection([10 * MIB - 1, 3, 2 * MIB])
    .map(length => 'x'.repeat(length))
    .sinkTo(
      large()
        .setMaxBatchSizeInBytes(10 * MIB)
        .build(),
    )
  await env.execute()
  const lengths = kinesis.records('out').flatMap(shard => shard.records.map(r => r.text.length))
  t.same(
    lengths.sort((a, b) => a - b),
    [3, 2 * MIB, 10 * MIB - 1],
  )
})

t.test('values of a wrong type are told at the call, or at build', async t => {
  const wrong = (value: unknown) => value as never
  t.throws(() => builder().setFailOnError(wrong('false')), {
    message: /failOnError must be true or false, not "false"/,
  })
  t.throws(() => builder().setDeadLetterHandler(wrong('rejected.jsonl')), {
    message: /setDeadLetterHandler takes a function, DeadLetterHandler\.file\(path\).*not "rejected.jsonl"/,
  })
  t.throws(() => builder().setMaxBatchSize(wrong('500')).build(), { message: /maxBatchSize must .* not "500"/ })
})
