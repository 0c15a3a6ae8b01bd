import t from 'tap'

import { avroDecoder, avroEncoder } from '../../../schemas/avro/avro-codec.ts'
import { MAX_EMPTY_ITEMS, MAX_NESTING } from '../../../schemas/avro/avro-input.ts'
import { avroType } from '../../../schemas/avro/avro-type.ts'
import { codec, logical, record } from './codecs.ts'

t.test('bytes that no value has are an error, and never a large allocation or a long wait', t => {
  const huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
  const nul = { type: 'array', items: 'null' }
  for (const [schema, bytes, message] of [
    ['string', [], /the record ends too soon/],
    ['string', [6, 97], /a string is said to have 3 bytes, and 1 are left/],
    ['string', [1], /a string is said to have -1 bytes/],
    ['bytes', huge, /is said to have 9223372036854775807 bytes/],
    ['string', [2, 97, 98], /1 of its 3 bytes are left behind its end/],
    ['boolean', [2], /a boolean is 2/],
    ['boolean', [], /too soon/],
    ['int', [0xfe, 0xff, 0xff, 0xff, 0x1f], /4294967295 is no int/],
    ['int', [0x80], /too soon/],
    ['long', [0x80, 0x80, 0x80, 0x80, 0x80], /too soon/],
    ['long', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], /longer than a long/],
    ['long', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], /longer than a long/],
    ['float', [0, 0, 0], /too soon/],
    ['double', [0], /too soon/],
    [{ type: 'fixed', name: 'F', size: 3 }, [1, 2], /too soon/],
    [{ type: 'fixed', name: 'F', size: 2 ** 31 }, [1, 2], /too soon/],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, [2], /an enum has 1 branch, and this is number 1/],
    [['null', 'int'], [4], /a union has 2 branches, and this is number 2/],
    [['null', 'int'], [1], /this is number -1/],
    [{ type: 'array', items: 'int' }, huge, /a block has 9223372036854775807 items/],
    [{ type: 'array', items: 'int' }, [2, 2], /too soon/],
    [{ type: 'array', items: 'int' }, [1, 2, 2, 4, 0], /a block has 2 items, and 1 bytes are left/],
    [{ type: 'array', items: 'int' }, [1, 0xfe, 0x01], /a block is said to have 127 bytes/],
    [{ type: 'map', values: 'null' }, huge, /a block has/],
    [nul, huge, /more than 100000 items/],
    [{ type: 'array', items: record('Empty', {}) }, huge, /more than 100000 items/],
    [logical('int', 'time-millis'), [1], /-1 is no time of a day/],
    [logical('int', 'date'), [0xfe, 0xff, 0xff, 0xff, 0x0f], /days are beyond what a date holds/],
    // 364522972 and -365961663, a day beyond the first and the last.
    [logical('int', 'date'), [0xb8, 0xb7, 0xd1, 0xdb, 0x02], /364522972 days are beyond what a date holds/],
    [logical('int', 'date'), [0xfd, 0x86, 0x81, 0xdd, 0x02], /-365961663 days are beyond what a date holds/],
    [logical('long', 'timestamp-millis'), huge, /beyond what a Date holds/],
    [logical('long', 'local-timestamp-millis'), huge, /beyond what a LocalDateTime holds/],
    [logical('string', 'uuid'), [2, 97], /'a' is no UUID/],
    [record('Loop', { next: 'Loop' }), [], /nested more than 500 times/],
  ] as const)
    t.throws(() => codec(schema).decode(...bytes), { code: 'RECORD_MALFORMED', message }, JSON.stringify(schema))
  const many = Buffer.concat([avroEncoder(avroType('"long"')).encode(MAX_EMPTY_ITEMS), Buffer.from([2, 0])])
  t.throws(() => codec(nul).decode(...many), { message: /more than 100000/ }, 'block by block, too')
  t.equal((codec(nul).decode(...many.subarray(0, -2), 0) as unknown[]).length, MAX_EMPTY_ITEMS)
  t.end()
})

t.test('blocks that tell their size are read, and skipped at once', t => {
  const array = { type: 'array', items: 'int' }
  t.strictSame(codec(array).decode(3, 4, 2, 4, 2, 6, 0), [1, 2, 3])
  const schema = record('R', { skipped: array, map: { type: 'map', values: 'int' }, last: 'int' })
  const bytes = [3, 4, 2, 4, 2, 6, 0, 1, 6, 2, 97, 2, 0, 10]
  t.strictSame(codec(schema).decode(...bytes), { skipped: [1, 2, 3], map: { a: 1 }, last: 5 })
  t.strictSame(codec(schema, record('R', { last: 'int' })).decode(...bytes), { last: 5 })
  t.throws(() => codec(array).decode(3, 6, 2, 4, 0), { message: /a block ends 1 bytes from where it says|left/ })
  t.end()
})

t.test('what was read does not change with the bytes that it was read from', t => {
  const bytes = Buffer.from([4, 1, 2])
  const decoded = avroDecoder({ reader: avroType('"bytes"'), writer: avroType('"bytes"') }).decode(bytes)
  bytes.fill(0)
  t.strictSame(decoded, Buffer.from([1, 2]))
  t.end()
})

t.test('an int that is more than any number can hold is an error of the record', async t => {
  const { decode } = codec('int')
  t.throws(() => decode(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), {
    code: 'RECORD_MALFORMED',
    message: /is no int/,
  })
})

t.test('a type within itself is read as deep as those who carry the value can go', t => {
  const { decode } = codec(record('N', { next: ['null', 'N'] }))
  const nested = (times: number): number[] => [...Array<number>(times).fill(2), 0]
  t.ok(decode(...nested(MAX_NESTING)))
  t.throws(() => decode(...nested(MAX_NESTING + 1)), {
    code: 'RECORD_MALFORMED',
    message: /nested more than 500 times/,
  })
  t.ok(decode(...nested(MAX_NESTING)), 'each record by itself')
  const list = codec(record('L', { items: { type: 'array', items: 'L' } }))
  t.ok(list.decode(200, 1, ...Array<number>(100).fill(0), 0), 'side by side is not within')
  t.end()
})
