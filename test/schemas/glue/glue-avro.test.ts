import { deflateSync } from 'node:zlib'

import t from 'tap'

import { glueAvroDecoder, glueAvroEncoder } from '../../../schemas/glue/glue-avro.ts'
import { glueJsonDecoder } from '../../../schemas/glue/glue-json.ts'
import { readGlueFrame, writeGlueFrame } from '../../../schemas/glue/glue-frame.ts'
import type { GlueAvroSchemaSpec, GlueConfigs } from '../../../schemas/contracts/schema-spec.ts'
import type { ValueDecoder, ValueEncoder } from '../../../schemas/contracts/value-codec.ts'
import { memoryRegistry } from './memory-registry.ts'

const V1 = '{"type":"record","name":"Flight","fields":[{"name":"id","type":"string"},{"name":"seats","type":"int"}]}'
const V2 =
  '{"type":"record","name":"Flight","fields":[{"name":"id","type":"string"},{"name":"seats","type":"long"},{"name":"gate","type":["null","string"],"default":null}]}'

const spec = (schema: string, configs: GlueConfigs = {}): GlueAvroSchemaSpec => ({
  type: 'glue-avro',
  schema,
  transportName: 'flights-stream',
  configs: { schemaAutoRegistrationEnabled: true, ...configs },
  secondary: null,
  convert: null,
})
const registryOf = (configs: GlueConfigs = {}) =>
  memoryRegistry({ schemaAutoRegistrationEnabled: true, ...configs }, 'AVRO')
const encode = async (encoder: ValueEncoder, value: unknown): Promise<Buffer> => {
  await encoder.prepare?.()
  return encoder.encode(value)
}
const decode = async (decoder: ValueDecoder, record: Buffer): Promise<unknown> => {
  await decoder.prepare?.(record)
  return decoder.decode(record)
}

t.test('what is written is read, plain and deflated, and the registry is asked once each', async t => {
  for (const compression of ['NONE', 'zlib']) {
    const { api, registry } = registryOf()
    const encoder = glueAvroEncoder(spec(V1, { compression }), registry)
    const decoder = glueAvroDecoder(spec(V1), registry, null)
    const record = await encode(encoder, { id: 'LH1', seats: 3 })
    t.same([...record.subarray(0, 2)], [3, compression === 'NONE' ? 0 : 5])
    t.match([...api.versions.values()], [{ schemaName: 'flights-stream', definition: V1, dataFormat: 'AVRO' }])
    t.strictSame(await decode(decoder, record), { id: 'LH1', seats: 3 })
    const { calls } = api
    t.equal(encoder.prepare?.(), null)
    t.equal(decoder.prepare?.(record), null)
    t.equal(api.calls, calls)
    t.match(decoder.type, { type: 'RECORD', names: ['id', 'seats'] })
  }
})

t.test('a record is read with the schema that is given, whatever it was written with', async t => {
  const { api, registry } = registryOf()
  const [old, young] = [api.add('flights', V1), api.add('flights', V2)]
  const encoder = glueAvroEncoder(spec(V1), registry)
  const plain = readGlueFrame(await encode(encoder, { id: 'a', seats: 1 })).payload
  const decoder = glueAvroDecoder(spec(V2), registry, null)
  t.strictSame(await decode(decoder, writeGlueFrame(old, plain, 'NONE')), { id: 'a', seats: 1, gate: null })
  const gate = Buffer.concat([plain, Buffer.from([2, 2, 66])])
  t.strictSame(await decode(decoder, writeGlueFrame(young, gate, 'ZLIB')), { id: 'a', seats: 1, gate: 'B' })
  t.strictSame(await decode(glueAvroDecoder(spec(V1), registry, null), writeGlueFrame(old, plain, 'NONE')), {
    id: 'a',
    seats: 1,
  })
  await t.rejects(decode(glueAvroDecoder(spec(V1), registry, null), writeGlueFrame(young, gate, 'NONE')), {
    code: 'RECORD_MALFORMED',
    message: /long was written, which cannot be read as int.* It was written with version .*2 of schema 'flights'\./,
  })
})

