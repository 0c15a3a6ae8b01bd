import t from 'tap'

import type { ManualEmulator } from '../harness.ts'
import { emulator, json, shardId } from '../harness.ts'

const HOUR_MS = 3_600_000

async function list(kinesis: ManualEmulator, input: object = { StreamName: 'flights' }): Promise<number[]> {
  const { Shards: shards } = await json(kinesis, 'ListShards', input)
  return shards.map((shard: { ShardId: string }) => Number(shard.ShardId.slice(-12)))
}

const filtered = (filter: object): object => ({ StreamName: 'flights', ShardFilter: filter })

/** Shard 0 splits into 1 and 2 after one hour, these merge into 3 after two; it is three hours now. */
async function history(
  t: Parameters<typeof emulator>[0],
): Promise<{ kinesis: ManualEmulator; at: (hours: number) => number }> {
  const kinesis = await emulator(t)
  const start = kinesis.clock.now()
  kinesis.clock.advance(HOUR_MS)
  kinesis.splitShard('flights', shardId(0))
  kinesis.clock.advance(HOUR_MS)
  kinesis.mergeShards('flights', shardId(1), shardId(2))
  kinesis.clock.advance(HOUR_MS)
  return { kinesis, at: hours => (start + hours * HOUR_MS) / 1000 }
}

t.test('each filter gives its shards', async t => {
  const { kinesis, at } = await history(t)
  t.same(await list(kinesis), [0, 1, 2, 3])
  t.same(await list(kinesis, filtered({ Type: 'FROM_TRIM_HORIZON' })), [0, 1, 2, 3])
  t.same(await list(kinesis, filtered({ Type: 'AT_TRIM_HORIZON' })), [0])
  t.same(await list(kinesis, filtered({ Type: 'AT_LATEST' })), [3])
  t.same(await list(kinesis, filtered({ Type: 'AFTER_SHARD_ID', ShardId: shardId(1) })), [2, 3])
  t.same(await list(kinesis, filtered({ Type: 'AT_TIMESTAMP', Timestamp: at(1.5) })), [1, 2])
  t.same(await list(kinesis, filtered({ Type: 'AT_TIMESTAMP', Timestamp: at(-5) })), [0])
  t.same(await list(kinesis, filtered({ Type: 'FROM_TIMESTAMP', Timestamp: at(1.5) })), [1, 2, 3])
  t.same(await list(kinesis, { StreamName: 'flights', ExclusiveStartShardId: shardId(0) }), [1, 2, 3])
})

t.test('filters that lack their argument, or look into the future, are refused', async t => {
  const { kinesis, at } = await history(t)
  for (const filter of [
    { Type: 'AFTER_SHARD_ID' },
    { Type: 'AT_TIMESTAMP' },
    { Type: 'FROM_TIMESTAMP', Timestamp: at(4) },
  ]) {
    await t.rejects(list(kinesis, filtered(filter)), { name: 'InvalidArgumentException' })
  }
  await t.rejects(list(kinesis, filtered({ Type: 'NEVER' })), { name: 'ValidationException' })
})

t.test('closed shards stay listed until they are older than retention', async t => {
  const { kinesis } = await history(t)
  kinesis.clock.advance(22 * HOUR_MS)
  t.same(await list(kinesis), [0, 1, 2, 3])
  kinesis.clock.advance(1)
  t.same(await list(kinesis), [1, 2, 3])
  t.same(await list(kinesis, filtered({ Type: 'AT_TRIM_HORIZON' })), [1, 2])
  kinesis.clock.advance(HOUR_MS)
  t.same(await list(kinesis), [3])
  const { Shards: shards } = await json(kinesis, 'ListShards', { StreamName: 'flights' })
  t.match(shards[0], { ParentShardId: shardId(1), AdjacentParentShardId: shardId(2) })
})

t.test('pages go on where the last one ended, with its filter, for 300 seconds', async t => {
  const kinesis = await emulator(t, { streams: { flights: 5 } })
  const filter = { Type: 'AFTER_SHARD_ID', ShardId: shardId(0) }
  const first = await json(kinesis, 'ListShards', { ...filtered(filter), MaxResults: 3 })
  t.same(first.Shards.length, 3)
  t.same(await list(kinesis, { NextToken: first.NextToken }), [4])
  await t.rejects(list(kinesis, { NextToken: first.NextToken, StreamName: 'flights' }), {
    name: 'InvalidArgumentException',
  })
  await t.rejects(list(kinesis, { NextToken: 'AAAA' }), { name: 'InvalidArgumentException' })
  kinesis.clock.advance(300_001)
  await t.rejects(list(kinesis, { NextToken: first.NextToken }), { name: 'ExpiredNextTokenException' })
})
