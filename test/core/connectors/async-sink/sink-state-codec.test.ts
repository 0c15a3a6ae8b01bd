import fc from 'fast-check'
import t from 'tap'

import { hashKeyOf } from '../../../../core/aws/kinesis/put-records-codec.ts'
import { readSinkState, writeSinkState } from '../../../../core/connectors/async-sink/sink-state-codec.ts'
import type { Entry } from '../../fakes/fake-sink-stream.ts'
import { entriesOf, runOf } from '../../fakes/fake-sink-stream.ts'

const THREE = [
  runOf([
    ['k1', 'ab'],
    ['ключ', ''],
  ]),
  {
    ...runOf([['𝕂', 'zürich']]),
    hashKeys: { slab: Buffer.from('..340'), offset: Uint32Array.of(2), length: Uint32Array.of(3) },
  },
]

t.test('version 2 is these bytes', async t => {
  const state = writeSinkState(THREE)
  t.match(state, { type: 'kinesis-sink-buffer', version: 2, json: { entries: 3 } })
  t.equal(
    state.bytes?.toString('hex'),
    [
      '02000000' + '0200' + '00' + '6b31' + '6162',
      '00000000' + '0800' + '00' + 'd0bad0bbd18ed187',
      '07000000' + '0400' + '03' + 'f09d9582' + '333430' + '7ac3bc72696368',
    ].join(''),
  )
})

t.test('explicit hash keys survive, and an entry without one stays so', async t => {
  const read = readSinkState(writeSinkState(THREE))
  t.same(
    [0, 1, 2].map(i => hashKeyOf(read, i)),
    [null, null, '340'],
  )
  t.same(entriesOf([read]), entriesOf(THREE))
  t.equal(readSinkState(writeSinkState([THREE[0]!])).hashKeys, null)
})

t.test('version 1, which has no explicit hash keys, is read', async t => {
  const bytes = Buffer.from('02000000' + '0200' + '6b31' + '6162' + '00000000' + '0800' + 'd0bad0bbd18ed187', 'hex')
  const read = readSinkState({ type: 'kinesis-sink-buffer', version: 1, json: { entries: 2 }, bytes })
  t.same(entriesOf([read]), [
    ['k1', 'ab'],
    ['ключ', ''],
  ])
  t.equal(hashKeyOf(read, 0), null)
})

t.test('entries of any script survive, in their order', async t => {
  const entry = fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }))
  fc.assert(
    fc.property(fc.array(entry), (entries: Entry[]) => {
      const read = entriesOf([readSinkState(writeSinkState([runOf(entries)]))])
      return JSON.stringify(read) === JSON.stringify(entries)
    }),
  )
  t.pass('held')
})

t.test('an empty buffer has no bytes', async t => {
  const state = writeSinkState([])
  t.equal(state.bytes, null)
  t.same(entriesOf([readSinkState(state)]), [])
})

t.test('only what is still in a run is written', async t => {
  const run = runOf([
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
  ])
  t.same(entriesOf([readSinkState(writeSinkState([{ ...run, from: 1, to: 2 }]))]), [['b', '2']])
})

t.test('bytes that do not hold what they should are an error, wherever they are cut', async t => {
  const state = writeSinkState([
    runOf([
      ['key', 'data'],
      ['k', ''],
    ]),
  ])
  for (let end = 0; end < state.bytes!.length; end++)
    t.throws(() => readSinkState({ ...state, bytes: state.bytes!.subarray(0, end) }), { code: 'CHECKPOINT_UNREADABLE' })
  t.throws(() => readSinkState({ ...state, json: { entries: 1 } }), { code: 'CHECKPOINT_UNREADABLE' })
  t.throws(() => readSinkState({ ...state, json: { entries: 3 } }), { code: 'CHECKPOINT_UNREADABLE' })
  t.throws(() => readSinkState({ ...state, version: 3 }), { code: 'CHECKPOINT_UNREADABLE', message: /version 2/ })
  t.throws(() => readSinkState({ ...state, type: 'x' }), { code: 'CHECKPOINT_UNREADABLE' })
})
