import fc from 'fast-check'
import t from 'tap'

import { Channel } from '../../../core/job/channel.ts'
import { RecordWriter } from '../../../core/job/record-writer.ts'
import { RecordBatch } from '../../../core/record-batch/record-batch.ts'
import { settle } from '../fakes/manual-clock.ts'

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

function taken(channel: Channel): unknown[][] {
  const batches: unknown[][] = []
  for (let e = channel.take(); e !== undefined; e = channel.take())
    batches.push(e.type === 'batch' ? [...e.batch.values()] : [e.type])
  return batches
}

t.test('forward keeps whole batches in one channel', async t => {
  const channel = new Channel(10)
  const writer = new RecordWriter([channel], 'forward', 3)
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
          const writer = new RecordWriter(channels, 'rebalance', subtask)
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
  const writer = new RecordWriter(channels, 'rebalance', 1)
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
  const writer = new RecordWriter(channels, 'rebalance', 0)
  await writer.broadcast({ type: 'barrier', checkpointId: 1 })
  await writer.broadcast({ type: 'end' })
  t.same(
    channels.map(c => taken(c).flat()),
    numbers(3).map(() => ['barrier', 'end']),
  )
})

t.test('a full channel holds the writer up', async t => {
  const channel = new Channel(1)
  const writer = new RecordWriter([channel], 'forward', 0)
  await writer.write(RecordBatch.ofValues([1]))
  let done = false
  void Promise.resolve(writer.write(RecordBatch.ofValues([2]))).then(() => (done = true))
  await settle()
  t.equal(done, false)
  channel.take()
  await settle()
  t.equal(done, true)
})
