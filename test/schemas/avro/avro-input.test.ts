import t from 'tap'

import { avroDecoder, avroEncoder } from '../../../schemas/avro/avro-codec.ts'
import { MAX_EMPTY_ITEMS, MAX_NESTING } from '../../../schemas/avro/avro-input.ts'
import { avroType } from '../../../schemas/avro/avro-type.ts'
import { codec, logical, record } from './codecs.ts'

t.test('bytes that no value has are an error, and never a large allocation or a long wait', t => {
  const huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
  const nul = { type: 'array', items: 'null' }
  for (const [schema, bytes, message] of [
    ['string', [], /the record is truncated/],
    ['string', [6, 97], /a string has the length 3, but only 1 bytes remain/],
    ['string', [1], /a string has the length -1/],
    ['bytes', huge, /has the length 9223372036854775807/],
    ['string', [2, 97, 98], /1 of its 3 bytes follow the end of the value/],
    ['boolean', [2], /a boolean is 2/],
    ['boolean', [], /truncated/],
    ['int', [0xfe, 0xff, 0xff, 0xff, 0x1f], /4294967295 is not an int/],
    ['int', [0x80], /truncated/],
    ['long', [0x80, 0x80, 0x80, 0x80, 0x80], /truncated/],
    ['long', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], /longer than a long/],
    ['long', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], /longer than a long/],
    ['float', [0, 0, 0], /truncated/],
    ['double', [0], /truncated/],
    [{ type: 'fixed', name: 'F', size: 3 }, [1, 2], /truncated/],
    [{ type: 'fixed', name: 'F', size: 2 ** 31 }, [1, 2], /truncated/],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, [2], /index 1 of an enum is out of range: there is 1 entry/],
    [['null', 'int'], [4], /index 2 of a union is out of range: there are 2 entries/],
    [['null', 'int'], [1], /index -1 of a union/],
    [{ type: 'array', items: 'int' }, huge, /a block has 9223372036854775807 items/],
    [{ type: 'array', items: 'int' }, [2, 2], /truncated/],
    [{ type: 'array', items: 'int' }, [1, 2, 2, 4, 0], /a block has 2 items, but only 1 bytes remain/],
    [{ type: 'array', items: 'int' }, [1, 0xfe, 0x01], /a block has the length 127/],
    [{ type: 'map', values: 'null' }, huge, /a block has/],
    [nul, huge, /more than 100000 items/],
    [{ type: 'array', items: record('Empty', {}) }, huge, /more than 100000 items/],
    [logical('int', 'time-millis'), [1], /-1 is not a time of day/],
    [logical('int', 'date'), [0xfe, 0xff, 0xff, 0xff, 0x0f], /days are out of range of a date/],
    // 364522972 and -365961663, a day beyond the first and the last.
    [logical('int', 'date'), [0xb8, 0xb7, 0xd1, 0xdb, 0x02], /364522972 days are out of range of a date/],
    [logical('int', 'date'), [0xfd, 0x86, 0x81, 0xdd, 0x02], /-365961663 days are out of range of a date/],
    [logical('long', 'timestamp-millis'), huge, /out of range of a Date/],
    [logical('long', 'local-timestamp-millis'), huge, /out of range of a LocalDateTime/],
    [logical('string', 'uuid'), [2, 97], /'a' is not a UUID/],
    [record('Loop', { next: 'Loop' }), [], /more than 500 nested levels/],
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
  t.throws(() => codec(array).decode(3, 6, 2, 4, 0), { message: /the size of a block is wrong by 1 bytes|remain/ })
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
    message: /is not an int/,
  })
})

t.test('a type within itself is read as deep as those who carry the value can go', t => {
  const { decode } = codec(record('N', { next: ['null', 'N'] }))
  const nested = (times: number): number[] => [...Array<number>(times).fill(2), 0]
  t.ok(decode(...nested(MAX_NESTING)))
  t.throws(() => decode(...nested(MAX_NESTING + 1)), {
    code: 'RECORD_MALFORMED',
    message: /more than 500 nested levels/,
  })
  t.ok(decode(...nested(MAX_NESTING)), 'each record by itself')
  const list = codec(record('L', { items: { type: 'array', items: 'L' } }))
  t.ok(list.decode(200, 1, ...Array<number>(100).fill(0), 0), 'side by side is not within')
  t.end()
})
