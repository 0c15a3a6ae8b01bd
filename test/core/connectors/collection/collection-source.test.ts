import t from 'tap'

import { CollectionSource } from '../../../../core/connectors/collection/collection-source.ts'
import type { RestoredSource, SourceReader } from '../../../../core/operators/source.ts'
import { settle } from '../../fakes/manual-clock.ts'
import { pollBatch } from '../../fakes/splits.ts'

async function started(values: readonly unknown[], restored: RestoredSource | null = null): Promise<SourceReader> {
  const source = new CollectionSource(values, 'text')
  const reader = source.createReader()
  const enumerator = source.createEnumerator({
    parallelism: 1,
    addSplits: (_, splits) => reader.addSplits(splits),
    noMoreSplits: () => reader.noMoreSplits(),
    fail: error => t.fail(String(error)),
  })
  await enumerator.start(restored)
  return reader
}

function all(reader: SourceReader): unknown[] {
  const values: unknown[] = []
  for (let polled = pollBatch(reader); polled !== null; polled = pollBatch(reader))
    values.push(...polled.batch.values())
  return values
}

const numbered = (n: number): string[] => Array.from({ length: n }, (_, i) => `value ${i}`)

t.test('gives every value once, in order, in batches, and ends', async t => {
  const reader = await started(numbered(2500))
  t.equal(pollBatch(reader)?.batch.count, 1000)
  t.equal(reader.finished, false)
  t.same(all(reader), numbered(2500).slice(1000))
  t.equal(reader.finished, true)
})

t.test('nothing to give is an end at once', async t => {
  const reader = await started([])
  t.equal(pollBatch(reader), null)
  t.equal(reader.finished, true)
})

t.test('restored, it goes on after the last value that was emitted', async t => {
  const first = await started(numbered(2500))
  pollBatch(first)
  const state = first.snapshot(1)
  t.same(JSON.parse(JSON.stringify(state)), { type: 'collection', version: 1, json: { emitted: 1000 }, bytes: null })
  const second = await started(numbered(2500), { enumerator: null, readers: [state] })
  t.same(all(second), numbered(2500).slice(1000))
})

t.test('stopped, it gives no more, and remembers how far it was', async t => {
  const reader = await started(numbered(2500))
  pollBatch(reader)
  reader.stop()
  t.equal(pollBatch(reader), null)
  t.equal(reader.finished, true)
  t.match(reader.snapshot(1), { json: { emitted: 1000 } })
})

t.test('before it has its split it waits, and is not finished', async t => {
  const reader = new CollectionSource(['a'], 'text').createReader()
  t.equal(pollBatch(reader), null)
  t.equal(reader.finished, false)
  let awake = false
  void reader.available().then(() => (awake = true))
  await settle()
  t.equal(awake, false)
  reader.addSplits([{ emitted: 0 }])
  await settle()
  t.equal(awake, true)
})