t.test('each broken byte of a record is an error of its own', async t => {
  const { api, registry } = registryOf()
  const id = api.add('flights', V1)
  const decoder = glueAvroDecoder(spec(V1), registry, null)
  const good = writeGlueFrame(id, Buffer.from([2, 97, 6]), 'NONE')
  const changed = (at: number, byte: number): Buffer => {
    const copy = Buffer.from(good)
    copy[at] = byte
    return copy
  }
  const behind = (payload: Buffer, compression = 5): Buffer => {
    const header = Buffer.from(good.subarray(0, 18))
    header[1] = compression
    return Buffer.concat([header, payload])
  }
  const deflated = deflateSync(Buffer.from([2, 97, 6]))
  t.strictSame(await decode(decoder, good), { id: 'a', seats: 3 })
  t.strictSame(await decode(decoder, behind(deflated)), { id: 'a', seats: 3 })
  for (const [record, code, message] of [
    [Buffer.alloc(0), 'RECORD_MALFORMED', /has 0 bytes, which is less than the 18 bytes/],
    [good.subarray(0, 17), 'RECORD_MALFORMED', /has 17 bytes, which is less than the 18 bytes/],
    [changed(0, 2), 'RECORD_MALFORMED', /version is 2, but only 3/],
    [changed(1, 1), 'RECORD_MALFORMED', /compression byte is 1, but only 0 .* and 5/],
    [changed(17, 99), 'SCHEMA_NOT_FOUND', /There is no version 00000000-0000-4000-8000-000000000063/],
    [good.subarray(0, 18), 'RECORD_MALFORMED', /the record is truncated .* version .* of schema 'flights'/],
    [good.subarray(0, 20), 'RECORD_MALFORMED', /truncated/],
    [behind(Buffer.from([2, 97, 6, 0]), 0), 'RECORD_MALFORMED', /1 of its 4 bytes follow the end of the value/],
    [behind(Buffer.from([200, 97, 6]), 0), 'RECORD_MALFORMED', /a string has the length/],
    [behind(Buffer.alloc(0)), 'RECORD_MALFORMED', /not a complete zlib stream/],
    [behind(deflated.subarray(0, -1)), 'RECORD_MALFORMED', /not a complete zlib stream/],
    [behind(Buffer.concat([deflated, Buffer.from([0])])), 'RECORD_MALFORMED', /1 bytes follow the end/],
    [behind(Buffer.from('{}')), 'RECORD_MALFORMED', /not a complete zlib stream/],
  ] as const)
    await t.rejects(decode(decoder, record), { code, message })
})

t.test('values of a secondary decoder are not said to be records', t => {
  const { registry } = registryOf()
  const typeBeside = (type: ValueDecoder['type']): unknown =>
    glueAvroDecoder(spec(V1), registry, { type, decode: () => 'old' }).type
  const own = glueAvroDecoder(spec(V1), registry, null).type
  t.strictSame(typeBeside({ type: 'STRING' }), { type: 'UNION', types: [own, { type: 'STRING' }] })
  t.strictSame(typeBeside(own), own)
  t.equal(typeBeside(null), null, 'who knows what they are')
  const json = { ...spec(V1), type: 'glue-json', values: 'carrier' } as const
  t.match(glueJsonDecoder(json, registry, { type: { type: 'STRING' }, decode: () => 'old' }).type, {
    types: [{ names: ['schema', 'payload'] }, { type: 'STRING' }],
  })
  t.end()
})

t.test('what is no record of Glue goes to the secondary decoder, header and all', async t => {
  const { api, registry } = registryOf()
  const seen: Buffer[] = []
  let closed = false
  const secondary: ValueDecoder = {
    type: null,
    decode: record => (seen.push(record), 'old'),
    prepare: record => (record.length === 0 ? Promise.resolve() : null),
    close: () => void (closed = true),
  }
  const decoder = glueAvroDecoder(spec(V1), registry, secondary)
  const legacy = [
    Buffer.from('{"id":"a"}'),
    Buffer.from([3, 0, 1]),
    Buffer.from([3, 7, ...Buffer.alloc(16)]),
    Buffer.alloc(0),
  ]
  for (const record of legacy) t.equal(await decode(decoder, record), 'old')
  t.same(seen, legacy)
  const good = writeGlueFrame(api.add('flights', V1), Buffer.from([2, 97, 6]), 'NONE')
  t.strictSame(await decode(decoder, good), { id: 'a', seats: 3 })
  decoder.close?.()
  t.ok(closed)
})

