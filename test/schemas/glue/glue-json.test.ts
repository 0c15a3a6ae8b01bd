import t from 'tap'

import { writeGlueFrame } from '../../../schemas/glue/glue-frame.ts'
import { glueJsonDecoder, glueJsonEncoder } from '../../../schemas/glue/glue-json.ts'
import { jsonValidator } from '../../../schemas/glue/json-validation.ts'
import { Decimal } from '../../../schemas/contracts/decimal.ts'
import type { GlueJsonSchemaSpec } from '../../../schemas/contracts/schema-spec.ts'
import type { ValueDecoder, ValueEncoder } from '../../../schemas/contracts/value-codec.ts'
import { memoryRegistry } from './memory-registry.ts'

const SCHEMA =
  '{ "type": "object",\n "properties": {"id": {"type": "string"}, "price": {"type": "number"}}, "required": ["id"] }'
const COMPACT = '{"type":"object","properties":{"id":{"type":"string"},"price":{"type":"number"}},"required":["id"]}'

const spec = (more: Partial<GlueJsonSchemaSpec> = {}): GlueJsonSchemaSpec => ({
  type: 'glue-json',
  values: 'carrier',
  schema: null,
  transportName: 'flights',
  configs: { schemaAutoRegistrationEnabled: true },
  secondary: null,
  convert: null,
  ...more,
})
const registryOf = () => memoryRegistry({ schemaAutoRegistrationEnabled: true }, 'JSON')
type Preparing = ValueEncoder & { prepare(value?: unknown): Promise<void> | null }
const encode = async (encoder: ValueEncoder, value: unknown): Promise<Buffer> => {
  await (encoder as Preparing).prepare(value)
  return encoder.encode(value)
}
const decode = async (decoder: ValueDecoder, record: Buffer): Promise<unknown> => {
  await decoder.prepare?.(record)
  return decoder.decode(record)
}

t.test('a carrier is written with its own schema, and read as what was written', async t => {
  const { api, registry } = registryOf()
  const encoder = glueJsonEncoder(spec(), registry)
  const decoder = glueJsonDecoder(spec(), registry, null)
  const record = await encode(encoder, { schema: SCHEMA, payload: '{ "id": "ü", "price": 12.50 }' })
  t.equal(record.subarray(18).toString(), '{"id":"ü","price":12.50}')
  t.match([...api.versions.values()], [{ schemaName: 'flights', definition: COMPACT, dataFormat: 'JSON' }])
  t.strictSame(await decode(decoder, record), { schema: COMPACT, payload: '{"id":"ü","price":12.50}' })
  t.match(decoder.type, { type: 'RECORD', names: ['schema', 'payload'] })
  await encode(encoder, { schema: '{"type":"array"}', payload: '[]' })
  t.equal(api.versions.size, 2, 'each schema is a version')
})

t.test('plain values are written with the schema that is given, and read as values', async t => {
  const { registry } = registryOf()
  const encoder = glueJsonEncoder(spec({ schema: SCHEMA }), registry)
  const decoder = glueJsonDecoder(spec({ values: 'value' }), registry, null)
  t.equal(decoder.type, null)
  const record = await encode(encoder, {
    id: 'a',
    price: Decimal.parse('12.50'),
    big: 2n ** 60n,
    on: new Date(0),
    no: undefined,
  })
  t.equal(
    record.subarray(18).toString(),
    '{"id":"a","price":12.50,"big":1152921504606846976,"on":"1970-01-01T00:00:00.000Z"}',
  )
  t.strictSame(await decode(decoder, record), { id: 'a', price: 12.5, big: 2n ** 60n, on: '1970-01-01T00:00:00.000Z' })
  for (const root of ['"a"', '1', 'true', 'null', '[1]'])
    t.strictSame(
      await decode(decoder, await encode(glueJsonEncoder(spec(), registry), { schema: '{}', payload: root })),
      JSON.parse(root),
    )
})

