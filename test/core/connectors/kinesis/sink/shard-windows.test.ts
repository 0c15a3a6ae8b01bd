import t from 'tap'

import { EntryBuffer } from '../../../../../core/connectors/async-sink/entry-buffer.ts'
import { selectEntries } from '../../../../../core/connectors/async-sink/entry-runs.ts'
import { OrderedBuffer } from '../../../../../core/connectors/async-sink/ordered-buffer.ts'
import { hashOfKey, ShardMap } from '../../../../../core/connectors/kinesis/sink/shard-map.ts'
import { ShardWindows, THROTTLED } from '../../../../../core/connectors/kinesis/sink/shard-windows.ts'
import type { Batch, SinkBuffer } from '../../../../../core/connectors/async-sink/sink-buffer.ts'
import { entriesOf, runOf } from '../../../fakes/fake-sink-stream.ts'
import type { Entry } from '../../../fakes/fake-sink-stream.ts'
import { shardIdOf } from '../../../fakes/fake-stream.ts'
import { shardsOf } from '../../../fakes/hash-ranges.ts'
import { settle } from '../../../fakes/manual-clock.ts'

const SHARDS = 4

/** Keys of a shard, as many as are asked for. */
async function keysOf(shard: number, count: number): Promise<string[]> {
  const map = new ShardMap(async () => shardsOf(SHARDS))
  await map.refresh()
  const keys: string[] = []
  for (let i = 0; keys.length < count; i++)
    if (map.shardOf(hashOfKey(Buffer.from(`k${i}`)))!.shardId === shardIdOf(shard)) keys.push(`k${i}`)
  return keys
}

function windowsOf(makeBuffer: () => SinkBuffer = () => new EntryBuffer()) {
  const state = { now: 1_000_000, listed: shardsOf(SHARDS), asked: 0 }
  const map = new ShardMap(async () => {
    state.asked++
    return state.listed
  })
  const windows = new ShardWindows({ map, makeBuffer, now: () => state.now, random: () => 1 })
  return { state, map, windows }
}

const names = (batch: Batch | null): string[] => entriesOf(batch?.runs ?? []).map(e => e[1])
const throttled = (index: number) => ({ index, errorCode: THROTTLED, errorMessage: 'Rate exceeded for shard' })

/** Returns a batch with these entries refused, which go back to the front. */
function refuse(windows: ShardWindows, batch: Batch, ...indices: number[]): boolean {
  const explained = windows.returned(batch, indices.map(throttled))
  windows.pushFront(selectEntries(batch.runs, indices))
  return explained
}

t.test('until the shards are known a throttled one is a matter of all; then of its own', async t => {
  const { windows, state } = windowsOf()
  windows.push(runOf([['k', 'a']]))
  t.equal(refuse(windows, windows.take(10, 1000)!, 0), false)
  await settle()
  t.equal(state.asked, 1)
  t.equal(refuse(windows, windows.take(10, 1000)!, 0), true)
  t.equal(windows.windows.size, 1)
})

