import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'

import type { JobGraph } from '../../../../core/graph/job-graph.ts'
import type { KinesisEmulator } from '../../../../emulator/index.ts'
import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../../fakes/graphs.ts'
import { emulator, eventually, jobOf, numbered, pointedAt, StatefulSink } from '../../fakes/jobs.ts'

const sorted = (texts: readonly string[]): string[] => [...texts].sort()

function reading(kinesis: KinesisEmulator, configuration: Record<string, string> = {}, parallelism = 1): JobGraph {
  return graphOf(
    [
      sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
      sinkT(2, [1], { sink: kinesisSinkSpec() }),
    ],
    { parallelism, configuration: pointedAt(kinesis, configuration) },
  )
}

t.test(
  'a savepoint is taken while the job runs on, in the directory that was asked for, and starts another job',
  async t => {
    const kinesis = await emulator(t, { streams: { flights: 4 } })
    const first = numbered(500)
    kinesis.put('flights', first)
    const directory = t.testdir()
    const sink = new StatefulSink()
    // Checkpoints are off: a savepoint needs none.
    const { job } = jobOf(t, reading(kinesis), { kinesisSink: () => sink })
    await t.rejects(job.savepoint(), { code: 'ILLEGAL_STATE', message: /is CREATED/ })
    await job.start()
    await eventually(() => sink.values.length === 500)
    const saved = await job.savepoint(directory)
    t.equal(path.dirname(saved), directory)
    t.match(path.basename(saved), new RegExp(`^savepoint-${job.jobId.slice(0, 6)}-[0-9a-f]{12}$`))
    t.equal(job.status.state, 'RUNNING')
    await job.cancel('now')
    t.ok(existsSync(path.join(saved, '_metadata')))

    const later = numbered(300, 'r', 300, 500)
    kinesis.put('flights', later)
    const other = new StatefulSink()
    const restored = jobOf(t, reading(kinesis, { 'execution.state-recovery.path': saved }, 3), {
      kinesisSink: () => other,
    })
    await restored.job.start()
    await eventually(() => other.values.length >= 800)
    t.same(sorted(other.values), sorted([...first, ...later].map(r => r.data)))
  },
)

t.test('stopped with a savepoint, nothing is in flight and nothing lost', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(1000))
  const directory = t.testdir()
  const configuration = { 'state.savepoints.dir': directory }
  const sink = new StatefulSink()
  const { job } = jobOf(t, reading(kinesis, configuration), { kinesisSink: () => sink })
  await job.start()
  await eventually(() => sink.values.length > 0)
  const saved = await job.stopWithSavepoint()
  t.equal(path.dirname(saved), directory)
  t.match(await job.result(), { state: 'FINISHED', checkpointPath: saved }, 'its program goes on, as in Flink')
  await t.rejects(job.stopWithSavepoint(), { code: 'ILLEGAL_STATE', message: /is FINISHED/ })

  const other = new StatefulSink()
  const restored = jobOf(t, reading(kinesis, { 'execution.state-recovery.path': saved }), { kinesisSink: () => other })
  await restored.job.start()
  await eventually(() => other.values.length >= 1000)
  t.same(sorted(other.values), sorted(numbered(1000).map(r => r.data)))
})

t.test('a savepoint that cannot be written is an error, and the job runs on', async t => {
  const kinesis = await emulator(t)
  const directory = t.testdir({ file: 'not a directory' })
  const { job } = jobOf(t, reading(kinesis), { kinesisSink: () => new StatefulSink() })
  await job.start()
  await t.rejects(job.savepoint(path.join(directory, 'file')), { code: 'CHECKPOINT_FAILED', message: /file/ })
  t.equal(job.status.state, 'RUNNING')
})

t.test('checkpoints stay when a job is cancelled, unless they are to be deleted; savepoints stay always', async t => {
  for (const [retention, kept] of [
    [{}, true],
    [{ 'execution.checkpointing.externalized-checkpoint-retention': 'DELETE_ON_CANCELLATION' }, false],
  ] as const) {
    const kinesis = await emulator(t)
    const directory = t.testdir()
    const configuration = {
      'execution.checkpointing.interval': '20 ms',
      'execution.checkpointing.dir': directory,
      ...retention,
    }
    const { job } = jobOf(t, reading(kinesis, configuration), { kinesisSink: () => new StatefulSink() })
    await job.start()
    await eventually(() => job.metrics().checkpoints.completed > 1)
    const saved = await job.savepoint()
    await job.cancel('now')
    const { checkpointPath } = await job.result()
    t.equal(checkpointPath !== null, kept)
    const names = readdirSync(path.join(directory, 'flights'))
    t.equal(
      names.some(n => n.startsWith('chk-')),
      kept,
    )
    t.ok(names.includes(path.basename(saved)))
  }
})

t.test('the consumer of enhanced fan-out lives as long as the job: over failures, and not longer', async t => {
  const kinesis = await emulator(t, { emptyEventIntervalMs: 20, resubscribeDelayMs: 0 })
  const configuration = {
    'source.reader.type': 'EFO',
    'source.efo.consumer.name': 'me',
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.delay': '10 ms',
  }
  kinesis.put('flights', numbered(100))
  let failures = 1
  const sink = new StatefulSink(async () => {
    if (failures-- > 0) throw new Error('once')
  })
  const { job } = jobOf(t, reading(kinesis, configuration, 2), { kinesisSink: () => sink })
  await job.start()
  await eventually(() => sink.values.length === 100)
  t.equal(job.status.attempt, 1)
  t.equal(kinesis.requests.count('RegisterStreamConsumer'), 1)
  t.equal(kinesis.requests.count('DeregisterStreamConsumer'), 0)
  t.equal(kinesis.requests.count('GetRecords'), 0)
  await job.cancel('drain')
  t.equal(kinesis.requests.count('DeregisterStreamConsumer'), 1)
})

t.test('cancelled before the consumer of enhanced fan-out is ready, the job leaves none', async t => {
  const kinesis = await emulator(t, { consumerCreateDelayMs: 60_000 })
  const configuration = { 'source.reader.type': 'EFO', 'source.efo.consumer.name': 'me' }
  const { job } = jobOf(t, reading(kinesis, configuration), { kinesisSink: () => new StatefulSink() })
  const started = job.start()
  await eventually(() => kinesis.requests.count('RegisterStreamConsumer') === 1)
  await job.cancel('now')
  await t.rejects(started, { code: 'JOB_CANCELED' })
  t.equal(kinesis.requests.count('DeregisterStreamConsumer'), 1)
})

t.test('checkpoints that are to go when the job is cancelled go, too, when it waits for a restart', async t => {
  const kinesis = await emulator(t)
  const directory = t.testdir()
  const configuration = {
    'execution.checkpointing.interval': '20 ms',
    'execution.checkpointing.dir': directory,
    'execution.checkpointing.externalized-checkpoint-retention': 'DELETE_ON_CANCELLATION',
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.delay': '1 h',
  }
  const sink = new StatefulSink(() => Promise.reject(new Error('full')))
  const { job } = jobOf(t, reading(kinesis, configuration), { kinesisSink: () => sink })
  await job.start()
  await eventually(() => job.metrics().checkpoints.completed > 1)
  kinesis.put('flights', numbered(1))
  await eventually(() => job.status.state === 'RESTARTING')
  await job.cancel('now')
  t.match(await job.result(), { state: 'CANCELED', checkpointPath: null })
  t.same(readdirSync(path.join(directory, 'flights')), [])
})
