import t from 'tap'

import { StreamInspection } from '../../../../../../core/connectors/kinesis/source/enumerator/stream-inspection.ts'
import type { StreamInspectionOptions } from '../../../../../../core/connectors/kinesis/source/enumerator/stream-inspection.ts'
import { FakeStream } from '../../../../fakes/fake-stream.ts'
import { ManualClock, settle } from '../../../../fakes/manual-clock.ts'
import { enumeratorOptions } from '../../../../fakes/splits.ts'

function inspecting(overrides: Partial<StreamInspectionOptions> = {}) {
  const clock = new ManualClock()
  const stream = new FakeStream(clock, { shards: 2 })
  const warnings: string[] = []
  const closing = new AbortController()
  const inspection = new StreamInspection(enumeratorOptions(stream, overrides), {
    proxy: stream.sourceProxy(),
    clock,
    signal: closing.signal,
    warn: message => warnings.push(message),
  })
  return { clock, stream, warnings, closing, inspection }
}

t.test('a stream is described and its shards are listed', async t => {
  const { stream, inspection } = inspecting()
  t.match(await inspection.inspect(null), {
    summary: { streamArn: stream.arn },
    shards: stream.shardIds.map(shardId => ({ shardId })),
    consumerArn: null,
  })
  t.equal(stream.calls.length, 2)
})

t.test('the consumer is prepared when the stream is there', async t => {
  const { inspection } = inspecting({ prepareConsumer: async () => 'arn:consumer' })
  t.equal((await inspection.inspect(null)).consumerArn, 'arn:consumer')
})

t.test('without the permission to describe the stream, the ARN is enough', async t => {
  const byArn = inspecting({ streamArn: 'arn:stream' })
  byArn.stream.fail('describeStream', 'ACCESS_DENIED')
  t.match(await byArn.inspection.inspect(null), { summary: { streamArn: 'arn:stream', retentionMs: null } })
  t.match(byArn.warnings, [/permission kinesis:DescribeStreamSummary .* is missing/])
  const byName = inspecting()
  byName.stream.fail('describeStream', 'ACCESS_DENIED')
  await t.rejects(byName.inspection.inspect(null), { code: 'ACCESS_DENIED', message: /ARN instead of its name/ })
})

t.test('a listing with a hole is made again, a few times', async t => {
  const { clock, stream, warnings, inspection } = inspecting()
  for (let i = 0; i < 3; i++) stream.tampering.listShards.push(shards => shards.slice(1))
  const inspected = inspection.inspect(null)
  await clock.pass(2000, 500)
  t.equal((await inspected).shards.length, 1)
  t.match(warnings, [/lists no open shard for the hash key 0, in 3 answers/])
})

t.test('closing ends the retries', async t => {
  const { stream, closing, inspection } = inspecting()
  stream.fail('describeStream', 'THROTTLED', { times: 100 })
  const inspected = inspection.inspect(null)
  await settle()
  closing.abort(new Error('closed'))
  await t.rejects(inspected, { message: 'closed' })
})
