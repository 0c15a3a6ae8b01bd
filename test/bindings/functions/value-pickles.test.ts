/** Values that cross to Python and back, through Python's own pickler and the package's. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'
import fc from 'fast-check'
import t from 'tap'

import { pickleValues } from '../../../bindings/functions/value-pickler.ts'
import { unpickleValues } from '../../../bindings/functions/value-unpickler.ts'
import { Decimal } from '../../../schemas/contracts/decimal.ts'
import { BYTES } from '../../../core/foundation/type-spec.ts'
import type { TypeSpec } from '../../../core/foundation/type-spec.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

/** Runs Python with `stdin` as its standard input; gives its standard output. */
function python(program: string, stdin: Buffer): Buffer {
  const { status, stdout, stderr } = spawnSync(path.join(root, '.venv/bin/python'), ['-c', program], {
    input: stdin,
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(stderr.toString())
  return stdout
}

const SHOW = `
import json, sys
from shardline._functions import values
print(json.dumps([repr(value) for value in values.load(sys.stdin.buffer.read())]))
`
const ECHO = `
import sys
from shardline._functions import values
sys.stdout.buffer.write(values.dump(values.load(sys.stdin.buffer.read()), None))
`
const shown = (values: readonly unknown[], type: TypeSpec | null): string[] =>
  JSON.parse(python(SHOW, pickleValues(values, type)).toString()) as string[]
const echoed = (values: readonly unknown[], type: TypeSpec | null): unknown[] =>
  unpickleValues(python(ECHO, pickleValues(values, type))).values
/** What an expression of Python becomes here. */
const given = (expression: string, setup = ''): unknown =>
  unpickleValues(
    python(
      `import sys\nfrom shardline._functions import values\n${setup}\nsys.stdout.buffer.write(values.dump([${expression}], None))`,
      Buffer.alloc(0),
    ),
  ).values[0]

const INT = { type: 'INT' } as const
const STRING = { type: 'STRING' } as const

t.test('every type is its own in Python', async t => {
  const cases: readonly (readonly [TypeSpec | null, unknown, string])[] = [
    [STRING, 'zürich 𝕂\0', "'zürich 𝕂\\x00'"],
    [STRING, 'a'.repeat(300), `'${'a'.repeat(300)}'`],
    [{ type: 'BOOLEAN' }, true, 'True'],
    [INT, -1, '-1'],
    [INT, 300, '300'],
    [INT, 70_000, '70000'],
    [{ type: 'LONG' }, 2 ** 53 - 1, '9007199254740991'],
    [{ type: 'LONG' }, -(2n ** 63n), '-9223372036854775808'],
    [{ type: 'BIG_INT' }, 2n ** 100n, '1267650600228229401496703205376'],
    [{ type: 'DOUBLE' }, 1, '1.0'],
    [{ type: 'DOUBLE' }, -Infinity, '-inf'],
    [{ type: 'BIG_DEC' }, new Decimal(1250n, 2), "Decimal('12.50')"],
    [{ type: 'SQL_DATE' }, LocalDate.of(1969, 12, 31), 'datetime.date(1969, 12, 31)'],
    [{ type: 'LOCAL_TIME' }, LocalTime.of(23, 59, 58, 123_456_789), 'datetime.time(23, 59, 58, 123456)'],
    [
      { type: 'SQL_TIMESTAMP' },
      LocalDateTime.of(2026, 2, 28, 1, 2, 3, 4000),
      'datetime.datetime(2026, 2, 28, 1, 2, 3, 4)',
    ],
    [{ type: 'INSTANT' }, Instant.ofEpochSecond(-1, 5), 'Instant<-1, 5>'],
    [
      { type: 'TIMESTAMP_UTC' },
      new Date(-1),
      'datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=datetime.timezone.utc)',
    ],
    [
      { type: 'TIMESTAMP_UTC' },
      Instant.ofEpochSecond(0, 1000),
      'datetime.datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=datetime.timezone.utc)',
    ],
    [{ type: 'UUID' }, '5f1fa9c1-2c48-4b8c-9e6f-0f4b7c9c3b0a', "UUID('5f1fa9c1-2c48-4b8c-9e6f-0f4b7c9c3b0a')"],
    [BYTES, Buffer.of(0, 255), "b'\\x00\\xff'"],
    [BYTES, Buffer.alloc(300, 97), `b'${'a'.repeat(300)}'`],
    [{ type: 'ROW', names: ['a', 'b'], types: [INT, STRING] }, { b: null, a: 1 }, 'Row(a=1, b=None)'],
    [{ type: 'RECORD', names: ['a', 'b'], types: [{ type: 'DOUBLE' }, STRING] }, { a: 1 }, "{'a': 1.0, 'b': None}"],
    [{ type: 'TUPLE', types: [INT, { type: 'FLOAT' }] }, [1, 2], '(1, 2.0)'],
    [{ type: 'LIST', element: { type: 'DOUBLE' } }, [1, null], '[1.0, None]'],
    [{ type: 'MAP', key: STRING, value: { type: 'FLOAT' } }, { x: 1 }, "{'x': 1.0}"],
    [{ type: 'MAP', key: INT, value: STRING }, new Map([[1, 'x']]), "{1: 'x'}"],
    [
      { type: 'LIST', element: { type: 'ROW', names: ['r'], types: [{ type: 'LIST', element: INT }] } },
      [{ r: [1] }, null],
      '[Row(r=[1]), None]',
    ],
    [
      {
        type: 'RECORD',
        names: ['m'],
        types: [{ type: 'MAP', key: STRING, value: { type: 'ROW', names: ['r'], types: [INT] } }],
      },
      { m: { k: { r: 1 } } },
      "{'m': {'k': Row(r=1)}}",
    ],
    [{ type: 'UNION', types: [{ type: 'VOID' }, { type: 'DOUBLE' }] }, 1, '1.0'],
    [{ type: 'UNION', types: [STRING, { type: 'DOUBLE' }] }, 1, '1.0'],
    [{ type: 'UNION', types: [STRING, { type: 'LONG' }, { type: 'DOUBLE' }] }, 1, '1'],
    [
      { type: 'UNION', types: [STRING, { type: 'RECORD', names: ['d'], types: [{ type: 'DOUBLE' }] }] },
      { d: 1 },
      "{'d': 1.0}",
    ],
    [
      null,
      { a: [1, 1.5, 'x', null, true, { b: 2n ** 70n }] },
      "{'a': [1, 1.5, 'x', None, True, {'b': 1180591620717411303424}]}",
    ],
    [
      null,
      new Map<unknown, unknown>([[LocalDate.of(2026, 1, 2), new Date(0)]]),
      '{datetime.date(2026, 1, 2): datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)}',
    ],
    [INT, null, 'None'],
  ]
  for (const [type, value, expected] of cases) t.same(shown([value, value], type), [expected, expected])
})

t.test('more names than fit one byte', async t => {
  const names = Array.from({ length: 600 }, (_, i) => `field${i}`)
  const type: TypeSpec = { type: 'RECORD', names, types: names.map(() => INT) }
  const value = Object.fromEntries(names.map((name, i) => [name, i]))
  t.same(echoed([value, value], type), [value, value])
})

t.test('what Python gives is the same here, be it memorised or not', async t => {
  const D =
    'import datetime as d, zoneinfo, decimal, uuid, collections, enum, dataclasses\nfrom shardline.common import *\nfrom shardline.common.time import Instant\n'
  const cases: readonly (readonly [string, unknown])[] = [
    ["'zürich'", 'zürich'],
    ['2**53', 2n ** 53n],
    ['-2**53 + 1', -(2 ** 53) + 1],
    ['0', 0],
    ['-129', -129],
    ['2**5000', 2n ** 5000n],
    ["b'\\x00'", Buffer.of(0)],
    ["bytearray(b'ab')", Buffer.from('ab')],
    ['(1, (), (2,), (1, 2, 3, 4))', [1, [], [2], [1, 2, 3, 4]]],
    ['{1: {2: 3}}', new Map([[1, new Map([[2, 3]])]])],
    ["{'__proto__': 1}['__proto__']", 1],
    ['{1, 1}', [1]],
    ["decimal.Decimal('-0.10')", new Decimal(-10n, 2)],
    ['d.date(2024, 2, 29)', LocalDate.of(2024, 2, 29)],
    ['d.time(1, 2, 3, 4)', LocalTime.of(1, 2, 3, 4000)],
    ['d.datetime(2026, 1, 2, 3, 4, 5, 6)', LocalDateTime.of(2026, 1, 2, 3, 4, 5, 6000)],
    ['d.datetime(2026, 1, 2, fold=1)', LocalDateTime.of(2026, 1, 2, 0, 0)],
    ['d.datetime(1970, 1, 1, 1, tzinfo=d.timezone(d.timedelta(hours=1)))', Instant.ofEpochSecond(0)],
    ["d.datetime(1970, 7, 1, 2, tzinfo=zoneinfo.ZoneInfo('Europe/Paris'))", Instant.ofEpochSecond(181 * 86_400 + 3600)],
    ["uuid.UUID('00000000-0000-0001-8000-00000000000f')", '00000000-0000-0001-8000-00000000000f'],
    ['Instant(1, 2)', Instant.ofEpochSecond(1, 2)],
    ["Row(a=1, b=Row(c='x'))", { a: 1, b: { c: 'x' } }],
    ['Row(1, 2)', [1, 2]],
    ['collections.OrderedDict(a=1)', { a: 1 }],
    ["dataclasses.make_dataclass('C', ['x', 'y'])(1, [2])", { x: 1, y: [2] }],
    [
      '(lambda u: [u, u])(uuid.UUID(int=1))',
      ['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000001'],
    ],
  ]
  for (const [expression, expected] of cases) t.same(given(expression, D), expected, expression)
})

t.test('a value of a class of its own is what it is made of, or refused by name, and never half of it', async t => {
  const setup = `
import collections, datetime, enum, typing
from shardline.common import Row
class Point(typing.NamedTuple):
    x: int
    y: float
class Text(str):
    def __str__(self): return 'other'
class Whole(int): pass
class Number(float): pass
class Raw(bytes): pass
class Members(dict): pass
class Items(list): pass
class Kind(enum.Enum):
    FARE = 1
class Word(str, enum.Enum):
    BAG = 'b'
class Level(enum.IntEnum):
    LOW = 1
class Empty: pass
class Slots: __slots__ = ()
class Odd:
    def __new__(cls, *, a): return object.__new__(cls)
    def __getnewargs_ex__(self): return (), {'a': 1}
class Set(frozenset): pass
`
  for (const [expression, expected] of [
    [
      '[Point(1, 2.5), Point(3, 4)]',
      [
        [1, 2.5],
        [3, 4],
      ],
    ],
    ["{'a': Text('abc'), Text('b'): 1}", { a: 'abc', b: 1 }],
    ['[Whole(5), Number(1.5), Raw(b"x")]', [5, 1.5, Buffer.from('x')]],
    ['Members(a=[Members()])', { a: [{}] }],
    ['Items([1, Items()])', [1, []]],
    ['[collections.Counter("aab"), collections.defaultdict(int, z=1)]', [{ a: 2, b: 1 }, { z: 1 }]],
    [
      '(lambda d: (d.move_to_end("a"), list(d), d))(collections.OrderedDict(a=1, b=2))[1:]',
      [['b', 'a'], { b: 2, a: 1 }],
    ],
    ['[Kind.FARE, Word.BAG, Level.LOW, {Kind.FARE: 1}]', ['FARE', 'BAG', 'LOW', { FARE: 1 }]],
    ["Row(**{'__proto__': 1, 'b': 2})", JSON.parse('{"__proto__":1,"b":2}')],
  ] as const)
    t.strictSame(given(expression, setup), expected, expression)
  for (const expression of [
    'Empty()',
    '[Slots()]',
    'str',
    '{"a": len}',
    'datetime.timedelta(days=1)',
    'datetime.timezone.utc',
    '[datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc).tzinfo, 1]',
    'Odd(a=1)',
    'Set([1])',
    'collections.deque([1])',
  ])
    t.throws(
      () => given(expression, setup),
      { code: 'ILLEGAL_STATE', message: /which the engine does not know/ },
      expression,
    )
})

t.test('rows of a declared type have fields of any name', async t => {
  const type: TypeSpec = { type: 'ROW', names: ['__proto__', 'a'], types: [INT, INT] }
  const program = `
import sys
from shardline._functions import values
from shardline.common import Row, Types
row = Types.ROW_NAMED(['__proto__', 'a'], [Types.INT(), Types.INT()])
sys.stdout.buffer.write(values.dump([Row(**{'__proto__': 1, 'a': 2})], row))
`
  const { values } = unpickleValues(python(program, Buffer.alloc(0)))
  t.strictSame(values, [JSON.parse('{"__proto__":1,"a":2}')])
  t.same(shown(values, type), ['Row(__proto__=1, a=2)'])
})

t.test('half a pair of UTF-16 comes as it is, and nothing around it changes', async t => {
  t.equal(given("'a\\ud83d\ufffdé\\ude00' + chr(0xd7ff) + chr(0xe000) + '😀'"), 'a\ud83d\ufffdé\ude00\ud7ff\ue000😀')
  t.equal(given("'\\udfff\\ud800'"), '\udfff\ud800')
})

t.test('whole numbers of any length cross both ways', async t => {
  const numbers = [247, 248, 249, 255, 256, 5000].flatMap(bytes => {
    const limit = 2n ** BigInt(8 * bytes - 1)
    return [limit - 1n, limit, -limit, -limit - 1n]
  })
  t.strictSame(echoed(numbers, { type: 'BIG_INT' }), numbers)
})

t.test('many dicts whose keys are no strings take no longer than their number', async t => {
  const from = performance.now()
  t.equal((given('{i: {1: 2} for i in range(50000)}') as Map<unknown, unknown>).size, 50_000)
  t.ok(performance.now() - from < 5000, `${performance.now() - from} ms`)
})

t.test('a key that means something to JavaScript is a key', async t => {
  const value = given("{'__proto__': 1, 'constructor': 2}") as object
  t.same(Object.keys(value), ['__proto__', 'constructor'])
  t.equal(Object.getPrototypeOf(value), Object.prototype)
})

t.test('what the engine does not know is named', async t => {
  const refused = (expression: string, setup = '') => {
    try {
      return String(given(expression, setup))
    } catch (error) {
      return (error as Error).message
    }
  }
  t.match(
    refused('complex(1, 2)'),
    /gave a value of class builtins\.complex, which the engine does not know\. Give str/,
  )
  t.match(refused("Decimal('NaN')", 'from decimal import Decimal'), /Decimal\('NaN'\) is no number/)
  t.throws(() => pickleValues([Symbol('x')], null), { message: /A symbol cannot go to a Python function/ })
  t.throws(() => pickleValues([LocalDate.of(12_000, 1, 1)], null), { message: /years are 1 to 9999/ })
  t.throws(() => unpickleValues(Buffer.of(0x80, 4)), { code: 'PROTOCOL_VIOLATED', message: /too early/ })
  t.throws(() => unpickleValues(Buffer.of(0x80, 4, 0x63)), { code: 'PROTOCOL_VIOLATED', message: /0x63/ })
})

t.test('any value comes back as it went', async t => {
  const value = fc.letrec(tie => ({
    value: fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }),
      fc.bigInt({ min: -(2n ** 200n), max: -(2n ** 53n) }),
      fc.double({ noNaN: true, noInteger: true }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array().map(bytes => Buffer.from(bytes)),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(
        fc.string({ unit: 'grapheme' }).filter(k => k !== '__proto__'),
        tie('value'),
        { maxKeys: 5, noNullPrototype: true },
      ),
    ),
  })).value
  const values = fc.sample(value, 3000)
  t.same(echoed(values, null), values)
})
