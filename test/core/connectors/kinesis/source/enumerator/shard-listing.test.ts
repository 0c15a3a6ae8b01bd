import fc from 'fast-check'
import t from 'tap'

import type { ShardDescription } from '../../../../../../core/aws/kinesis/stream-proxy.ts'
import { firstHole } from '../../../../../../core/connectors/kinesis/source/enumerator/shard-listing.ts'

const MAX = (1n << 128n) - 1n

const shard = (n: number, starting: bigint, ending: bigint, closed = false): ShardDescription => ({
  shardId: String(n),
  parentShardIds: [],
  startingHashKey: String(starting),
  endingHashKey: String(ending),
  startingSequenceNumber: '0',
  endingSequenceNumber: closed ? '9' : null,
})

t.test('open shards that share all hash keys among them leave no hole, in whichever order they come', async t => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.bigInt(1n, MAX), { maxLength: 8 }), fc.nat(), (cuts, seed) => {
      const starts = [0n, ...cuts].sort((a, b) => (a < b ? -1 : 1))
      const shards = starts.map((start, i) => shard(i, start, i + 1 < starts.length ? starts[i + 1]! - 1n : MAX))
      const turned = shards.map((_, i) => shards[(i + seed) % shards.length]!)
      const without = turned.slice(1)
      return firstHole(turned) === null && firstHole(without) === turned[0]!.startingHashKey
    }),
  )
  t.pass('held')
})

t.test('closed shards own no hash keys', async t => {
  t.equal(firstHole([shard(0, 0n, MAX, true)]), '0')
  t.equal(firstHole([shard(0, 0n, MAX, true), shard(1, 0n, MAX)]), null)
  t.equal(firstHole([shard(1, 0n, MAX - 1n)]), String(MAX))
  t.equal(firstHole([]), '0')
})

t.test('shards that overlap, as of two answers at different times, leave no hole', async t => {
  t.equal(firstHole([shard(0, 0n, MAX), shard(1, 0n, 5n), shard(2, 6n, MAX)]), null)
})
