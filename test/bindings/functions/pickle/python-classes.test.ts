import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'
import t from 'tap'

import { packDate, packDateTime, packTime } from '../../../../bindings/functions/pickle/packed-datetime.ts'
import { builtObject, callResult } from '../../../../bindings/functions/pickle/python-classes.ts'
import { Decimal } from '../../../../schemas/contracts/decimal.ts'

const noon = LocalDateTime.of(2026, 1, 2, 12, 0)

t.test('a call of a class of the standard library makes a value', async t => {
  const zone = callResult('datetime.timezone', [callResult('datetime.timedelta', [0, 3600, 0])])
  const cases: readonly (readonly [string, readonly unknown[], unknown])[] = [
    ['decimal.Decimal', ['1.50'], new Decimal(150n, 2)],
    ['datetime.date', [packDate(LocalDate.of(2026, 1, 2))], LocalDate.of(2026, 1, 2)],
    ['datetime.time', [packTime(LocalTime.of(12, 0))], LocalTime.of(12, 0)],
    ['datetime.datetime', [packDateTime(noon)], noon],
    ['datetime.datetime', [packDateTime(noon), zone], Instant.parse('2026-01-02T11:00:00Z')],
    ['builtins.bytearray', [], Buffer.alloc(0)],
    ['builtins.bytearray', [Buffer.of(1)], Buffer.of(1)],
    ['collections.OrderedDict', [], {}],
    [
      'shardline.common.types._restore',
      [
        [1, 2],
        ['a', 'b'],
      ],
      { a: 1, b: 2 },
    ],
    ['shardline.common.types._restore', [[1, 2], null], [1, 2]],
    ['shardline.common.types.RowKind', [3], 3],
  ]
  for (const [path, args, expected] of cases) t.same(callResult(path, args), expected, path)
})

t.test('a built object is a UUID, an Instant, or its attributes', async t => {
  t.equal(builtObject('uuid.UUID', { int: 15 }), '00000000-0000-0000-0000-00000000000f')
  t.same(builtObject('shardline.common.time.Instant', { seconds: 1, nanos: 2 }), Instant.ofEpochSecond(1, 2))
  t.same(builtObject('app.Fare', { price: 1 }), { price: 1 })
  t.same(builtObject('app.Slots', [null, { price: 1 }]), { price: 1 })
  t.same(builtObject('app.Empty', null), {})
})

t.test('anything else is refused by name', async t => {
  const refused = (path: string, ...args: unknown[]) =>
    t.throws(() => callResult(path, args), { code: 'ILLEGAL_STATE' }, path)
  refused('builtins.complex', 1, 2)
  refused('datetime.time', packTime(LocalTime.of(1, 0)), {})
  refused('datetime.datetime', packDateTime(noon), {})
  refused('decimal.Decimal', 'NaN')
  t.throws(() => builtObject('app.Fare', new Map()), { message: /attributes have no names/ })
  t.throws(() => builtObject('shardline.common.time.Instant', { seconds: 1e15, nanos: 0 }), { code: 'ILLEGAL_STATE' })
})
