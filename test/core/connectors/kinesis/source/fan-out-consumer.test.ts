import t from 'tap'

import { FanOutConsumer } from '../../../../../core/connectors/kinesis/source/fan-out-consumer.ts'
import { Configuration } from '../../../../../core/foundation/config/configuration.ts'
import { FakeStream } from '../../../fakes/fake-stream.ts'
import { ManualClock } from '../../../fakes/manual-clock.ts'

const EFO = { 'source.reader.type': 'EFO', 'source.efo.consumer.name': 'me' }

function consumerOf(configuration: Record<string, string>) {
  const stream = new FakeStream(new ManualClock())
  const warnings: string[] = []
  const consumer = FanOutConsumer.of(stream.arn, new Configuration(configuration), stream.clock, m => warnings.push(m))
  const signal = new AbortController().signal
  return { stream, warnings, consumer, prepare: () => consumer!.prepare(stream.sourceProxy(), signal) }
}

t.test('a source that polls has no consumer', async t => {
  t.equal(consumerOf({}).consumer, null)
})

t.test('enhanced fan-out needs the name of a consumer', async t => {
  t.throws(() => consumerOf({ 'source.reader.type': 'EFO' }), { message: /needs source\.efo\.consumer\.name/ })
  t.throws(() => consumerOf({ ...EFO, 'source.efo.consumer.name': 'me & you' }), { message: /not 'me & you'/ })
})

t.test('the consumer is registered, and deregistered when the job has ended', async t => {
  const { stream, prepare, consumer, warnings } = consumerOf(EFO)
  t.equal(await prepare(), `${stream.arn}/consumer/me:1`)
  await consumer!.release(stream.sourceProxy())
  t.equal(stream.consumers.size, 0)
  t.same(warnings, [])
})

t.test('a consumer that cannot be deregistered is a warning', async t => {
  const { stream, prepare, consumer, warnings } = consumerOf(EFO)
  await prepare()
  stream.fail('deregisterStreamConsumer', 'ACCESS_DENIED')
  await consumer!.release(stream.sourceProxy())
  t.match(warnings, [/could not be deregistered .*--consumer-arn/])
})

t.test('a refusal is an error, or with the fallback a warning', async t => {
  const strict = consumerOf(EFO)
  strict.stream.fail('describeStreamConsumer', 'ACCESS_DENIED')
  await t.rejects(strict.prepare(), { code: 'ACCESS_DENIED' })
  const polls = consumerOf({ ...EFO, 'shardline.source.efo.fallback-to-polling': 'true' })
  polls.stream.fail('describeStreamConsumer', 'ACCESS_DENIED')
  t.equal(await polls.prepare(), null)
  t.match(polls.warnings, [/^Shards are polled, because enhanced fan-out was refused: /])
})

t.test('a stream that does not exist is an error with the fallback too', async t => {
  const { stream, prepare } = consumerOf({ ...EFO, 'shardline.source.efo.fallback-to-polling': 'true' })
  stream.fail('describeStreamConsumer', 'STREAM_NOT_FOUND')
  await t.rejects(prepare(), { code: 'STREAM_NOT_FOUND' })
})
