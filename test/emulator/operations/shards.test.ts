import {
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
  UpdateShardCountCommand,
} from '@aws-sdk/client-kinesis'
import fc from 'fast-check'
import t from 'tap'

import { VirtualClock } from '../../../emulator/index.ts'
import { settingsOf } from '../../../emulator/options.ts'
import { Account } from '../../../emulator/store/account.ts'
import { evenRanges } from '../../../emulator/store/hash-key.ts'
import { scaleUniformly } from '../../../emulator/store/reshard.ts'
import { client, emulator, json, shardId } from '../harness.ts'

t.test('a split closes the shard and opens two children above it', async t => {
  const kinesis = await emulator(t)
  const sdk = client(t, kinesis)
  const split = { StreamName: 'flights', ShardToSplit: shardId(0), NewStartingHashKey: String(2n ** 126n) }
  await sdk.send(new SplitShardCommand(split))
  const { Shards: [parent, low, high] = [] } = await sdk.send(new ListShardsCommand({ StreamName: 'flights' }))
  const ending = BigInt(parent?.SequenceNumberRange?.EndingSequenceNumber ?? 0)
  for (const child of [low, high]) {
    t.equal(child?.ParentShardId, shardId(0))
    t.equal(child?.SequenceNumberRange?.EndingSequenceNumber, undefined)
    t.ok(BigInt(child?.SequenceNumberRange?.StartingSequenceNumber ?? 0) > ending)
  }
  t.same(low?.HashKeyRange, { StartingHashKey: '0', EndingHashKey: String(2n ** 126n - 1n) })
  t.same(high?.HashKeyRange, { StartingHashKey: String(2n ** 126n), EndingHashKey: String(2n ** 128n - 1n) })
  await t.rejects(sdk.send(new SplitShardCommand(split)), { name: 'InvalidArgumentException', message: /closed/ })
})

t.test('a merge closes two neighbours, in either order, and opens one child', async t => {
  const kinesis = await emulator(t, { streams: { flights: 3 } })
  const sdk = client(t, kinesis)
  const merge = async (a: number, b: number): Promise<unknown> =>
    sdk.send(
      new MergeShardsCommand({ StreamName: 'flights', ShardToMerge: shardId(a), AdjacentShardToMerge: shardId(b) }),
    )
  await t.rejects(merge(0, 2), { name: 'InvalidArgumentException', message: /adjacent/ })
  await t.rejects(merge(0, 9), { name: 'ResourceNotFoundException' })
  await merge(1, 0)
  const { Shards: shards = [] } = await sdk.send(new ListShardsCommand({ StreamName: 'flights' }))
  t.match(shards[3], { ShardId: shardId(3), ParentShardId: shardId(1), AdjacentParentShardId: shardId(0) })
  t.same(shards[3]?.HashKeyRange, { StartingHashKey: '0', EndingHashKey: shards[1]?.HashKeyRange?.EndingHashKey })
})

t.test('a split needs room on both sides', async t => {
  const kinesis = await emulator(t)
  const split = async (key: bigint | string): Promise<unknown> =>
    json(kinesis, 'SplitShard', { StreamName: 'flights', ShardToSplit: shardId(0), NewStartingHashKey: String(key) })
  for (const key of [0n, 1n, 2n ** 128n - 1n, 2n ** 128n, 'x'])
    await t.rejects(split(key), { name: 'InvalidArgumentException' })
  kinesis.clock.advance(1000)
  await t.resolves(split(2n))
})

t.test('the shard count is scaled within half and double, ten times a day', async t => {
  const kinesis = await emulator(t, { streams: { flights: 4 } })
  const sdk = client(t, kinesis)
  const scale = async (count: number) =>
    sdk.send(
      new UpdateShardCountCommand({ StreamName: 'flights', TargetShardCount: count, ScalingType: 'UNIFORM_SCALING' }),
    )
  t.match(await scale(8), { StreamName: 'flights', CurrentShardCount: 4, TargetShardCount: 8 })
  await t.rejects(scale(17), { name: 'InvalidArgumentException' })
  await t.rejects(scale(3), { name: 'InvalidArgumentException' })
  for (let i = 0; i < 9; i++) {
    kinesis.clock.advance(1000)
    await scale(i % 2 === 0 ? 5 : 8)
  }
  await t.rejects(scale(4), { name: 'LimitExceededException' })
  kinesis.clock.advance(86_400_000)
  await t.resolves(scale(4))
})

t.test('scaling from any count to any other gives even ranges, each child above its parents', async t => {
  const count = fc.integer({ min: 1, max: 12 })
  fc.assert(
    fc.property(count, count, count, (from, to, then) => {
      const account = new Account(settingsOf({ clock: new VirtualClock() }))
      const stream = account.create('s', { shardCount: from })
      for (const target of [to, then]) {
        scaleUniformly(stream, target, account.clock.now())
        const ranges = stream.openShards().map(shard => shard.range)
        t.strictSame(
          ranges.toSorted((a, b) => (a.start < b.start ? -1 : 1)),
          evenRanges(target),
        )
      }
      for (const shard of stream.shards()) {
        for (const parentId of shard.parentIds) {
          t.ok(BigInt(shard.sequence.starting) > BigInt(stream.shard(parentId).sequence.ending))
        }
      }
    }),
    { numRuns: 50 },
  )
})

t.test('resharding beyond the account’s shard limit is refused', async t => {
  const kinesis = await emulator(t, { shardLimit: 1 })
  const split = { StreamName: 'flights', ShardToSplit: shardId(0), NewStartingHashKey: '100' }
  await t.rejects(json(kinesis, 'SplitShard', split), { name: 'LimitExceededException' })
  const scale = { StreamName: 'flights', TargetShardCount: 2, ScalingType: 'UNIFORM_SCALING' }
  await t.rejects(json(kinesis, 'UpdateShardCount', scale), { name: 'LimitExceededException' })
})
