/** Schemas as a Node program says them, from stream to stream. */
import t from 'tap'
import type { Test } from 'tap'

import {
  AvroDeserializationSchema,
  AvroRowDeserializationSchema,
  AvroSerializationSchema,
  ByteArraySchema,
  CsvRowDeserializationSchema,
  CsvRowSerializationSchema,
  Decimal,
  AWSSchemaRegistryConstants,
  GlueSchemaRegistryAvroDeserializationSchema,
  GlueSchemaRegistryJsonDeserializationSchema,
  GlueSchemaRegistryJsonSerializationSchema,
  JsonDataWithSchema,
  JsonRowDeserializationSchema,
  JsonRowSerializationSchema,
  KinesisStreamsSink,
  KinesisStreamsSource,
  SimpleStringSchema,
  StreamExecutionEnvironment,
  TypeInformationSerializationSchema,
  Types,
  WatermarkStrategy,
} from '../../../core/index.ts'
import type {
  DataStream,
  DeadLetter,
  KinesisDeserializationSchema,
  Schema,
  SerializationSchema,
} from '../../../core/index.ts'
import { KinesisEmulator } from '../../../emulator/index.ts'

const register = (): string => 'local-0'
const FLIGHT = {
  type: 'record',
  name: 'Flight',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'fare', type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }], default: null },
  ],
}
const row = Types.ROW({ id: Types.STRING(), fare: Types.BIG_DEC() })
const json = {
  read: JsonRowDeserializationSchema.builder().typeInfo(row).build(),
  write: JsonRowSerializationSchema.builder().withTypeInfo(row).build(),
}

class Flight {
  declare id: string
  declare fare: Decimal | null

  get shout(): string {
    return this.id.toUpperCase()
  }
}

async function kinesisOf(t: Test, ...records: (string | Buffer)[]) {
  const kinesis = await KinesisEmulator.start({ port: 0, streams: { in: 1, out: 1 }, limits: false })
  t.teardown(() => kinesis.close())
  Object.assign(process.env, kinesis.environment())
  kinesis.put(
    'in',
    records.map(data => ({ data, partitionKey: 'k' })),
  )
  const env = StreamExecutionEnvironment.getExecutionEnvironment()
  env.setParallelism(1)
  const sourceOf = <T>(schema: Schema<T, never> | KinesisDeserializationSchema<T>) =>
    KinesisStreamsSource.builder()
      .setStreamArn(kinesis.streamArn('in'))
      .setSourceConfig({ 'source.init.position': 'TRIM_HORIZON', 'shardline.source.stop-at': 'latest' })
      .setDeserializationSchema(schema)
  return {
    env,
    sourceOf,
    read: <T>(schema: Schema<T, never> | KinesisDeserializationSchema<T>): DataStream<T> =>
      env.fromSource(sourceOf(schema).build(), WatermarkStrategy.noWatermarks(), 'in'),
    sinkOf: (schema: Schema<unknown, never> | SerializationSchema<never>) =>
      KinesisStreamsSink.builder().setStreamArn(kinesis.streamArn('out')).setSerializationSchema(schema),
    written: (stream = 'out'): Buffer[] =>
      kinesis.records(stream).flatMap(shard => shard.records.map(r => Buffer.from(r.data))),
  }
}

t.test('rows of JSON become records of Avro, and objects of a class', async t => {
  const k = await kinesisOf(t, '{"id":"a","fare":12.50,"more":1}', '{"id":"b"}')
  k.read(json.read)
    .map(flight => ({ ...flight, id: `${flight.id}!` }))
    .sinkTo(k.sinkOf(AvroSerializationSchema.forGeneric(FLIGHT)).build())
  await k.env.execute('to avro')
  t.same(k.written(), [Buffer.from('\x04a!\x02\x04\x04\xe2', 'latin1'), Buffer.from('\x04b!\0')])

  const again = await kinesisOf(t, ...k.written())
  again
    .read(AvroDeserializationSchema.forSpecific(Flight, FLIGHT))
    .map(flight => ({ id: flight.shout, fare: flight.fare }))
    .sinkTo(again.sinkOf(json.write).build())
  await again.env.execute('from avro')
  t.same(again.written().map(String), ['{"id":"A!","fare":12.50}', '{"id":"B!","fare":null}'])
})

t.test('a type guard says which values are any good; the others are poisoned records', async t => {
  const k = await kinesisOf(t, '\x02a\0', '\x02b\0')
  const isA = (value: unknown): value is Flight => (value as Flight).id === 'a'
  const letters: DeadLetter[] = []
  const source = k
    .sourceOf(AvroDeserializationSchema.forSpecific(isA, FLIGHT))
    .setDeadLetterHandler(taken => void letters.push(...taken))
    .build()
  const values: unknown[] = []
  const stream = k.env.fromSource(source, WatermarkStrategy.noWatermarks(), 'in')
  for await (const value of stream.executeAndCollect()) values.push(value)
  t.same(values, [{ id: 'a', fare: null }])
  t.match(letters, [
    { code: 'RECORD_MALFORMED', message: /isA does not accept the value/, data: Buffer.from('\x02b\0') },
  ])
})

