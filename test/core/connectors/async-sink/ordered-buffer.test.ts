import fc from 'fast-check'
import t from 'tap'

import { OrderedBuffer } from '../../../../core/connectors/async-sink/ordered-buffer.ts'
import { selectEntries } from '../../../../core/connectors/async-sink/entry-runs.ts'
import type { Batch } from '../../../../core/connectors/async-sink/sink-buffer.ts'
import type { Entry } from '../../fakes/fake-sink-stream.ts'
import { entriesOf, runOf } from '../../fakes/fake-sink-stream.ts'

const entries = (buffer: OrderedBuffer): string[] => entriesOf(buffer.runs()).map(e => e[1])
const taken = (batch: Batch | null): string[] => entriesOf(batch?.runs ?? []).map(e => e[1])
const run = (...names: string[]) => runOf(names.map((n): Entry => [n[0]!, n]))

t.test('a batch has at most one of a key, and none of a key that is on its way', async t => {
  const buffer = new OrderedBuffer()
  buffer.push(run('a1', 'a2', 'b1', 'a3', 'c1'))
  const first = buffer.take(10, 1000)
  t.same(taken(first), ['a1', 'b1', 'c1'])
  t.equal(buffer.take(10, 1000), null, 'a is on its way')
  buffer.push(run('d1', 'b2'))
  t.same(taken(buffer.take(10, 1000)), ['d1'])
  buffer.returned(first!)
  t.same(taken(buffer.take(10, 1000)), ['a2', 'b2'])
  t.equal(buffer.count, 1)
})

t.test('what was refused goes before its younger ones, and before other keys', async t => {
  const buffer = new OrderedBuffer()
  buffer.push(run('a1', 'b1', 'a2', 'b2', 'c1'))
  const batch = buffer.take(2, 1000)!
  t.same(taken(batch), ['a1', 'b1'])
  buffer.returned(batch)
  buffer.pushFront(selectEntries(batch.runs, [1]))
  t.same(entries(buffer).sort(), ['a2', 'b1', 'b2', 'c1'])
  t.same(taken(buffer.take(10, 1000)).sort(), ['a2', 'b1', 'c1'])
})

t.test('bytes bound a batch, but one goes always', async t => {
  const buffer = new OrderedBuffer()
  buffer.push(run('a1', 'b1', 'c1'))
  t.same(taken(buffer.take(10, 7)), ['a1', 'b1'])
  t.same(taken(buffer.take(10, 1)), ['c1'])
  t.same([buffer.count, buffer.bytes], [0, 0])
})

t.test('buffers that share what is on its way do not send one key twice at a time', async t => {
  const inFlight = new Set<string>()
  const one = new OrderedBuffer(undefined, inFlight)
  const two = new OrderedBuffer(undefined, inFlight)
  one.push(run('a1'))
  two.push(run('a2'))
  const batch = one.take(10, 1000)!
  t.equal(two.take(10, 1000), null)
  for (const buffer of [one, two]) buffer.returned(batch)
  t.same(taken(two.take(10, 1000)), ['a2'])
})

t.test('whatever is refused, and however batches return, each key stays in its order and nothing is lost', async t => {
  const step = fc.tuple(fc.constantFrom('push', 'take', 'return'), fc.nat(), fc.nat())
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), steps => {
      const buffer = new OrderedBuffer()
      const underWay: Batch[] = []
      const written: string[] = []
      const next = new Map<string, number>()
      let pushed = 0
      const back = (batch: Batch, mask: number): void => {
        const names = taken(batch)
        const failed = names.flatMap((_, i) => ((mask >> (i % 16)) % 2 === 1 ? [i] : []))
        written.push(...names.filter((_, i) => !failed.includes(i)))
        buffer.returned(batch)
        buffer.pushFront(selectEntries(batch.runs, failed))
      }
      for (const [what, a, b] of steps) {
        if (what === 'push') {
          const names = Array.from({ length: a % 5 }, (_, i) => {
            const key = 'abcd'[(b + i) % 4]!
            const n = next.get(key) ?? 0
            next.set(key, n + 1)
            pushed++
            return `${key}${n}`
          })
          buffer.push(run(...names))
        } else if (what === 'take') {
          const batch = buffer.take(1 + (a % 4), 1 + (b % 40))
          if (batch === null) continue
          if (batch.count !== taken(batch).length) throw new Error('counted otherwise')
          underWay.push(batch)
          const keys = underWay.flatMap(taken).map(n => n[0])
          if (new Set(keys).size !== keys.length) throw new Error(`twice on its way: ${keys.join()}`)
        } else if (underWay.length > 0) back(underWay.splice(a % underWay.length, 1)[0]!, b)
        const all = entries(buffer).length + underWay.flatMap(taken).length + written.length
        if (all !== pushed) throw new Error(`${all} of ${pushed}`)
        if (buffer.count !== entries(buffer).length) throw new Error('counts otherwise')
      }
      for (const batch of underWay) back(batch, 0)
      for (let batch = buffer.take(3, 1000); batch !== null; batch = buffer.take(3, 1000)) back(batch, 0)
      for (const key of 'abcd') {
        const own = written.filter(n => n.startsWith(key))
        if (own.join() !== Array.from({ length: next.get(key) ?? 0 }, (_, n) => `${key}${n}`).join())
          throw new Error(`out of order: ${own.join()}`)
      }
      if (buffer.count !== 0 || buffer.bytes !== 0) throw new Error('not empty')
    }),
    { numRuns: 300 },
  )
  t.pass('held')
})