t.test('a record whose schema is of another format, or is none, says so', async t => {
  const { api, registry } = registryOf()
  const decoder = glueAvroDecoder(spec(V1), registry, null)
  await t.rejects(decode(decoder, writeGlueFrame(api.add('orders', '{}', 'JSON'), Buffer.from('{}'), 'NONE')), {
    code: 'RECORD_MALFORMED',
    message: /with version .* of schema 'orders', whose data format is JSON, but it is read as AVRO/,
  })
  await t.rejects(decode(decoder, writeGlueFrame(api.add('odd', '{"type":"odd"}'), Buffer.alloc(1), 'NONE')), {
    code: 'RECORD_MALFORMED',
    message: /schema 'odd', which cannot be read as Flight: The Avro schema is invalid: type 'odd' is not defined/,
  })
})

t.test('readers are kept for so many schemas', async t => {
  const { api, registry } = registryOf({ cacheSize: '2' })
  const decoder = glueAvroDecoder(spec(V1, { cacheSize: '2' }), registry, null)
  const records = ['a', 'b', 'c'].map(name => writeGlueFrame(api.add(name, V1), Buffer.from([2, 97, 6]), 'NONE'))
  for (const record of records) await decode(decoder, record)
  t.equal(decoder.prepare?.(records[2]!), null)
  t.ok(decoder.prepare?.(records[0]!) instanceof Promise)
})

t.test('while the registry is down, schemas that are known go on serving, past their day, too', async t => {
  const { api, clock, warnings, registry } = registryOf()
  const encoder = glueAvroEncoder(spec(V1), registry)
  const decoder = glueAvroDecoder(spec(V1), registry, null)
  const record = await encode(encoder, { id: 'a', seats: 1 })
  await decode(decoder, record)
  api.isDown = true
  for (let day = 0; day < 3; day++) {
    clock.advance(86_400_001)
    for (let i = 0; i < 100; i++) {
      t.equal(encoder.prepare?.(), null)
      encoder.encode({ id: 'a', seats: 1 })
    }
    await new Promise(resolve => setImmediate(resolve))
    t.strictSame(await decode(decoder, record), { id: 'a', seats: 1 })
  }
  t.match(
    warnings,
    [
      /'flights-stream' could not be refreshed. The cached version stays in use: cannot reach/,
      /refreshed/,
      /refreshed/,
    ],
    'once a day, here',
  )
  const other = writeGlueFrame('00000000-0000-4000-8000-000000000009', Buffer.alloc(1), 'NONE')
  await t.rejects(decode(decoder, other), { code: 'ENDPOINT_UNREACHABLE' })
  api.isDown = false
  clock.advance(86_400_001)
  const { calls } = api
  for (let i = 0; i < 100; i++) t.equal(encoder.prepare?.(), null)
  await new Promise(resolve => setImmediate(resolve))
  t.equal(api.calls, calls + 1)
})

t.test('what cannot be written is refused, with or before the first value', async t => {
  const { registry } = registryOf()
  for (const schema of ['"string"', '{"type":"map","values":"int"}', '["null","int"]'])
    t.throws(() => glueAvroEncoder(spec(schema), registry), {
      code: 'CONFIGURATION_INVALID',
      message: /supports schemas of type record, enum, array and fixed only. This schema is/,
    })
  const encoder = glueAvroEncoder(spec(V1), registry)
  t.throws(() => encoder.encode({ id: 'a', seats: 1 }), { code: 'ILLEGAL_STATE', message: /was not prepared/ })
  await encoder.prepare?.()
  t.throws(() => encoder.encode({ id: 'a' }), { code: 'VALUE_INVALID', message: /seats is missing/ })
  t.throws(() => glueAvroDecoder(spec('{'), registry, null), { code: 'CONFIGURATION_INVALID' })
})
