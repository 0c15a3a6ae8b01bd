import t from 'tap'

import * as op from '../../../../bindings/functions/pickle/opcodes.ts'
import { runPickle } from '../../../../bindings/functions/pickle/pickle-operations.ts'

const text = (value: string): number[] => [op.SHORT_BINUNICODE, Buffer.byteLength(value), ...Buffer.from(value)]
const run = (...bytes: readonly number[]): unknown => runPickle(Buffer.from([op.PROTO, 4, ...bytes, op.STOP]))
const global = (module: string, name: string): number[] => [...text(module), ...text(name), op.STACK_GLOBAL]

t.test('each operation that pushes a value pushes its value', async t => {
  const cases: readonly (readonly [readonly number[], unknown])[] = [
    [[op.NONE], null],
    [[op.NEWTRUE], true],
    [[op.NEWFALSE], false],
    [[op.BININT1, 255], 255],
    [[op.BININT2, 0, 1], 256],
    [[op.BININT, 255, 255, 255, 255], -1],
    [[op.LONG1, 0], 0],
    [[op.LONG1, 2, 0, 128], -32_768],
    [[op.LONG1, 8, 255, 255, 255, 255, 255, 255, 255, 127], 2n ** 63n - 1n],
    [[op.LONG4, 1, 0, 0, 0, 255], -1],
    [[op.BINFLOAT, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
    [text('é'), 'é'],
    [[op.BINUNICODE, 1, 0, 0, 0, 97], 'a'],
    [[op.BINUNICODE8, 1, 0, 0, 0, 0, 0, 0, 0, 97], 'a'],
    [[op.SHORT_BINBYTES, 1, 7], Buffer.of(7)],
    [[op.BINBYTES, 1, 0, 0, 0, 7], Buffer.of(7)],
    [[op.BINBYTES8, 1, 0, 0, 0, 0, 0, 0, 0, 7], Buffer.of(7)],
    [[op.BYTEARRAY8, 1, 0, 0, 0, 0, 0, 0, 0, 7], Buffer.of(7)],
    [[op.EMPTY_TUPLE], []],
    [[op.EMPTY_LIST], []],
    [[op.EMPTY_SET], []],
    [[op.EMPTY_DICT], {}],
    [[op.FRAME, 0, 0, 0, 0, 0, 0, 0, 0, op.NONE], null],
    [[op.NONE, op.BININT1, 1, op.POP], null],
  ]
  for (const [bytes, expected] of cases) t.strictSame(run(...bytes), expected, `0x${bytes[0]!.toString(16)}`)
})

t.test('tuples, lists and sets become arrays', async t => {
  const [one, two, three] = [
    [op.BININT1, 1],
    [op.BININT1, 2],
    [op.BININT1, 3],
  ] as const
  t.same(run(...one, op.TUPLE1), [1])
  t.same(run(...one, ...two, op.TUPLE2), [1, 2])
  t.same(run(...one, ...two, ...three, op.TUPLE3), [1, 2, 3])
  t.same(run(op.MARK, ...one, op.MARK, ...two, op.TUPLE, op.TUPLE), [1, [2]])
  t.same(run(op.EMPTY_LIST, ...one, op.APPEND, op.MARK, ...two, ...three, op.APPENDS), [1, 2, 3])
  t.same(run(op.EMPTY_SET, op.MARK, ...one, ...two, op.ADDITEMS), [1, 2])
  t.same(run(op.MARK, ...one, op.FROZENSET), [1])
})

t.test('a dict is an object until it gets a key that is not a text', async t => {
  const a = [...text('a'), op.BININT1, 1]
  t.same(run(op.EMPTY_DICT, ...a, op.SETITEM), { a: 1 })
  t.same(run(op.EMPTY_DICT, op.MARK, ...a, ...text('b'), op.NONE, op.SETITEMS), { a: 1, b: null })
  t.same(
    run(op.EMPTY_DICT, ...a, op.SETITEM, op.BININT1, 5, op.NONE, op.SETITEM),
    new Map<unknown, unknown>([
      ['a', 1],
      [5, null],
    ]),
  )
})

t.test('the memo gives a value again, and what a value has become since', async t => {
  t.same(run(op.MARK, ...text('ab'), op.MEMOIZE, op.BINGET, 0, op.LONG_BINGET, 0, 0, 0, 0, op.TUPLE), [
    'ab',
    'ab',
    'ab',
  ])
  const [first, second] = run(
    ...[op.EMPTY_DICT, op.MEMOIZE, op.BININT1, 1, op.NONE, op.SETITEM, op.BINGET, 0, op.TUPLE2],
  ) as unknown[]
  t.ok(first instanceof Map)
  t.equal(second, first)
  const object = [...global('uuid', 'UUID'), op.EMPTY_TUPLE, op.NEWOBJ, op.MEMOIZE]
  const state = [op.EMPTY_DICT, ...text('int'), op.BININT1, 1, op.SETITEM, op.BUILD]
  const id = '00000000-0000-0000-0000-000000000001'
  t.same(run(...object, ...state, op.BINGET, 0, op.TUPLE2), [id, id])
})

t.test('classes are read by name, and are no values themselves', async t => {
  t.same(run(...global('builtins', 'bytearray'), op.EMPTY_TUPLE, op.REDUCE), Buffer.alloc(0))
  const unknown = { code: 'ILLEGAL_STATE', message: /which the engine does not know/ }
  for (const bytes of [
    global('builtins', 'len'),
    [...global('a', 'A'), op.EMPTY_TUPLE, op.NEWOBJ],
    [...global('a', 'A'), op.NONE, op.TUPLE1, op.NEWOBJ],
    [...global('a', 'A'), op.EMPTY_TUPLE, op.EMPTY_DICT, op.NEWOBJ_EX],
    [...global('a', 'A'), op.EMPTY_TUPLE, op.REDUCE],
    [op.NONE, op.EMPTY_DICT, op.BUILD],
    [...global('a', 'A'), op.MARK, op.NONE, op.APPENDS],
    [...global('a', 'A'), op.NONE, op.NONE, op.SETITEM],
  ])
    t.throws(() => run(...bytes), unknown)
})

t.test('an operation that is not known, and a pickle without an end, are refused', async t => {
  t.throws(() => run(0x63), { code: 'PROTOCOL_VIOLATED', message: /0x63/ })
  t.throws(() => runPickle(Buffer.of(op.PROTO, 4)), { code: 'PROTOCOL_VIOLATED', message: /too early/ })
  t.throws(() => runPickle(Buffer.alloc(0)), { code: 'PROTOCOL_VIOLATED', message: /too early/ })
})
