import t from 'tap'

import type { ShardDescription } from '../../../../../core/aws/kinesis/stream-proxy.ts'
import { fromDecimal, hashOfKey, ShardMap, toDecimal } from '../../../../../core/connectors/kinesis/sink/shard-map.ts'
import { shardsOf } from '../../../fakes/hash-ranges.ts'

t.test('a hash key is in the shard whose range holds it, both ends included', async t => {
  const shards = shardsOf(3)
  const map = new ShardMap(async () => shards)
  t.equal(map.shardOf(fromDecimal('0')), null, 'nothing is known before it was asked')
  await map.refresh()
  t.equal(map.version, 1)
  for (const { shardId, startingHashKey, endingHashKey } of shards)
    for (const key of [startingHashKey, endingHashKey, String(BigInt(startingHashKey) + 5n)])
      t.equal(map.shardOf(fromDecimal(key))?.shardId, shardId)
})

t.test("the hash of a key is its MD5, as the service's", async t => {
  t.equal(toDecimal(hashOfKey(Buffer.from('a'))), BigInt('0x0cc175b9c0f1b6a831c399e269772661').toString())
  t.equal(fromDecimal('255'), `${'0'.repeat(30)}ff`)
})

t.test('closed shards are known by their id only; a reshard is a new version', async t => {
  let shards: ShardDescription[] = shardsOf(2)
  let calls = 0
  const map = new ShardMap(async () => {
    calls++
    return shards
  })
  await Promise.all([map.refresh(), map.refresh()])
  t.equal(calls, 1, 'those who ask together ask once')
  await map.refresh()
  t.equal(map.version, 1, 'nothing has changed')
  const [left, right] = shards as [ShardDescription, ShardDescription]
  const merged = { ...left, shardId: 'merged', endingHashKey: right.endingHashKey }
  shards = [{ ...left, endingSequenceNumber: '9' }, { ...right, endingSequenceNumber: '9' }, merged]
  await map.refresh()
  t.equal(map.version, 2)
  t.equal(map.shardOf(fromDecimal('0'))?.shardId, 'merged')
  t.equal(map.byId(left.shardId)?.ending, fromDecimal(left.endingHashKey))
  t.equal(map.byId('other'), null)
})

t.test('what could not be asked is asked again', async t => {
  let fails = true
  const map = new ShardMap(async () => {
    if (fails) throw new Error('no')
    return shardsOf(1)
  })
  await t.rejects(map.refresh(), /no/)
  fails = false
  await map.refresh()
  t.equal(map.version, 1)
})
