import t from 'tap'
import { shardIdOf } from '../../../../fakes/fake-stream.ts'
import { settle } from '../../../../fakes/manual-clock.ts'
import { enumerating } from '../../../../fakes/enumerators.ts'

t.test('a fresh start hands out every shard, at the initial position', async t => {
  const initialPosition = { type: 'AT_TIMESTAMP', timestampMs: 17 } as const
  const { context, enumerator } = enumerating(3, { initialPosition: () => initialPosition }, 3)
  await enumerator.start(null)
  t.same(
    context.assigned.map(a => [a.subtask, a.split.shardId, a.split.position]),
    [0, 1, 2].map(n => [n, shardIdOf(n), initialPosition]),
  )
  t.equal(context.ended, false)
  enumerator.close()
})

t.test('the split id holds the ARN of the stream', async t => {
  const { context, stream, enumerator } = enumerating()
  await enumerator.start(null)
  t.equal(context.assigned[0]?.split.splitId, `${stream.arn}/${shardIdOf(0)}`)
  enumerator.close()
})

t.test('a stream that does not exist is an error at the start', async t => {
  const { stream, enumerator } = enumerating()
  stream.deleted = true
  await t.rejects(enumerator.start(null), { code: 'STREAM_NOT_FOUND' })
  enumerator.close()
})

t.test('a closed enumerator hands out nothing, even if the answer to its first call comes late', async t => {
  const { context, enumerator, clock } = enumerating()
  const starting = enumerator.start(null)
  enumerator.close()
  await t.rejects(starting)
  await clock.pass(60_000, 10_000)
  t.equal(context.assigned.length, 0)
  t.same(clock.armed, [])
})

t.test('calls of the start that are throttled, or that fail at the service, are made again', async t => {
  for (const operation of ['describeStream', 'listShards'] as const)
    for (const code of ['THROTTLED', 'SERVICE_FAILED'] as const) {
      const { context, clock, stream, enumerator } = enumerating(2)
      stream.fail(operation, code, { times: 20 })
      const starting = enumerator.start(null)
      await clock.pass(60_000, 500)
      await starting
      t.same(context.shardIds, [shardIdOf(0), shardIdOf(1)])
      t.match(context.warnings[0], /failed: .* This has lasted for \d+ s; it is tried again/)
      enumerator.close()
    }
})

t.test('the start fails at once when a retry cannot help, and after a bound when it might', async t => {
  for (const [code, times] of [
    ['ACCESS_DENIED', 1],
    ['STREAM_NOT_FOUND', 1],
    ['ENDPOINT_UNREACHABLE', 1],
    ['RESPONSE_INVALID', 5],
    ['THROTTLED', 7],
  ] as const) {
    const retry = { retryMinDelayMs: 100, retryMaxDelayMs: 1000, retryMaxAttempts: 7 }
    const { clock, stream, enumerator } = enumerating(1, { retry })
    stream.fail('listShards', code, { times: 20 })
    const failed = t.rejects(enumerator.start(null), { code })
    await clock.pass(10_000, 500)
    await failed
    t.equal(stream.callsOf('listShards').length, times, code)
    enumerator.close()
  }
})

t.test('closing ends a start that waits', async t => {
  const { stream, enumerator } = enumerating()
  stream.fail('listShards', 'THROTTLED', { times: 20 })
  const failed = t.rejects(enumerator.start(null), { message: /closed/ })
  await settle()
  enumerator.close()
  await failed
})

t.test('a first listing that lacks open shards is asked for again', async t => {
  const latest = { type: 'LATEST' } as const
  const { context, clock, stream, enumerator } = enumerating(3, { initialPosition: () => latest })
  stream.tampering.listShards.push(shards => shards.slice(0, 2))
  const starting = enumerator.start(null)
  await clock.pass(1000, 100)
  await starting
  t.same(
    context.assigned.map(a => [a.split.shardId, a.split.position]),
    [0, 1, 2].map(n => [shardIdOf(n), latest]),
  )
  t.same(context.warnings, [])
  enumerator.close()
})