t.test('what is not what its schema says is refused, and nothing is registered for what cannot be', async t => {
  const { api, registry } = registryOf()
  const encoder = glueJsonEncoder(spec(), registry)
  const carrier = (schema: string, payload = '{}') => ({ schema, payload })
  for (const [value, message] of [
    [carrier(SCHEMA, '{"id":7}'), /does not conform to schema 'flights': \/id must be string/],
    [carrier(SCHEMA), /it must have required property 'id'/],
    [carrier('false'), /its schema accepts no value/],
    [carrier(SCHEMA, '{'), /The payload is not valid JSON/],
    [carrier(SCHEMA, ''), /The payload is not valid JSON/],
    [carrier(SCHEMA, '{"id":"a"} x'), /The payload is not valid JSON: there is text after the value/],
    [carrier(''), /The value's schema is invalid: it is blank/],
    [carrier(' '), /it is blank/],
    [carrier('{'), /schema is invalid/],
    [carrier('7'), /it is neither an object nor a boolean/],
    [carrier('{"type":"odd"}'), /schema is invalid/],
    [carrier('{"$schema":"http://example.com/mine"}'), /"http:\/\/example.com\/mine" is not one of the drafts/],
    [
      carrier('{"$ref":"http://127.0.0.1:9/other.json"}'),
      /refers to 'http:\/\/127.0.0.1:9\/other.json', which is outside the schema/,
    ],
    [carrier('{"$ref":"file:///etc/passwd"}'), /outside the schema/],
    [carrier('{"$ref":"other.json#/definitions/a"}'), /outside the schema/],
    [{ id: 'a' }, /is not \{ schema, payload \}, and no schema is configured/],
  ] as const)
    await t.rejects(encode(encoder, value), { code: 'VALUE_INVALID', message }, JSON.stringify(value))
  t.notOk([...api.versions.values()].some(({ definition }) => /ref|odd|mine/.test(definition)))
  for (const schema of ['', '{', '{"$ref":"http://h/x"}'])
    t.throws(() => glueJsonEncoder(spec({ schema }), registry), {
      code: 'CONFIGURATION_INVALID',
      message: /JSON schema is invalid/,
    })
  const loop: Record<string, unknown> = {}
  loop['loop'] = loop
  const plain = glueJsonEncoder(spec({ schema: '{}' }), registry)
  for (const value of [loop, undefined, () => 1]) await t.rejects(encode(plain, value), { code: 'VALUE_INVALID' })
})

t.test('what is read is not checked against its schema, but is JSON', async t => {
  const { api, registry } = registryOf()
  const id = api.add('flights', COMPACT, 'JSON')
  const decoder = glueJsonDecoder(spec(), registry, null)
  const read = (payload: string | Buffer) => decode(decoder, writeGlueFrame(id, Buffer.from(payload), 'ZLIB'))
  t.strictSame(await read('{ "id" : 7 }'), { schema: COMPACT, payload: '{ "id" : 7 }' }, 'as it was written')
  for (const marked of [Buffer.from('\ufeff{"id":7}'), Buffer.from('\ufeff{"id":7}', 'utf16le')])
    t.strictSame(await read(marked), { schema: COMPACT, payload: '{"id":7}' }, 'in the encoding that Jackson detects')
  for (const payload of ['', '{', '{} x', '{"a":NaN}', Buffer.from([34, 255, 34])])
    await t.rejects(read(payload), { code: 'RECORD_MALFORMED', message: /payload of the record is not valid JSON/ })
  await t.rejects(decode(decoder, writeGlueFrame(api.add('f', '"int"'), Buffer.from('1'), 'NONE')), {
    code: 'RECORD_MALFORMED',
    message: /data format is AVRO, but it is read as JSON/,
  })
  t.throws(() => decoder.decode(writeGlueFrame(api.add('g', '{}', 'JSON'), Buffer.from('1'), 'NONE')), {
    code: 'ILLEGAL_STATE',
  })
  await t.rejects(decode(decoder, Buffer.from('{}')), {
    code: 'RECORD_MALFORMED',
    message: /18 bytes of a Glue header/,
  })
  const old = glueJsonDecoder(spec(), registry, { type: null, decode: () => 'old' })
  t.equal(await decode(old, Buffer.from('{}')), 'old')
})

t.test('a payload is the same value whether or not it has a long number', async t => {
  const { api, registry } = registryOf()
  const id = api.add('flights', SCHEMA, 'JSON')
  const decoder = glueJsonDecoder(spec({ values: 'value' }), registry, null)
  const read = (text: string): Promise<unknown> => decode(decoder, writeGlueFrame(id, Buffer.from(text), 'NONE'))
  const long = 2n ** 60n
  for (const members of ['"a":1,"a":{"b":2}', '"__proto__":{"a":1}', '"a":[1.5,-2e3,"x\\"[{",null,true,{}]'])
    t.same(await read(`{${members},"n":${long}}`), { ...JSON.parse(`{${members}}`), n: long }, members)
  for (const inner of ['1', String(long), '"[\\""']) {
    const nested = (depth: number): string => '['.repeat(depth) + inner + ']'.repeat(depth)
    t.ok(await read(nested(1000)))
    await t.rejects(read(nested(1001)), { code: 'RECORD_MALFORMED', message: /more than 1000 nested levels/ })
  }
  t.ok(await read(`[${'[],{},"[[[[",'.repeat(2000)}"]"]`), 'what is long is not deep')
})

t.test('what JSON has no word for is written as what it holds, or refused, and never left empty', async t => {
  const { registry } = registryOf()
  const encoder = glueJsonEncoder(spec({ schema: '{}' }), registry)
  const written = async (value: unknown): Promise<string> => (await encode(encoder, value)).toString('utf8', 18)
  t.equal(await written({ m: new Map([['a', new Map([[1, [new Map()]]])]]) }), '{"m":{"a":{"1":[{}]}}}')
  t.equal(
    await written(
      new Map<unknown, unknown>([
        [true, 1n],
        [null, 2],
        ['__proto__', 3],
      ]),
    ),
    '{"true":1,"null":2,"__proto__":3}',
  )
  t.equal(
    await written({ s: new Set([1, 'a']), b: Buffer.from('hi'), u: new Uint8Array([104, 105]) }),
    '{"s":[1,"a"],"b":"aGk=","u":"aGk="}',
  )
  for (const value of [NaN, { a: [Infinity] }, new Map([['a', -Infinity]]), new Map([[{}, 1]])])
    await t.rejects(written(value), { code: 'VALUE_INVALID', message: /cannot be written as JSON/ })
})

t.test('a schema cannot have its documents checked later', t => {
  t.match(jsonValidator('{"$async":true,"type":"string"}')(5), /must be string/)
  t.end()
})

t.test('each draft has its own words', t => {
  const check = (schema: object, document: unknown): boolean => jsonValidator(JSON.stringify(schema))(document) === null
  const draft = (name: string, more: object) => ({
    $schema: `http${name.includes('/') ? 's' : ''}://json-schema.org/${name}/schema`,
    ...more,
  })
  const exclusive = { maximum: 5, exclusiveMaximum: true }
  t.same(
    [
      check({ ...draft('draft-04', exclusive), $schema: 'http://json-schema.org/draft-04/schema#' }, 5),
      check(draft('draft-04', { maximum: 5 }), 5),
    ],
    [false, true],
  )
  t.equal(check(draft('draft-06', { const: 1 }), 2), false)
  t.equal(check(draft('draft-07', { if: { const: 1 }, then: false }), 1), false)
  t.equal(check({ if: { const: 1 }, then: false }, 1), false, 'unless told otherwise, the seventh')
  t.equal(check(draft('draft/2019-09', { dependentRequired: { a: ['b'] } }), { a: 1 }), false)
  t.equal(check(draft('draft/2020-12', { prefixItems: [{ type: 'string' }] }), [1]), false)
  t.equal(check(draft('draft/2020-12', { $defs: { s: { type: 'string' } }, $ref: '#/$defs/s' }), 1), false)
  t.equal(
    check({ $id: 'http://h/a', definitions: { s: { $id: 'b', type: 'string' } }, items: { $ref: 'b' } }, [1]),
    false,
  )
  t.equal(check({ type: 'string', format: 'date-time' }, 'yesterday'), false)
  t.equal(check({ type: 'string', format: 'made-up' }, 'yesterday'), true)
  t.equal(check({ multipleOf: 0.01 }, 0.07), true)
  t.equal(check({ pattern: '^[\\w\\-]+$' }, 'a-b'), true)
  t.equal(jsonValidator('{"type":"string"}'), jsonValidator('{"type":"string"}'), 'kept')
  t.end()
})
