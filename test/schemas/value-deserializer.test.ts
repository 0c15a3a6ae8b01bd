import t from 'tap'

import { ServiceError } from '../../core/foundation/errors.ts'
import { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { deserializerOf } from '../../schemas/deserialization.ts'
import { typeInformationDecoder } from '../../schemas/flink/type-serializer.ts'
import { NO_SCHEMA_SERVICES } from '../../schemas/glue/schema-services.ts'
import { recordMalformed } from '../../schemas/contracts/value-codec.ts'
import type { ValueDecoder } from '../../schemas/contracts/value-codec.ts'
import { CustomDeserializer, ValueDeserializer } from '../../schemas/value-deserializer.ts'
import { sourceBatch } from '../core/fakes/batches.ts'

const custom = (schema: Partial<ConstructorParameters<typeof CustomDeserializer>[0]>): CustomDeserializer =>
  new CustomDeserializer({ deserialize: () => undefined, ...schema })

t.test('records are waited for one by one, and each is blamed for itself', async t => {
  const known = new Set(['a'])
  const decoder: ValueDecoder = {
    type: null,
    prepare: record => {
      const text = record.toString()
      if (known.has(text)) return null
      if (text === 'none') return Promise.reject(new ServiceError('SCHEMA_NOT_FOUND', 'no such version'))
      known.add(text)
      return Promise.resolve()
    },
    decode: record => {
      const text = record.toString()
      if (text === 'bad') throw recordMalformed('It is bad.')
      return text === 'out' ? undefined : text
    },
  }
  const source = sourceBatch('a', 'none', 'b', 'bad', 'out', 'c', 'none')
  const { batch, poisoned } = await new ValueDeserializer(decoder).read(source)
  t.same(batch.values(), ['a', 'b', 'c'])
  t.same(
    [0, 1, 2].map(i => batch.positions!.at(i)),
    [0, 2, 5].map(i => source.positions!.at(i)),
  )
  t.match(poisoned, [
    { i: 1, error: { code: 'SCHEMA_NOT_FOUND' } },
    { i: 3, error: { code: 'RECORD_MALFORMED' } },
    { i: 6, error: { code: 'SCHEMA_NOT_FOUND' } },
  ])
})

t.test('what is waited for is given up when the schema is closed', async t => {
  const decoder = { type: null, prepare: () => new Promise<void>(() => undefined), decode: () => 1 }
  const deserializer = new ValueDeserializer(decoder)
  const reading = deserializer.read(sourceBatch('a'))
  deserializer.close()
  await t.rejects(Promise.resolve(reading), { message: /closed during a read/ })
  await t.rejects(Promise.resolve(deserializer.read(sourceBatch('b'))), { message: /closed during a read/ })
})

t.test(
  'a schema of the program that gives its values later fails the job, whatever becomes of unreadable records',
  async t => {
    let late: (() => void) | null = null
    const asynchronous = custom({
      deserialize: async (_record, _stream, _shard, out) => {
        await Promise.resolve()
        out.collect(1)
      },
    })
    t.throws(() => asynchronous.read(sourceBatch('a')), { code: 'GRAPH_INVALID', message: /is asynchronous/ })
    const failing = custom({
      deserialize: () => Promise.reject(new Error('lost')),
    })
    t.throws(() => failing.read(sourceBatch('a')), { code: 'GRAPH_INVALID' })
    const returning = custom({ deserialize: record => record.data.toString() })
    t.throws(() => returning.read(sourceBatch('a')), {
      code: 'GRAPH_INVALID',
      message: /returned a value. Pass values/,
    })
    const choosy = custom({
      deserialize: (record, _stream, _shard, out) => {
        if (record.data[0] === 0x61) out.collect(1)
        return false // as `condition && out.collect(1)` may
      },
    })
    t.same(choosy.read(sourceBatch('a', 'b')).batch.values(), [1])
    const keeping = custom({
      deserialize: (record, _stream, _shard, out) => {
        late ??= () => out.collect('late')
        out.collect(record.data.toString())
        if (record.data.toString() === 'b') throw new Error('after it collected')
      },
    })
    const { batch, poisoned } = keeping.read(sourceBatch('a', 'b', 'c'))
    t.same(batch.values(), ['a', 'c'])
    t.match(poisoned, [{ i: 1, error: { code: 'RECORD_MALFORMED', message: /after it collected/ } }])
    t.throws(() => late!(), { code: 'GRAPH_INVALID' })
    t.same(batch.values(), ['a', 'c'])
  },
)

t.test('a schema of the program is closed once, and what goes wrong then is told and no more', async t => {
  const told: string[] = []
  const onWarning = ({ message }: Error): void => void told.push(message)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  let closed = 0
  const throwing = custom({
    close: () => {
      closed++
      throw new Error('at once')
    },
  })
  const rejecting = custom({ close: () => Promise.reject(new Error('later')) })
  for (const schema of [throwing, rejecting, throwing]) schema.close()
  t.equal(closed, 1)
  while (told.length < 2) await new Promise(resolve => setTimeout(resolve, 1))
  t.match(told, [/of the program's schema failed: Error: at once/, /Error: later/])
})

t.test('a schema that is closed while it opens is closed when it is open', async t => {
  let opened = (): void => undefined
  let closed = false
  const schema = {
    deserialize: () => undefined,
    open: () => new Promise<void>(resolve => (opened = resolve)),
    close: () => void (closed = true),
  }
  const services = { ...NO_SCHEMA_SERVICES, loadFunction: () => Promise.resolve(() => schema) }
  const deserializer = deserializerOf({ type: 'custom', schema: { type: 'local', localId: 'x' } }, services)
  const opening = deserializer.open()
  await new Promise(resolve => setImmediate(resolve))
  deserializer.close()
  t.notOk(closed)
  opened()
  await opening
  await new Promise(resolve => setImmediate(resolve))
  t.ok(closed)
})

t.test('what makes the objects of a program makes one of each value', async t => {
  const services = { ...NO_SCHEMA_SERVICES, loadFunction: () => Promise.resolve(() => undefined) }
  const spec = {
    type: 'avro',
    schema: '"string"',
    values: 'generic',
    convert: { type: 'local', localId: 'x' },
  } as const
  const { batch, poisoned } = await deserializerOf(spec, services).read(sourceBatch('\x02a'))
  t.equal(batch.count, 0)
  t.match(poisoned, [{ error: { code: 'RECORD_MALFORMED', message: /it is undefined/ } }])
})

t.test('a record whose value is null is left out, as in Flink', async t => {
  const decoder = typeInformationDecoder({ type: 'STRING' })
  const { batch, poisoned } = await new ValueDeserializer(decoder).read(
    RecordBatch.pack('bytes', [Buffer.from('0261', 'hex'), Buffer.of(0), Buffer.from('0262', 'hex')]),
  )
  t.same([batch.values(), poisoned], [['a', 'b'], []])
})
