/** Jobs whose schema registry takes calls and never answers. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

import t from 'tap'

import {
  GlueSchemaRegistryAvroDeserializationSchema,
  GlueSchemaRegistryAvroSerializationSchema,
  KinesisStreamsSink,
  KinesisStreamsSource,
  PartitionKeyGenerator,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from '../../../core/index.ts'
import { KinesisEmulator } from '../../../emulator/index.ts'

const keys = {
  'aws.credentials.provider.basic.accesskeyid': 'test',
  'aws.credentials.provider.basic.secretkey': 'test',
}
const kinesis = await KinesisEmulator.start({ streams: { in: 1, out: 1 }, limits: false })
const aws = { 'aws.endpoint': kinesis.endpoint, ...keys }
const registry = http.createServer().listen(0, '127.0.0.1')
await once(registry, 'listening')
t.teardown(async () => {
  registry.closeAllConnections()
  registry.close()
  await kinesis.close()
})
const configs = {
  region: 'eu-west-1',
  endpoint: `http://127.0.0.1:${(registry.address() as AddressInfo).port}`,
  ...keys,
}
const record = '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'
const sinkTo = (stream: string) =>
  KinesisStreamsSink.builder()
    .setStreamArn(kinesis.streamArn(stream))
    .setKinesisClientProperties(aws)
    .setPartitionKeyGenerator(PartitionKeyGenerator.fixed())

t.test('a job that waits for it to read is cancelled at once, and so is one that waits to write', async t => {
  const frame = Buffer.concat([Buffer.of(3, 0), Buffer.alloc(16, 1), Buffer.of(2)])
  const feed = sinkTo('in')
    .setSerializationSchema({ serialize: () => frame })
    .build()
  const writing = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1)
  writing.fromCollection([1]).sinkTo(feed)
  await writing.execute()

  const reading = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1)
  const source = KinesisStreamsSource.builder()
    .setStreamArn(kinesis.streamArn('in'))
    .setSourceConfig({ 'source.init.position': 'TRIM_HORIZON', ...aws })
    .setDeserializationSchema(GlueSchemaRegistryAvroDeserializationSchema.forGeneric(record, configs))
    .build()
  reading.fromSource(source, WatermarkStrategy.noWatermarks(), 'in').print()

  const registering = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1)
  const schema = GlueSchemaRegistryAvroSerializationSchema.forGeneric(record, 'out', configs)
  registering.fromCollection([{ a: 1 }]).sinkTo(sinkTo('out').setSerializationSchema(schema).build())

  for (const env of [reading, registering]) {
    const asked = once(registry, 'request')
    const job = await env.executeAsync()
    await asked
    const from = performance.now()
    await job.cancel('now')
    t.equal(job.status.state, 'CANCELED')
    t.ok(performance.now() - from < 5000, `${performance.now() - from} ms, and no deadline of a call`)
  }
})
