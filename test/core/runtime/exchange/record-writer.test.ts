import fc from 'fast-check'
import t from 'tap'

import { Channel } from '../../../../core/runtime/exchange/channel.ts'
import { RecordWriter } from '../../../../core/runtime/exchange/record-writer.ts'
import { keyGroupRange } from '../../../../core/operators/keyed-state/keyed-state.ts'
import { KeyColumn } from '../../../../core/foundation/record-batch/key-column.ts'
import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import { decodeKey, keyGroupOf, KeyWriter } from '../../../../schemas/contracts/key-codec.ts'
import type { SimplePartitioning } from '../../fakes/graphs.ts'
import { partitionerOf } from '../../../../core/runtime/exchange/partitioners.ts'
import { shareOf } from '../../../../core/runtime/exchange/round-robin-partitioner.ts'
import { settle } from '../../fakes/manual-clock.ts'

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/** `channels`: to all subtasks that the partitioner reaches. */
const writerTo = (
  channels: readonly Channel[],
  type: SimplePartitioning,
  subtask: number,
  maxParallelism: number,
): RecordWriter =>
  new RecordWriter(channels, partitionerOf({ type }, { subtask, maxParallelism, partition: null, random: Math.random }))

function taken(channel: Channel): unknown[][] {
  const batches: unknown[][] = []
  for (let e = channel.take(); e !== undefined; e = channel.take())
    batches.push(e.type === 'batch' ? [...e.batch.values()] : [e.type])
  return batches
}

t.test('forward keeps whole batches in one channel', async t => {
  const channel = new Channel(10)
  const writer = writerTo([channel], 'forward', 3, 128)
  await writer.write(RecordBatch.ofValues([1, 2]))
  await writer.broadcast({ type: 'end' })
  t.same(taken(channel), [[1, 2], ['end']])
})

t.test(
  'rebalance shares every batch: nothing is lost or doubled, each part keeps its order, no share is two larger than another',
  async t => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat({ max: 20 }),
        async (sizes, n, subtask) => {
          const channels = numbers(n).map(() => new Channel(100))
          const writer = writerTo(channels, 'rebalance', subtask, 128)
          for (const size of sizes) {
            await writer.write(RecordBatch.ofValues(numbers(size)))
            const parts = channels.map(c => taken(c).flat() as number[])
            if ([...parts.flat()].sort((a, b) => a - b).join() !== numbers(size).join())
              throw new Error('lost or doubled')
            if (parts.some(p => p.join() !== [...p].sort((a, b) => a - b).join())) throw new Error('out of order')
            const lengths = parts.map(p => p.length)
            if (Math.max(...lengths) - Math.min(...lengths) > 1) throw new Error(`shares of ${lengths.join()}`)
          }
        },
      ),
    )
    t.pass('held')
  },
)

t.test('single records go to another channel each time', async t => {
  const channels = numbers(3).map(() => new Channel(100))
  const writer = writerTo(channels, 'rebalance', 1, 128)
  for (const n of numbers(6)) await writer.write(RecordBatch.ofValues([n]))
  t.same(
    channels.map(c => taken(c).flat()),
    [
      [2, 5],
      [0, 3],
      [1, 4],
    ],
  )
})

t.test('barriers and the end go to all channels', async t => {
  const channels = numbers(3).map(() => new Channel(100))
  const writer = writerTo(channels, 'rebalance', 0, 128)
  await writer.broadcast({ type: 'barrier', checkpointId: 1 })
  await writer.broadcast({ type: 'end' })
  t.same(
    channels.map(c => taken(c).flat()),
    numbers(3).map(() => ['barrier', 'end']),
  )
})

t.test('a full channel holds the writer up', async t => {
  const channel = new Channel(1)
  const writer = writerTo([channel], 'forward', 0, 128)
  await writer.write(RecordBatch.ofValues([1]))
  let done = false
  void Promise.resolve(writer.write(RecordBatch.ofValues([2]))).then(() => (done = true))
  await settle()
  t.equal(done, false)
  channel.take()
  await settle()
  t.equal(done, true)
})

t.test('by key: each record goes to the subtask that owns its key group, in its order, with the group', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ maxLength: 3 }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(5, 128, 32768),
      async (keys, n, maxParallelism) => {
        const channels = numbers(n).map(() => new Channel(100))
        const writer = writerTo(channels, 'hash', 0, maxParallelism)
        await writer.write(keyedBy(keys))
        const seen: number[] = []
        channels.forEach((channel, subtask) => {
          const e = channel.take()
          if (e?.type !== 'batch') return
          const [from, to] = keyGroupRange(subtask, n, maxParallelism)
          let last = -1
          for (let i = 0; i < e.batch.count; i++) {
            const value = e.batch.value(i) as number
            const { bytes, offset, length, group } = e.batch.keys!
            if (group![i] !== keyGroupOf(bytes, offset[i]!, length[i]!, maxParallelism))
              throw new Error('another group')
            if (group![i]! < from || group![i]! > to) throw new Error('another subtask')
            if (decodeKey(bytes.subarray(offset[i], offset[i]! + length[i]!)) !== keys[value])
              throw new Error('another key')
            if (value <= last) throw new Error('out of order')
            seen.push((last = value))
          }
        })
        if (seen.sort((a, b) => a - b).join() !== numbers(keys.length).join()) throw new Error('lost or doubled')
      },
    ),
  )
  t.pass('held')
})

t.test('records without keys cannot go by key', async t => {
  const writer = writerTo([new Channel(1)], 'hash', 0, 128)
  t.throws(() => void writer.write(RecordBatch.ofValues([1])), { code: 'GRAPH_INVALID' })
})

function keyedBy(keys: readonly string[]): RecordBatch {
  const writer = new KeyWriter()
  const [offset, length] = [new Uint32Array(keys.length), new Uint32Array(keys.length)]
  keys.forEach((key, i) => {
    offset[i] = writer.position
    writer.write(key)
    length[i] = writer.position - offset[i]
  })
  return RecordBatch.ofValues(numbers(keys.length)).withKeys(new KeyColumn(writer.finish(), offset, length))
}

t.test('rescale reaches a share of the subtasks, and all shares together reach each of them once', async t => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), (parallelism, targetParallelism) => {
      const reached = numbers(parallelism).map(subtask => shareOf({ subtask, parallelism, targetParallelism }))
      const all = reached.flat()
      if (new Set(all).size !== targetParallelism) throw new Error(`reached ${all.join()}`)
      if (targetParallelism >= parallelism && all.length !== targetParallelism) throw new Error('reached twice')
      if (all.some((target, i) => i > 0 && target < all[i - 1]!)) throw new Error('out of order')
    }),
  )
  // As Flink connects 3 subtasks to 2, and 2 to 3.
  t.same(
    numbers(3).map(subtask => shareOf({ subtask, parallelism: 3, targetParallelism: 2 })),
    [[0], [1], [1]],
  )
  t.same(
    numbers(2).map(subtask => shareOf({ subtask, parallelism: 2, targetParallelism: 3 })),
    [[0, 1], [2]],
  )
})
