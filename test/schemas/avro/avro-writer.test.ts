import { LocalDate } from '@js-joda/core'
import t from 'tap'

import { codec, logical, record } from './codecs.ts'

t.test('a value that is none of the type is an error with the way to it', t => {
  const { encode } = codec(
    record('Flight', {
      id: 'string',
      seats: ['null', 'int'],
      legs: { type: 'array', items: record('Leg', { miles: 'long', on: logical('int', 'date') }) },
      tags: { type: 'map', values: 'double' },
      kind: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] },
      hash: { type: 'fixed', name: 'Hash', size: 2 },
    }),
  )
  const good = {
    id: 'x',
    seats: 3,
    legs: [{ miles: 1, on: LocalDate.EPOCH_0 }],
    tags: { a: 1 },
    kind: 'A',
    hash: Buffer.alloc(2),
  }
  t.doesNotThrow(() => encode({ ...good, seats: undefined, more: 'is left out' }))
  const loop: Record<string, unknown> = { ...good }
  for (const [wrong, message] of [
    [null, /Flight in Avro: null is not an object with the fields of Flight/],
    [[], /an array of 0 is not an object/],
    [{}, /id is missing and has no default/],
    [{ ...good, id: 7 }, /id: 7 is not string/],
    [{ ...good, seats: 2 ** 31 }, /seats: 2147483648 is not a whole number of 32 bits/],
    [{ ...good, seats: 'a' }, /seats: 'a' is not union of null, int/],
    [{ ...good, legs: [good.legs[0], { miles: 1.5, on: LocalDate.EPOCH_0 }] }, /legs\[1\]\.miles: 1\.5 is not a whole/],
    [{ ...good, legs: [{ miles: 2n ** 63n, on: LocalDate.EPOCH_0 }] }, /legs\[0\]\.miles: 9223372036854775808 is/],
    [{ ...good, legs: [{ miles: 1, on: 5 }] }, /legs\[0\]\.on: 5 is not a LocalDate/],
    [{ ...good, legs: {} }, /legs: an object is not array/],
    [{ ...good, tags: { a: '1' } }, /tags\["a"\]: '1' is not double/],
    [{ ...good, tags: new Map([[1, 1]]) }, /tags\[1\]: a key must be a string/],
    [{ ...good, kind: 'C' }, /kind: 'C' is not a symbol of Kind: A, B/],
    [{ ...good, hash: Buffer.alloc(3) }, /hash: a Buffer of 3 bytes is not a Buffer of 2 bytes \(Hash\)/],
  ] as const)
    t.throws(() => encode(wrong), { code: 'VALUE_INVALID', message })
  const list = codec(record('Loop', { next: ['null', 'Loop'] }))
  loop['next'] = loop
  t.throws(() => list.encode(loop), { code: 'VALUE_INVALID', message: /nested too deeply or contains itself/ })
  t.equal(encode(good)[0], 2, 'the encoder goes on')
  t.end()
})

t.test('a union takes a value by the first branch that holds it, a number by one that holds it exactly', t => {
  const branch = (schema: unknown, v: unknown): number => codec(schema).encode(v)[0]! / 2
  const numbers = ['null', 'float', 'int', 'long', 'double']
  t.same(
    [null, 1.5, 0.1, 2 ** 40, 9007199254740993n].map(v => branch(numbers, v)),
    [0, 1, 4, 1, 3],
  )
  t.equal(branch(['int', 'float'], 0.1), 1, 'inexact, where there is no other')
  t.equal(branch([{ type: 'enum', name: 'E', symbols: ['A'] }, 'string'], 'B'), 1)
  t.equal(branch(['bytes', { type: 'fixed', name: 'F', size: 1 }], Buffer.alloc(1)), 0)
  const records = [record('A', { a: 'int' }), record('B', { a: 'int', b: 'int' }), { type: 'map', values: 'int' }]
  t.same(
    [{ a: 1 }, { a: 1, b: 2 }, { c: 1 }].map(v => branch(records, v)),
    [0, 1, 2],
  )
  t.equal(branch(['string', logical('long', 'timestamp-millis')], new Date()), 1)
  t.throws(() => branch(['string', 'int'], true), {
    code: 'VALUE_INVALID',
    message: /true is not union of string, int/,
  })
  t.end()
})

t.test('an object whose content is no members is no record, even of one that may be empty', t => {
  const optional = record('Optional', { a: ['null', 'string'], b: ['int', 'null'] })
  for (const value of [new Map([['a', 'x']]), new Set(['a']), new Date(0), Buffer.from('a'), new Float64Array(2)]) {
    t.throws(() => codec(optional).encode(value), {
      code: 'VALUE_INVALID',
      message: /is not an object with the fields/,
    })
    t.throws(() => codec(['null', 'int', optional]).encode(value), { code: 'VALUE_INVALID' })
  }
  const either = codec(['null', optional, { type: 'map', values: 'string' }])
  t.strictSame(either.again(new Map([['a', 'x']])), { a: 'x' }, 'a map takes it')
  t.ok(
    codec(optional)
      .encode({})
      .equals(Buffer.from([0, 2])),
    'an empty object has the fields left out',
  )
  t.end()
})