t.test('what is throttled backs off alone, and the others go on', async t => {
  const { windows, map, state } = windowsOf()
  await map.refresh()
  const hot = await keysOf(1, 6)
  const cold = await keysOf(2, 6)
  const entries: Entry[] = hot.flatMap((key, i) => [
    [key, `h${i}`],
    [cold[i]!, `c${i}`],
  ])
  windows.push(runOf(entries))
  t.equal(refuse(windows, windows.take(4, 1000)!, 0, 2), true)
  t.same([...windows.windows], [[shardIdOf(1), 1]])
  t.same(names(windows.take(10, 1000)), ['c2', 'c3', 'c4', 'c5'], 'the hot ones that wait are set apart')
  windows.push(
    runOf([
      [hot[0]!, 'h6'],
      [cold[0]!, 'c6'],
    ]),
  )
  t.equal(windows.pressing, 1)
  t.same(names(windows.take(10, 1000)), ['c6'])
  t.equal(windows.count, 7)
  t.equal(windows.resumesAt, state.now + 50)
  state.now += 50
  t.equal(windows.resumesAt, null)
  const next = windows.take(10, 1000)!
  t.same(names(next), ['h0'], 'as many as the window says, the refused ones first')
  t.equal(windows.take(10, 1000), null)
  windows.returned(next, [])
  t.same([...windows.windows.values()], [11])
  t.same(names(windows.take(10, 1000)), ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'])
})

t.test('a request that failed as a whole says nothing of a shard: its window stays', async t => {
  const { windows, map, state } = windowsOf()
  await map.refresh()
  const [key] = await keysOf(1, 1)
  windows.push(runOf(Array.from({ length: 20 }, (_, i): Entry => [key!, `h${i}`])))
  refuse(windows, windows.take(10, 1000)!, 0, 1, 2, 3)
  const width = [...windows.windows.values()]
  state.now += 10_000
  const batch = windows.take(10, 1000)!
  windows.returned(batch, null)
  windows.pushFront(batch.runs)
  t.same([...windows.windows.values()], width)
  t.equal(windows.take(10, 1000)!.count, batch.count, 'and what was on its way is not')
})

t.test('a window is halved with each refusal, waits longer each time, and never closes', async t => {
  const { windows, map, state } = windowsOf()
  await map.refresh()
  const [key] = (await keysOf(0, 1)) as [string]
  windows.push(runOf(Array.from({ length: 300 }, (_, i): Entry => [key, `${i}`])))
  let batch = windows.take(300, 100_000)!
  const widths: number[] = []
  const waits: number[] = []
  for (let i = 0; i < 10; i++) {
    refuse(windows, batch, ...Array.from({ length: batch.count }, (_, n) => n))
    widths.push([...windows.windows.values()][0]!)
    waits.push(windows.resumesAt! - state.now)
    state.now = windows.resumesAt!
    batch = windows.take(300, 100_000)!
    t.equal(batch.count, widths.at(-1))
  }
  t.same(widths, [150, 75, 37, 18, 9, 4, 2, 1, 1, 1])
  t.same(waits, [50, 100, 200, 400, 500, 500, 500, 500, 500, 500])
})

t.test('a shard that has been quiet for a while is one like the others', async t => {
  const { windows, map, state } = windowsOf()
  await map.refresh()
  windows.push(runOf([['k', 'a']]))
  refuse(windows, windows.take(1, 1000)!, 0)
  state.now += 9000
  windows.returned(windows.take(1, 1000)!, [])
  windows.take(1, 1000)
  t.equal(windows.windows.size, 1)
  state.now += 2000
  windows.take(1, 1000)
  t.equal(windows.windows.size, 0)
})

t.test('a batch keeps to its bytes over all that it is made of', async t => {
  const { windows, map, state } = windowsOf()
  await map.refresh()
  const [hot] = (await keysOf(1, 1)) as [string]
  const [cold] = (await keysOf(2, 1)) as [string]
  windows.push(runOf([[hot, 'xxxx']]))
  refuse(windows, windows.take(1, 1000)!, 0)
  windows.push(
    runOf([
      [cold, 'y'.repeat(40)],
      [cold, 'z'],
    ]),
  )
  state.now += 1000
  t.same(names(windows.take(10, 20)), ['xxxx'], 'the large one does not go with it')
  t.equal(windows.take(10, 20)?.count, 1, 'but alone it does')
  t.same(names(windows.take(10, 20)), ['z'])
  t.same([windows.count, windows.bytes], [0, 0])
})

t.test('after a reshard what waits is sorted by the new shards, and nothing is lost', async t => {
  const { windows, map, state } = windowsOf()
  await map.refresh()
  const [hot] = (await keysOf(1, 1)) as [string]
  windows.push(runOf(['a', 'b', 'c'].map((n): Entry => [hot, n])))
  refuse(windows, windows.take(3, 1000)!, 0, 1, 2)
  await settle()
  state.listed = shardsOf(SHARDS).map((s, i) => (i === 1 ? { ...s, shardId: 'child' } : s))
  state.now += 40_000
  refuse(windows, windows.take(1, 1000)!, 0)
  await settle()
  t.equal(map.version, 2)
  t.same(
    entriesOf(windows.runs()).map(e => e[1]),
    ['a', 'b', 'c'],
  )
  t.same([...windows.windows.keys()], [])
  t.same(names(windows.take(10, 1000)), ['a', 'b', 'c'])
})

t.test('with one of a key at a time, a hot shard keeps its order', async t => {
  const inFlight = new Set<string>()
  const { windows, map, state } = windowsOf(() => new OrderedBuffer(undefined, inFlight))
  await map.refresh()
  const [hot] = (await keysOf(1, 1)) as [string]
  const [cold] = (await keysOf(2, 1)) as [string]
  windows.push(
    runOf([
      [hot, 'h1'],
      [cold, 'c1'],
      [hot, 'h2'],
    ]),
  )
  refuse(windows, windows.take(10, 1000)!, 0)
  t.same(names(windows.take(10, 1000)), [])
  windows.push(runOf([[hot, 'h3']]))
  state.now += 100
  const order: string[] = []
  for (let batch = windows.take(10, 1000); batch !== null; batch = windows.take(10, 1000)) {
    order.push(...names(batch))
    windows.returned(batch, [])
  }
  t.same(order, ['h1', 'h2', 'h3'])
})

t.test('other errors than throttling are not explained', async t => {
  const { windows, map } = windowsOf()
  await map.refresh()
  windows.push(runOf([['k', 'a']]))
  const failed = [{ index: 0, errorCode: 'InternalFailure', errorMessage: '' }]
  t.equal(windows.returned(windows.take(1, 100)!, failed), false)
  t.equal(windows.windows.size, 0)
})