t.test('schemas of the program read and write', async t => {
  const k = await kinesisOf(t, 'one two', 'three')
  let opened = 0
  const words: KinesisDeserializationSchema<string> = {
    open: () => {
      opened++
    },
    deserialize: (record, stream, shardId, out) => {
      for (const word of record.data.toString().split(' '))
        out.collect([stream, shardId.at(-1), record.partitionKey, word].join('/'))
    },
  }
  const inBrackets = { serialize: (value: string) => `[${value}]` }
  k.read(words).sinkTo(k.sinkOf(inBrackets).build())
  await k.env.execute('own')
  t.same(k.written().map(String), ['[in/0/k/one]', '[in/0/k/two]', '[in/0/k/three]'])
  t.ok(opened >= 1)
})

t.test('a poisoned record fails the job unless the source says otherwise', async t => {
  const k = await kinesisOf(t, '{"id":"a"}', 'no json')
  k.read(json.read).sinkTo(k.sinkOf(json.write).build())
  await t.rejects(k.env.execute('fails'), {
    code: 'RECORD_MALFORMED',
    message: /sequence number \d+ cannot be read: Failed to deserialize JSON 'no json'.*Its 7 bytes are "no json"/,
  })
  const skipping = k
    .sourceOf(json.read)
    .setSourceConfig({
      'source.init.position': 'TRIM_HORIZON',
      'shardline.source.stop-at': 'latest',
      'shardline.source.poison-records': 'skip',
    })
    .build()
  k.env.fromSource(skipping, WatermarkStrategy.noWatermarks(), 'in').sinkTo(k.sinkOf(json.write).build())
  await k.env.execute('skips')
  t.same(k.written().map(String), ['{"id":"a","fare":null}'])
})

t.test('a value that cannot be written fails the job, or goes to the dead letters', async t => {
  const k = await kinesisOf(t, 'a', 'b')
  const numbers = (): DataStream<unknown> =>
    k.read(new SimpleStringSchema()).map(text => (text === 'a' ? { id: 1, fare: null } : { id: text }))
  numbers().sinkTo(k.sinkOf(json.write).build())
  await t.rejects(k.env.execute('fails'), {
    code: 'VALUE_INVALID',
    message: /does not match the schema.*id.*[^.]\. A dead letter/,
  })
  const letters: DeadLetter[] = []
  numbers().sinkTo(
    k
      .sinkOf(AvroSerializationSchema.forGeneric(FLIGHT))
      .setDeadLetterHandler(taken => void letters.push(...taken))
      .build(),
  )
  await k.env.execute('goes on')
  t.match(letters, [{ code: 'VALUE_INVALID', data: Buffer.from('{"id":1,"fare":null}') }])
  t.same(k.written(), [Buffer.from('\x02b\0')])
})

t.test("a sink without a job writes by schemas too, and by the program's own", async t => {
  const k = await kinesisOf(t)
  const writable = k.sinkOf(json.write).build().writable()
  writable.write({ id: 'a', fare: new Decimal(5n, 1) })
  await new Promise<void>(resolve => writable.end(resolve))
  const own = k
    .sinkOf({ serialize: (n: number) => Buffer.of(n) })
    .build()
    .writable()
  own.write(7)
  await new Promise<void>(resolve => own.end(resolve))
  t.same(k.written(), [Buffer.from('{"id":"a","fare":0.5}'), Buffer.of(7)])
})

t.test("Flink's binary format, CSV and other charsets go both ways", async t => {
  const k = await kinesisOf(t, Buffer.from('zürich', 'latin1'))
  const pair = Types.TUPLE([Types.STRING(), Types.INT()])
  k.read(new SimpleStringSchema('ISO-8859-1'))
    .map(text => [text, text.length])
    .sinkTo(k.sinkOf(new TypeInformationSerializationSchema(pair)).build())
  await k.env.execute('binary')
  t.same(k.written(), [Buffer.from('\x07z\xfc\x01rich\0\0\0\x06', 'latin1')])
  const csv = await kinesisOf(t, '"a;b";1.50')
  csv
    .read(CsvRowDeserializationSchema.builder(row).setFieldDelimiter(';').build())
    .sinkTo(csv.sinkOf(CsvRowSerializationSchema.builder(row).build()).build())
  await csv.env.execute('csv')
  t.same(csv.written().map(String), ['a;b,1.50\n'])
})

