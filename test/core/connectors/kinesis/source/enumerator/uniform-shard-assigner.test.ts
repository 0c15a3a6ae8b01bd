import fc from 'fast-check'
import t from 'tap'

import { uniformShardAssigner } from '../../../../../../core/connectors/kinesis/source/enumerator/uniform-shard-assigner.ts'
import { splitOf } from '../../../../fakes/splits.ts'

const BOUND = 1n << 128n

const assign = (start: bigint, end: bigint, parallelism: number): number =>
  uniformShardAssigner(splitOf({ startingHashKey: String(start), endingHashKey: String(end) }), {
    parallelism,
    assigned: [],
  })

t.test('any range goes to a subtask that exists', async t => {
  const key = fc.bigInt(0n, BOUND - 1n)
  fc.assert(
    fc.property(key, key, fc.integer({ min: 1, max: 32_768 }), (a, b, parallelism) => {
      const subtask = assign(a < b ? a : b, a < b ? b : a, parallelism)
      return Number.isInteger(subtask) && subtask >= 0 && subtask < parallelism
    }),
  )
  t.equal(assign(BOUND - 1n, BOUND - 1n, 7), 6)
  t.equal(assign(0n, 0n, 7), 0)
})

t.test('shards of equal width are shared so that no subtask has two more than another', async t => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 50 }), (shards, parallelism) => {
      const counts = new Array<number>(parallelism).fill(0)
      for (let i = 0; i < shards; i++) {
        const start = (BOUND * BigInt(i)) / BigInt(shards)
        const end = (BOUND * BigInt(i + 1)) / BigInt(shards) - 1n
        counts[assign(start, end, parallelism)]!++
      }
      return Math.max(...counts) - Math.min(...counts) <= 1
    }),
  )
  t.pass('even')
})

t.test('children stay in the part of their parent, so keys keep their subtask', async t => {
  t.equal(assign(0n, BOUND / 4n - 1n, 2), 0)
  t.equal(assign(BOUND / 4n, BOUND / 2n - 1n, 2), 0)
  t.equal(assign(BOUND / 2n, BOUND - 1n, 2), 1)
})
