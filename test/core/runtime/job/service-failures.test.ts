/** What the service takes away while a job runs: it fails, or starts anew, with the cause; no shard is ever finished by that. */
import t from 'tap'

import type { KinesisEmulator } from '../../../../emulator/index.ts'
import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../../fakes/graphs.ts'
import { emulator, eventually, jobOf, numbered, pointedAt, StatefulSink } from '../../fakes/jobs.ts'

const sorted = (texts: readonly string[]): string[] => [...texts].sort()

const reading = (kinesis: KinesisEmulator, configuration: Record<string, string> = {}) =>
  graphOf(
    [
      sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
      sinkT(2, [1], { sink: kinesisSinkSpec() }),
    ],
    {
      parallelism: 2,
      configuration: pointedAt(kinesis, {
        'execution.checkpointing.interval': '20 ms',
        'restart-strategy.type': 'fixed-delay',
        'restart-strategy.fixed-delay.attempts': '3',
        'restart-strategy.fixed-delay.delay': '10 ms',
        ...configuration,
      }),
    },
  )

const FAN_OUT = { 'source.reader.type': 'EFO', 'source.efo.consumer.name': 'me' }
const QUICK = { emptyEventIntervalMs: 20, resubscribeDelayMs: 0 }

t.test('a stream that is deleted ends the job, whichever way it is read', async t => {
  for (const how of [{}, FAN_OUT]) {
    const kinesis = await emulator(t, QUICK)
    kinesis.put('flights', numbered(10))
    const sink = new StatefulSink()
    const configuration = { ...how, 'execution.checkpointing.dir': t.testdir() }
    const { job } = jobOf(t, reading(kinesis, configuration), { kinesisSink: () => sink })
    await job.start()
    await eventually(() => sink.values.length === 10)
    kinesis.deleteStream('flights')
    await t.rejects(job.result(), { code: 'STREAM_NOT_FOUND', message: /flights/ })
    t.equal(job.status.state, 'FAILED')
  }
})

t.test('a consumer that somebody deregisters is registered anew, and nothing is lost or read twice', async t => {
  const kinesis = await emulator(t, QUICK)
  const configuration = { ...FAN_OUT, 'execution.checkpointing.dir': t.testdir() }
  const sink = new StatefulSink()
  const { job, warnings } = jobOf(t, reading(kinesis, configuration), { kinesisSink: () => sink })
  kinesis.put('flights', numbered(200))
  await job.start()
  await eventually(() => sink.values.length === 200 && job.metrics().checkpoints.completed > 0)
  const [consumer] = kinesis.subscriptions()
  t.equal(consumer?.consumer, 'me')
  const { Consumers } = (await kinesis.call('ListStreamConsumers', { StreamARN: kinesis.streamArn('flights') })) as {
    Consumers: { ConsumerARN: string }[]
  }
  await kinesis.call('DeregisterStreamConsumer', { ConsumerARN: Consumers[0]!.ConsumerARN })
  kinesis.put('flights', numbered(100, 'r', 100, 200))
  await eventually(() => sink.values.length >= 300 && job.status.state === 'RUNNING')
  t.same(sorted(sink.values), sorted(numbered(300).map(r => r.data)))
  t.ok(job.status.attempt >= 1)
  t.match(warnings.join('\n'), /consumer me/)
})

t.test('permission that is lost ends the job, with what was not allowed', async t => {
  for (const [how, operation] of [
    [{}, 'GetRecords'],
    [FAN_OUT, 'SubscribeToShard'],
  ] as const) {
    const kinesis = await emulator(t, { ...QUICK, subscriptionMs: 100 })
    const configuration = { ...how, 'execution.checkpointing.dir': t.testdir() }
    const { job } = jobOf(t, reading(kinesis, configuration), { kinesisSink: () => new StatefulSink() })
    await job.start()
    const denied = { kind: 'error', name: 'AccessDeniedException', status: 400, message: 'not any more' } as const
    kinesis.faults.inject({ operation, times: Infinity, fault: denied })
    await t.rejects(job.result(), { code: 'ACCESS_DENIED', message: new RegExp(`${operation} on stream flights`) })
  }
})

t.test(
  'enhanced fan-out that is refused is replaced by polling where that is wanted, from the same position',
  async t => {
    const kinesis = await emulator(t, { ...QUICK, subscriptionMs: 100 })
    const configuration = {
      ...FAN_OUT,
      'shardline.source.efo.fallback-to-polling': 'true',
      'execution.checkpointing.dir': t.testdir(),
    }
    const sink = new StatefulSink()
    const { job, warnings } = jobOf(t, reading(kinesis, configuration), { kinesisSink: () => sink })
    kinesis.put('flights', numbered(100))
    await job.start()
    await eventually(() => sink.values.length === 100)
    const denied = { kind: 'error', name: 'AccessDeniedException', status: 400 } as const
    kinesis.faults.inject({ operation: 'SubscribeToShard', times: Infinity, fault: denied })
    await eventually(() => warnings.length >= 2)
    kinesis.put('flights', numbered(100, 'r', 100, 100))
    await eventually(() => sink.values.length >= 200)
    t.same(sorted(sink.values), sorted(numbered(200).map(r => r.data)))
    t.equal(job.status.attempt, 0)
    t.match(warnings[0], /is polled from here on.*AccessDenied/)
  },
)
