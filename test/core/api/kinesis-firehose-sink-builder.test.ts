import t from 'tap'

import { KinesisFirehoseSink, SimpleStringSchema, StreamExecutionEnvironment } from '../../../core/index.ts'
import { scriptedServer } from '../fakes/scripted-server.ts'

const builder = () =>
  KinesisFirehoseSink.builder().setDeliveryStreamName('flights').setSerializationSchema(new SimpleStringSchema())

t.test("a sink's description has Flink's defaults", async t => {
  t.same(
    builder()
      .build()
      .toSpec(() => 'unused'),
    {
      type: 'kinesis-firehose',
      deliveryStreamName: 'flights',
      configuration: {},
      serializationSchema: { type: 'simple-string', charset: 'UTF-8' },
      deadLetters: null,
      failOnError: false,
      maxBatchSize: 500,
      maxInFlightRequests: 50,
      maxBufferedRequests: 10_000,
      maxBatchSizeInBytes: 4 * 1024 * 1024,
      maxTimeInBufferMs: 5000,
      maxRecordSizeInBytes: 1000 * 1024,
    },
  )
})

t.test('builders fail at the call, or at build', async t => {
  t.throws(() => KinesisFirehoseSink.builder().setSerializationSchema(new SimpleStringSchema()).build(), {
    message: /The delivery stream name must be set when initializing the KDF Sink: call setDeliveryStreamName/,
  })
  t.throws(() => KinesisFirehoseSink.builder().setDeliveryStreamName('flights').build(), {
    message: /No SerializationSchema was supplied to the KinesisFirehoseSink builder/,
  })
  t.throws(
    () =>
      builder()
        .setMaxRecordSizeInBytes(1024 * 1024)
        .build(),
    { message: /over the service's 1024000 bytes/ },
  )
  t.throws(() => builder().setFirehoseClientProperties({ 'aws.trust.all.certificates': 'perhaps' }), {
    code: 'CONFIGURATION_INVALID',
  })
  t.throws(() => builder().setSinkConfig({ 'sink.aggregation.enabled': 'true' }).build(), {
    message: /sink.aggregation.enabled is for streams whose records have keys/,
  })
})

t.test('a job writes to a delivery stream, and sends again what it refuses', async t => {
  const written: string[] = []
  let puts = 0
  const server = await scriptedServer(t, ({ headers, json }) => {
    if (String(headers['x-amz-target']).endsWith('DescribeDeliveryStream'))
      return { status: 200, json: { DeliveryStreamDescription: { DeliveryStreamStatus: 'ACTIVE' } } }
    puts++
    const refuse = puts === 1
    if (puts === 2) return { status: 500, json: { __type: 'InternalFailure', message: 'once' } }
    const texts = (json['Records'] as { Data: string }[]).map(r => Buffer.from(r.Data, 'base64').toString())
    written.push(...texts.filter((_, i) => !refuse || i % 2 === 0))
    const responses = texts.map((_, i) =>
      refuse && i % 2 === 1
        ? { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' }
        : { RecordId: 'r' },
    )
    return {
      status: 200,
      json: { FailedPutCount: responses.filter(r => 'ErrorCode' in r).length, RequestResponses: responses },
    }
  })
  const env = StreamExecutionEnvironment.getExecutionEnvironment()
  env.fromCollection(['a', 'b', 'c', 'd', 'e']).sinkTo(
    builder()
      .setMaxTimeInBufferMs(20)
      .setFirehoseClientProperties({
        'aws.region': 'eu-west-1',
        'aws.endpoint': server.url,
        'aws.credentials.provider.basic.accesskeyid': 'test',
        'aws.credentials.provider.basic.secretkey': 'test',
      })
      .build(),
  )
  const job = await env.executeAsync('delivered')
  await job.result()
  t.same(written.sort(), ['a', 'b', 'c', 'd', 'e'])
  t.match(job.metrics().operators.at(-1), { name: 'Sink: Firehose' })
})

t.test('a job whose delivery stream is not there does not start', async t => {
  const server = await scriptedServer(t, () => ({
    status: 400,
    json: { __type: 'ResourceNotFoundException', message: 'Firehose flights under account 1 not found.' },
  }))
  const env = StreamExecutionEnvironment.getExecutionEnvironment()
  env.fromCollection(['a']).sinkTo(
    builder()
      .setFirehoseClientProperties({
        'aws.region': 'eu-west-1',
        'aws.endpoint': server.url,
        'aws.credentials.provider.basic.accesskeyid': 'test',
        'aws.credentials.provider.basic.secretkey': 'test',
      })
      .build(),
  )
  await t.rejects(env.execute('nowhere'), { code: 'STREAM_NOT_FOUND' })
})
