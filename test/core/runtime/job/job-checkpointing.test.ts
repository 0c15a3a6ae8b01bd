import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'

import type { JobGraph } from '../../../../core/graph/job-graph.ts'
import { collectionT, functionT, graphOf, kinesisSinkSpec, sinkT, sourceT } from '../../fakes/graphs.ts'
import { local, passthrough, readFlights, sorted, STOP } from '../../fakes/job-graphs.ts'
import { emulator, eventually, jobOf, numbered, pointedAt, textsIn } from '../../fakes/jobs.ts'

t.test("with 'auto' a job starts from the beginning without a checkpoint, and else from the latest", async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(10))
  const options = {
    'execution.checkpointing.interval': '20 ms',
    'execution.checkpointing.dir': t.testdir(),
    'execution.state-recovery.path': 'auto',
  }
  for (const [i, expected] of [10, 20].entries()) {
    const { job } = jobOf(t, passthrough(kinesis, options, 1))
    await job.start()
    t.match(job.restoredFrom, i === 0 ? null : /chk-\d+$/)
    await eventually(() => textsIn(kinesis, 'out').length >= expected)
    await job.cancel('drain')
    t.equal(textsIn(kinesis, 'out').length, expected)
    kinesis.put('flights', numbered(10, 'later'))
  }
})

t.test("with 'auto' a latest checkpoint that cannot be read is an error", async t => {
  const kinesis = await emulator(t)
  const folder = t.testdir({ flights: { 'chk-1': { _metadata: 'no checkpoint' } } })
  const options = { 'execution.checkpointing.dir': folder, 'execution.state-recovery.path': 'auto' }
  const { job } = jobOf(t, passthrough(kinesis, options, 1))
  await t.rejects(job.start(), { code: 'CHECKPOINT_UNREADABLE' })
})

t.test('a drained job restores each record exactly once at another parallelism', async t => {
  const kinesis = await emulator(t, { streams: { flights: 4, out: 2 } })
  const dir = t.testdir()
  const checkpoints = { 'execution.checkpointing.interval': '1 h', 'execution.checkpointing.dir': dir }
  const all: string[] = []
  const parallelisms = [1, 3, 2]
  for (const [i, parallelism] of parallelisms.entries()) {
    const records = numbered(500, `run ${i} `)
    kinesis.put('flights', records)
    all.push(...records.map(r => r.data))
    const restore = i === 0 ? {} : { 'execution.state-recovery.path': 'latest' }
    const { job } = jobOf(t, passthrough(kinesis, { ...checkpoints, ...restore }, parallelism))
    await job.start()
    t.equal(job.restoredFrom === null, i === 0)
    await eventually(() => kinesis.recordCount('out') >= all.length, 'all records in the sink')
    if (i === 1) kinesis.splitShard('flights', kinesis.records('flights')[0]!.shardId)
    await job.cancel('drain')
    const result = await job.result()
    t.equal(result.state, 'CANCELED')
    t.ok(existsSync(path.join(result.checkpointPath!, '_metadata')))
    t.same(sorted(textsIn(kinesis, 'out')), sorted(all))
  }
})

t.test('a drain flushes the sink and takes a last checkpoint', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(10))
  const graph = graphOf(
    [
      sourceT(1, readFlights(kinesis)),
      sinkT(2, [1], { sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out'), maxTimeInBufferMs: 3_600_000 }) }),
    ],
    {
      parallelism: 1,
      configuration: pointedAt(kinesis, {
        'execution.checkpointing.interval': '1 h',
        'execution.checkpointing.dir': t.testdir(),
      }),
    },
  )
  const { job, statuses } = jobOf(t, graph)
  await job.start()
  await eventually(() => job.metrics().operators[1]!.numRecordsIn === 10)
  t.equal(kinesis.recordCount('out'), 0)
  await job.cancel('drain')
  t.equal(kinesis.recordCount('out'), 10)
  t.match(job.metrics().checkpoints, { completed: 1 })
  t.same(
    statuses.map(s => s.state),
    ['RUNNING', 'CANCELLING', 'CANCELED'],
  )
})

