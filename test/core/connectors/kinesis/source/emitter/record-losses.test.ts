import t from 'tap'

import { RecordLosses } from '../../../../../../core/connectors/kinesis/source/emitter/record-losses.ts'
import { NO_LOSSES } from '../../../../../../core/metrics/shard-metrics.ts'
import { shardIdOf } from '../../../../fakes/fake-stream.ts'
import { ManualClock } from '../../../../fakes/manual-clock.ts'

function counting() {
  const clock = new ManualClock()
  const warnings: string[] = []
  const losses = new RecordLosses(clock, message => warnings.push(message))
  const drop = (shard: number, count: number): void =>
    losses.add('droppedUserRecords', { stream: 'flights', shardId: shardIdOf(shard) }, count)
  return { clock, warnings, losses, drop }
}

t.test('the first loss of a shard is warned of at once, and what follows once a minute with the total', async t => {
  const { clock, warnings, losses, drop } = counting()
  drop(3, 20)
  t.match(warnings, [/^Stream flights, shard shardId-000000000003: 20 user records were dropped\. [^(]*$/])
  for (let i = 0; i < 50; i++) drop(3, 2)
  clock.advance(59_999)
  t.equal(warnings.length, 1)
  clock.advance(1)
  t.match(warnings[1], /: 100 user records were dropped.*\(120 since the job started\.\)$/)
  drop(3, 1)
  t.equal(warnings.length, 2, 'while losses go on, a line a minute')
  clock.advance(60_000)
  t.match(warnings[2], /: 1 user record was dropped/)
  clock.advance(120_000)
  drop(3, 7)
  t.match(warnings.slice(3), [/: 7 user records/], 'after a minute without any, at once again')
  t.same(losses.of('flights', shardIdOf(3)), { ...NO_LOSSES, droppedUserRecords: 128 })
  t.same(losses.of('flights', shardIdOf(4)), NO_LOSSES)
  t.same(clock.armed, [60_000])
})

t.test('many shards share ten lines a minute', async t => {
  const { clock, warnings, losses, drop } = counting()
  for (let shard = 0; shard < 40; shard++) drop(shard, 2)
  t.equal(warnings.length, 10)
  for (let shard = 0; shard < 12; shard++) drop(shard, 1)
  clock.advance(60_000)
  t.equal(warnings.length, 11)
  t.match(
    warnings[10],
    /^40 shards, among them shardId-000000000000, .*: 72 user records were dropped\..*shardline explain/,
  )
  drop(50, 1)
  t.match(warnings[11], /shardId-000000000050/, 'a shard without a line gets one')
  t.equal(losses.of('flights', shardIdOf(39)).droppedUserRecords, 2)
})

t.test('each kind has lines of its own, and shows an example', async t => {
  const { warnings, losses } = counting()
  const place = { stream: 's', shardId: 'x' }
  losses.add('skippedRecords', place, 1, () => 'The first: no.')
  losses.add('deadLetters', place, 2, () => 'The first: yes.')
  losses.add('expiredPositions', place, 1)
  losses.add('expiredPositions', place, 0)
  t.match(warnings, [
    /1 unreadable record was left out.* The first: no\.$/,
    /2 unreadable records were given .* The first: yes\.$/,
    /1 position had/,
  ])
  losses.forget('s', 'x')
  t.same(losses.of('s', 'x'), NO_LOSSES)
})

t.test('what no line has named is written at the end, and no timer stays', async t => {
  const { clock, warnings, losses, drop } = counting()
  drop(0, 1)
  drop(0, 5)
  losses.close()
  t.match(warnings, [/: 1 user/, /: 5 user records .*\(6 since/])
  t.same(clock.armed, [])
})
