import t from 'tap'

import type { Outcome } from '../../../../core/connectors/async-sink/batch-sender.ts'
import { settleBatch } from '../../../../core/connectors/async-sink/batch-settlement.ts'
import { countBytes } from '../../../../core/connectors/async-sink/entry-runs.ts'
import { SinkCounters } from '../../../../core/connectors/async-sink/sink-counters.ts'
import { entriesOf, runOf } from '../../fakes/fake-sink-stream.ts'
import { named } from '../../fakes/sink-writing.ts'

function settled(names: string, outcome: Partial<Outcome>, userRecords?: Uint32Array) {
  const acknowledged: number[] = []
  const run = {
    ...runOf([...names].map(named)),
    onAcknowledged: (n: number) => acknowledged.push(n),
    ...(userRecords === undefined ? {} : { userRecords }),
  }
  const counters = new SinkCounters()
  const batch = { runs: [run], count: names.length, bytes: countBytes([run]) }
  const none = { failed: [], replaced: new Map(), rejected: new Set<number>(), rejections: [] }
  const again = settleBatch(batch, { ...none, ...outcome }, counters)
  return { again: entriesOf(again).map(e => e[1]), acknowledged, counts: counters.counts() }
}

const failedAt = (index: number) => ({ index, errorCode: 'THROTTLED', errorMessage: '' })

t.test('all entries of a batch without refusals are acknowledged at once', async t => {
  const { again, acknowledged, counts } = settled('abc', {})
  t.same([again, acknowledged], [[], [3]])
  t.match(counts, { records: 3, bytes: 9, retries: 0, deadLetters: 0 })
})

t.test('refused and replaced entries are sent again in their order, the others are acknowledged', async t => {
  const replaced = new Map([[2, [runOf(['x', 'y'].map(named))]]])
  const { again, acknowledged, counts } = settled('abcd', { failed: [failedAt(1)], replaced })
  t.same(again, ['b', 'x', 'y'])
  t.same(acknowledged, [1, 1])
  t.match(counts, { records: 2, bytes: 6, retries: 2 })
})

t.test('a rejected entry is a dead letter and acknowledged', async t => {
  const { again, acknowledged, counts } = settled('ab', { rejected: new Set([0]) })
  t.same([again, acknowledged], [[], [1, 1]])
  t.match(counts, { records: 1, bytes: 3, deadLetters: 1 })
})

t.test('the records of an aggregate are counted one by one', async t => {
  const { counts } = settled('ab', { failed: [failedAt(0)] }, Uint32Array.of(5, 7))
  t.match(counts, { records: 7, retries: 5 })
})
