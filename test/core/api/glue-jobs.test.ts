/** Programs in TypeScript whose schemas lie in a registry: moto's. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'

import {
  GlueSchemaRegistryAvroDeserializationSchema,
  GlueSchemaRegistryAvroSerializationSchema,
  GlueSchemaRegistryJsonDeserializationSchema,
  GlueSchemaRegistryJsonSerializationSchema,
  JsonDataWithSchema,
  KinesisStreamsSink,
  KinesisStreamsSource,
  PartitionKeyGenerator,
  SimpleStringSchema,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from '../../../core/index.ts'
import { KinesisEmulator } from '../../../emulator/index.ts'
import { startMoto } from '../fakes/moto.ts'

const moto = await startMoto(t)
const keys = {
  'aws.credentials.provider.basic.accesskeyid': 'test',
  'aws.credentials.provider.basic.secretkey': 'test',
}
const configs = { region: 'eu-west-1', endpoint: moto.url, schemaAutoRegistrationEnabled: true, ...keys }

const kinesis = await KinesisEmulator.start({ streams: { avro: 1, json: 1, mixed: 1 }, limits: false })
t.teardown(() => kinesis.close())
const aws = { 'aws.endpoint': kinesis.endpoint, ...keys }

const sinkTo = (stream: string) =>
  KinesisStreamsSink.builder()
    .setStreamArn(kinesis.streamArn(stream))
    .setKinesisClientProperties(aws)
    .setPartitionKeyGenerator(PartitionKeyGenerator.fixed())

/** What a job reads from the stream until its end, of whatever the schema makes. */
async function readAll(stream: string, schema: Parameters<KinesisStreamsSourceBuilder['setDeserializationSchema']>[0]) {
  const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1)
  const source = KinesisStreamsSource.builder()
    .setStreamArn(kinesis.streamArn(stream))
    .setSourceConfig({ 'source.init.position': 'TRIM_HORIZON', 'shardline.source.stop-at': 'latest', ...aws })
    .setDeserializationSchema(schema)
    .build()
  const seen: unknown[] = []
  const values = env.fromSource(source, WatermarkStrategy.noWatermarks(), 'in')
  for await (const value of values.executeAndCollect()) seen.push(value)
  return seen
}
type KinesisStreamsSourceBuilder = ReturnType<typeof KinesisStreamsSource.builder>

const flight = (...fields: object[]) => ({
  type: 'record',
  name: 'Flight',
  fields: [{ name: 'id', type: 'string' }, ...fields],
})

t.test('a stream of two versions is read with the newer, as objects and as those of a class', async t => {
  const gate = { name: 'gate', type: 'string', default: '?' }
  const write = (schema: object) =>
    sinkTo('avro')
      .setSerializationSchema(GlueSchemaRegistryAvroSerializationSchema.forGeneric(schema, 'avro', configs))
      .build()
      .writable()
  await pipeline(Readable.from([{ id: 'LX1' }]), write(flight()))
  await pipeline(Readable.from([{ id: 'LX2', gate: 'B22' }]), write(flight(gate)))
  const both = [
    { id: 'LX1', gate: '?' },
    { id: 'LX2', gate: 'B22' },
  ]
  t.same(await readAll('avro', GlueSchemaRegistryAvroDeserializationSchema.forGeneric(flight(gate), configs)), both)
  class Flight {
    declare readonly id: string
    static readonly SCHEMA$ = flight()
    get airline(): string {
      return this.id.slice(0, 2)
    }
  }
  const objects = await readAll('avro', GlueSchemaRegistryAvroDeserializationSchema.forSpecific(Flight, configs))
  t.same(
    objects.map(o => (o as Flight).airline),
    ['LX', 'LX'],
  )
})

t.test('JSON is validated before it is written, and read with its schema', async t => {
  const jsonSchema = { type: 'object', properties: { delay: { type: 'integer' } }, required: ['delay'] }
  const writing = () =>
    sinkTo('json')
      .setSerializationSchema(new GlueSchemaRegistryJsonSerializationSchema('json', configs, jsonSchema))
      .build()
      .writable()
  await pipeline(Readable.from([{ delay: 5 }]), writing())
  await t.rejects(pipeline(Readable.from([{ delay: 'long' }]), writing()), { code: 'VALUE_INVALID', message: /delay/ })
  t.same(await readAll('json', new GlueSchemaRegistryJsonDeserializationSchema(JsonDataWithSchema, 'json', configs)), [
    new JsonDataWithSchema(JSON.stringify(jsonSchema), '{"delay":5}'),
  ])
})

t.test('records without a header are read by the secondary schema', async t => {
  kinesis.put('mixed', [{ data: 'an old line', partitionKey: 'a' }])
  const secondary = { ...configs, secondaryDeserializer: new SimpleStringSchema() }
  t.same(await readAll('mixed', GlueSchemaRegistryAvroDeserializationSchema.forGeneric(flight(), secondary)), [
    'an old line',
  ])
  await t.rejects(readAll('mixed', GlueSchemaRegistryAvroDeserializationSchema.forGeneric(flight(), configs)), {
    code: 'RECORD_MALFORMED',
    message: /shardId-000000000000, sequence number \d+ cannot be read.*Its 11 bytes are "an old line"/,
  })
})

t.test('without the registry a job says so, and ends', async t => {
  const away = { ...configs, endpoint: 'http://127.0.0.1:9' }
  await t.rejects(readAll('avro', GlueSchemaRegistryAvroDeserializationSchema.forGeneric(flight(), away)), {
    message: /GetSchemaVersion.*127\.0\.0\.1:9/,
  })
})
