import fc from 'fast-check'
import t from 'tap'

import type { KeyedState } from '../../../../core/operators/keyed-state/keyed-state.ts'
import {
  keyGroupRange,
  readKeyedState,
  subtaskOf,
  writeKeyedState,
} from '../../../../core/operators/keyed-state/keyed-state.ts'

const stateOf = (groups: Record<number, string>): KeyedState => ({
  encoding: 'pickle',
  states: { count: { kind: 'value', type: 'LONG' } },
  keyGroups: new Map(Object.entries(groups).map(([g, blob]) => [Number(g), Buffer.from(blob)])),
})

t.test('version 2, as it lies in a checkpoint', async t => {
  t.same(writeKeyedState(stateOf({ 7: 'seven', 3: 'abc' })), {
    type: 'keyed-state',
    version: 2,
    json: {
      encoding: 'pickle',
      states: { count: { kind: 'value', type: 'LONG' } },
      keyGroups: [
        [3, 3],
        [7, 5],
      ],
    },
    bytes: Buffer.from('abcseven'),
  })
})

t.test('version 1 has kinds and no types, and is restored as before', async t => {
  const states = { count: 'value', seen: 'map' }
  const stored = { type: 'keyed-state', version: 1, bytes: Buffer.from('abcseven') }
  const json = {
    encoding: 'pickle',
    states,
    keyGroups: [
      [3, 3],
      [7, 5],
    ],
  }
  t.same(readKeyedState([{ ...stored, json }], [0, 127], 'pickle', 'Op'), {
    encoding: 'pickle',
    states: { count: { kind: 'value', type: null }, seen: { kind: 'map', type: null } },
    keyGroups: new Map([
      [3, Buffer.from('abc')],
      [7, Buffer.from('seven')],
    ]),
  })
})

t.test('a type that only one subtask knows holds for all', async t => {
  const untyped = writeKeyedState({ ...stateOf({ 1: 'a' }), states: { count: { kind: 'value', type: null } } })
  for (const stored of [
    [untyped, writeKeyedState(stateOf({ 2: 'b' }))],
    [writeKeyedState(stateOf({ 2: 'b' })), untyped],
  ])
    t.same(readKeyedState(stored, [0, 127], 'pickle', 'Op')!.states, { count: { kind: 'value', type: 'LONG' } })
})

t.test('every key group belongs to one subtask, and comes back to whom it belongs at any parallelism', async t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      (maxParallelism, before, after) => {
        const [p, q] = [Math.min(before, maxParallelism), Math.min(after, maxParallelism)]
        const range = (subtask: number, of: number) => keyGroupRange(subtask, of, maxParallelism)
        const stored = Array.from({ length: p }, (_, subtask) => {
          const [from, to] = range(subtask, p)
          const groups: Record<number, string> = {}
          for (let g = from; g <= to; g++) {
            if (subtaskOf(g, p, maxParallelism) !== subtask) throw new Error(`${g} is not of ${subtask}`)
            groups[g] = `blob ${g}`
          }
          return writeKeyedState(stateOf(groups))
        })
        const got = new Map<number, string>()
        for (let subtask = 0; subtask < q; subtask++)
          for (const [g, blob] of readKeyedState(stored, range(subtask, q), 'pickle', 'op')!.keyGroups) {
            if (got.has(g)) throw new Error(`${g} twice`)
            got.set(g, blob.toString())
          }
        if (got.size !== maxParallelism) throw new Error(`${got.size} of ${maxParallelism}`)
        for (const [g, blob] of got) if (blob !== `blob ${g}`) throw new Error(`${blob} for ${g}`)
      },
    ),
  )
  t.pass('held')
})

t.test('state that cannot be this one says why', async t => {
  const good = writeKeyedState(stateOf({ 1: 'a' }))
  const read =
    (...stored: ReturnType<typeof writeKeyedState>[]) =>
    () =>
      readKeyedState(stored, [0, 127], 'pickle', 'Op')
  const code = 'CHECKPOINT_UNREADABLE'
  t.throws(read({ ...good, type: 'sink' }), {
    code,
    message: /state of 'Op' cannot be restored: it is 'sink' version 2/,
  })
  t.throws(read({ ...good, version: 3 }), {
    code,
    message: /version 3, and this engine reads 'keyed-state' up to version 2/,
  })
  t.throws(read({ ...good, bytes: Buffer.from('ab') }), { code, message: /do not agree/ })
  t.throws(() => readKeyedState([good], [0, 127], 'v8', 'Op'), { code, message: /another language/ })
  t.throws(read(good, writeKeyedState({ ...stateOf({}), states: { count: { kind: 'list', type: null } } })), {
    message: /value and list/,
  })
  t.equal(readKeyedState([], [0, 127], 'pickle', 'Op'), null)
})
