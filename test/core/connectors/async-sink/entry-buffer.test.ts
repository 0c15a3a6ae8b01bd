import fc from 'fast-check'
import t from 'tap'

import { EntryBuffer } from '../../../../core/connectors/async-sink/entry-buffer.ts'
import { selectEntries } from '../../../../core/connectors/async-sink/entry-runs.ts'
import { countEntries } from '../../../../core/aws/kinesis/put-records-codec.ts'
import type { EntryRun } from '../../../../core/aws/kinesis/put-records-codec.ts'
import type { Entry } from '../../fakes/fake-sink-stream.ts'
import { entriesOf, runOf } from '../../fakes/fake-sink-stream.ts'

const entry = fc.tuple(fc.string({ minLength: 1, maxLength: 4 }), fc.string({ maxLength: 8 }))
const sizeOf = ([key, data]: Entry): number => Buffer.byteLength(key) + Buffer.byteLength(data)
const sum = (entries: readonly Entry[]): number => entries.reduce((n, e) => n + sizeOf(e), 0)

t.test('it does what a plain array would do', async t => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('push' as const), entries: fc.array(entry, { maxLength: 6 }) }),
    fc.record({
      do: fc.constant('take' as const),
      count: fc.integer({ min: 1, max: 8 }),
      bytes: fc.integer({ min: 1, max: 60 }),
    }),
    fc.record({ do: fc.constant('giveBack' as const), pick: fc.array(fc.nat({ max: 7 }), { maxLength: 8 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), steps => {
      const buffer = new EntryBuffer()
      let model: Entry[] = []
      let taken: readonly EntryRun[] = []
      for (const s of steps) {
        if (s.do === 'push') {
          buffer.push(runOf(s.entries))
          model.push(...s.entries)
        } else if (s.do === 'take') {
          const batch = buffer.take(s.count, s.bytes)
          taken = batch?.runs ?? []
          let n = 0
          let bytes = 0
          while (n < Math.min(s.count, model.length) && (n === 0 || bytes + sizeOf(model[n]!) <= s.bytes))
            bytes += sizeOf(model[n++]!)
          const expected = model.splice(0, n)
          if (JSON.stringify(entriesOf(taken)) !== JSON.stringify(expected)) throw new Error('took something else')
          if (countEntries(taken) !== n || (batch?.count ?? 0) !== n || (batch?.bytes ?? 0) !== bytes)
            throw new Error('counted otherwise')
        } else {
          const before = entriesOf(taken)
          const indices = [...new Set(s.pick)].filter(i => i < before.length).sort((a, b) => a - b)
          const back = selectEntries(taken, indices)
          buffer.pushFront(back)
          model = [...indices.map(i => before[i]!), ...model]
          taken = []
        }
        if (buffer.count !== model.length) throw new Error(`${buffer.count} entries, not ${model.length}`)
        if (buffer.bytes !== sum(model)) throw new Error(`${buffer.bytes} bytes, not ${sum(model)}`)
        if (JSON.stringify(entriesOf(buffer.runs())) !== JSON.stringify(model)) throw new Error('holds something else')
      }
    }),
    { numRuns: 300 },
  )
  t.pass('held')
})

t.test('an entry that is larger than a request is taken all the same, alone', async t => {
  const buffer = new EntryBuffer()
  buffer.push(
    runOf([
      ['k', 'x'.repeat(100)],
      ['k', 'y'],
    ]),
  )
  t.equal(buffer.take(10, 50)?.count, 1)
  t.equal(buffer.count, 1)
})

t.test('bytes are those of data and key, in UTF-8', async t => {
  const buffer = new EntryBuffer()
  buffer.push(runOf([['ключ', 'zürich']]))
  t.equal(buffer.bytes, 8 + 7)
})

t.test('what was taken is not kept alive', async t => {
  const buffer = new EntryBuffer()
  const first = runOf([['a', '1']])
  const second = runOf([['b', '2']])
  const third = runOf([['c', '3']])
  for (const run of [first, second, third]) buffer.push(run)
  buffer.take(1, 100)
  t.same(buffer.runs(), [second, third])
  // Only what the buffer itself can reach counts; a run of nothing has taken the place of the first.
  buffer.take(2, 100)
  t.same(buffer.runs(), [])
})

t.test('neighbours that failed come back as one run', async t => {
  const run = runOf([
    ['a', '1'],
    ['b', '2'],
    ['c', '3'],
    ['d', '4'],
  ])
  const selected = selectEntries([run], [1, 2, 3])
  t.equal(selected.length, 1)
  t.same(entriesOf(selected), [
    ['b', '2'],
    ['c', '3'],
    ['d', '4'],
  ])
})