t.test('checkpoints of a finished bounded job are removed, all others are kept', async t => {
  const dir = t.testdir()
  const configuration = { 'execution.checkpointing.interval': '1 h', 'execution.checkpointing.dir': dir }
  const bounded = (name: string): JobGraph =>
    graphOf([collectionT(1, 'a', 'b'), functionT(2, [1], local('f')), sinkT(3, [2])], {
      name,
      configuration: { ...configuration, 'restart-strategy.type': 'none' },
    })
  const checkpointsOf = (name: string): string[] =>
    existsSync(path.join(dir, name)) ? readdirSync(path.join(dir, name)) : []

  const finished = jobOf(t, bounded('finished'), { locals: new Map([['f', (v: never) => v]]) }).job
  await finished.start()
  t.match(await finished.result(), { state: 'FINISHED', checkpointPath: null })
  t.same(checkpointsOf('finished'), [])

  const kinesis = await emulator(t)
  const endless = jobOf(t, { ...passthrough(kinesis, { ...configuration, ...STOP }), name: 'endless' }).job
  await endless.start()
  const { state, checkpointPath } = await endless.result()
  t.equal(state, 'FINISHED')
  t.equal(checkpointPath, path.join(dir, 'endless', 'chk-1'))
  t.same(checkpointsOf('endless'), ['chk-1'])
})

t.test('checkpoint ids continue after those of the last run', async t => {
  const dir = t.testdir({ flights: { 'chk-41': { _metadata: '' } } })
  const kinesis = await emulator(t)
  const configuration = { 'execution.checkpointing.interval': '1 h', 'execution.checkpointing.dir': dir, ...STOP }
  const { job } = jobOf(t, passthrough(kinesis, configuration))
  await job.start()
  t.match(await job.result(), { checkpointPath: path.join(dir, 'flights', 'chk-42') })
})

t.test('a job does not start from an existing checkpoint unless it is configured to', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(10))
  const configuration = {
    'execution.checkpointing.interval': '1 h',
    'execution.checkpointing.dir': t.testdir(),
    ...STOP,
  }
  for (const expected of [10, 20]) {
    const { job } = jobOf(t, passthrough(kinesis, configuration))
    await job.start()
    await job.result()
    t.equal(kinesis.recordCount('out'), expected)
  }
})

t.test('a checkpoint that is missing or belongs to another job is an error', async t => {
  const kinesis = await emulator(t)
  const dir = t.testdir()
  const checkpoints = { 'execution.checkpointing.interval': '1 h', 'execution.checkpointing.dir': dir, ...STOP }
  const latest = { 'execution.state-recovery.path': 'latest' }
  const none = jobOf(t, passthrough(kinesis, { ...checkpoints, ...latest })).job
  await t.rejects(none.start(), { code: 'CHECKPOINT_NOT_FOUND', message: /latest/ })
  t.equal(none.status.state, 'FAILED')

  const first = jobOf(t, passthrough(kinesis, checkpoints)).job
  await first.start()
  await first.result()

  const other = graphOf([sourceT(1, { ...(readFlights(kinesis) as object), uid: 'renamed' }), sinkT(2, [1])], {
    configuration: pointedAt(kinesis, { ...checkpoints, ...latest }),
  })
  await t.rejects(jobOf(t, other).job.start(), {
    code: 'CHECKPOINT_UNREADABLE',
    message: /state of the operator 'Source: source 1'.*ignore-unclaimed-state/,
  })
  const ignoring = jobOf(t, {
    ...other,
    configuration: { ...other.configuration, 'execution.state-recovery.ignore-unclaimed-state': 'true' },
  }).job
  await ignoring.start()
  await ignoring.cancel('now')

  const wider = jobOf(t, { ...passthrough(kinesis, { ...checkpoints, ...latest }), maxParallelism: 64 }).job
  await t.rejects(wider.start(), { code: 'CONFIGURATION_INVALID', message: /max parallelism 128 .* has 64/ })
})