t.test('what a schema needs to be told is asked for when it is built', async t => {
  const wrong = { code: 'CONFIGURATION_INVALID' }
  t.throws(() => JsonRowDeserializationSchema.builder().build(), { ...wrong, message: /typeInfo\(\)/ })
  t.throws(() => JsonRowSerializationSchema.builder().build(), { ...wrong, message: /withTypeInfo\(\)/ })
  t.throws(
    () => JsonRowDeserializationSchema.builder().typeInfo(row).failOnMissingField().ignoreParseErrors().build(),
    wrong,
  )
  t.throws(() => CsvRowDeserializationSchema.builder(row).setFieldDelimiter('||'), {
    ...wrong,
    message: /one character/,
  })
  t.throws(() => CsvRowSerializationSchema.builder(row).setLineDelimiter('x'), wrong)
  t.throws(() => AvroDeserializationSchema.forGeneric('{broken'), { ...wrong, message: /An Avro schema is JSON/ })
  t.throws(() => AvroDeserializationSchema.forSpecific(Flight), { ...wrong, message: /Flight has no SCHEMA\$/ })
  t.throws(() => KinesisStreamsSource.builder().setDeserializationSchema({} as never), { message: /deserialize/ })
  t.throws(() => KinesisStreamsSink.builder().setSerializationSchema(null as never), { message: /serialize/ })
  t.throws(() => Types.SET(Types.STRING()), {
    code: 'CONFIGURATION_INVALID',
    message: 'Types.SET(...) is not supported. Use Types.LIST, and give it each element once.',
  })
  t.throws(() => Types.VARIANT(), { message: /^Types.VARIANT\(\) is not supported/ })
  t.throws(() => Types.ROW_NAMED(['a'], []), { message: /1 names, 0 types/ })
  t.throws(() => Types.ROW({ id: 'int' } as never), { ...wrong, message: /^Field 'id' needs a type such as/ })
  t.throws(() => Types.ROW_NAMED(['id'], ['int'] as never), { ...wrong, message: /^Field 'id' needs a type such as/ })
  for (const type of [Types.STRING(), { id: 'int' }] as never[]) {
    t.throws(() => JsonRowDeserializationSchema.builder().typeInfo(type), {
      ...wrong,
      message: /typeInfo\(\) takes a row/,
    })
    t.throws(() => JsonRowSerializationSchema.builder().withTypeInfo(type), { ...wrong, message: /takes a row type/ })
  }
})

t.test('a Glue configuration that is none is refused, and not shown', async t => {
  const wrong = { code: 'CONFIGURATION_INVALID' }
  const secret = { 'aws.credentials.provider.basic.secretkey': 'hush' } as never
  for (const make of [
    () => GlueSchemaRegistryAvroDeserializationSchema.forGeneric(secret, JSON.stringify(FLIGHT) as never),
    () => GlueSchemaRegistryAvroDeserializationSchema.forGeneric(FLIGHT, undefined as never),
    () => new GlueSchemaRegistryJsonSerializationSchema(secret, 'flights' as never),
    () => new GlueSchemaRegistryJsonDeserializationSchema(secret, 'flights', {}),
  ])
    t.throws(make, {
      ...wrong,
      message: /^(?!.*hush).*(the configuration is an object with keys|must be a class or a type guard)/,
    })
  t.throws(
    () => GlueSchemaRegistryAvroDeserializationSchema.forGeneric(FLIGHT, { secondaryDeserializer: 'a.Class' } as never),
    { ...wrong, message: /^secondaryDeserializer is a schema such as/ },
  )
})

t.test('schemas in the job graph', async t => {
  const configs = { 'registry.name': 'r', secondaryDeserializer: new SimpleStringSchema() }
  t.same(new AvroRowDeserializationSchema('"string"').toSpec(), {
    type: 'avro',
    schema: '"string"',
    values: 'row',
    convert: null,
  })
  t.same(GlueSchemaRegistryAvroDeserializationSchema.forSpecific(Flight, configs, FLIGHT).toSpec(register), {
    type: 'glue-avro',
    schema: JSON.stringify(FLIGHT),
    transportName: null,
    configs: { 'registry.name': 'r' },
    secondary: { type: 'simple-string', charset: 'UTF-8' },
    convert: { type: 'local', localId: 'local-0' },
  })
  t.throws(() => GlueSchemaRegistryAvroDeserializationSchema.forGeneric(FLIGHT, { compression: 'GZIP' }), {
    code: 'CONFIGURATION_INVALID',
    message: "compression: 'GZIP' is not one of NONE, ZLIB.",
  })
  t.throws(
    () => new GlueSchemaRegistryJsonSerializationSchema('in', { [AWSSchemaRegistryConstants.DATA_FORMAT]: 'AVRO' }),
    {
      message: 'dataFormat is AVRO, and the schema is one of JSON.',
    },
  )
  t.match(new GlueSchemaRegistryJsonDeserializationSchema(JsonDataWithSchema, 'in', {}).toSpec(register), {
    values: 'carrier',
    transportName: 'in',
  })
  t.match(new GlueSchemaRegistryJsonDeserializationSchema(Flight, 'in', {}).toSpec(register), { values: 'value' })
  t.match(new GlueSchemaRegistryJsonSerializationSchema('in', {}, { type: 'object' }).toSpec(register), {
    schema: '{"type":"object"}',
    transportName: 'in',
  })
  t.same(new ByteArraySchema().toSpec(), { type: 'byte-array' })
})
