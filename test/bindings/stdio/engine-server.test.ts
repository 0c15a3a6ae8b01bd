import t from 'tap'

import type { JobGraph } from '../../../core/graph/job-graph.ts'
import { collectionT, functionT, graphOf, kinesisSourceSpec, sinkT, sourceT } from '../../core/fakes/graphs.ts'
import { emulator, eventually, pointedAt } from '../../core/fakes/jobs.ts'
import { checkMessage, connected, hello, initialized, submit } from './client.ts'
import type { Client } from './client.ts'

const printing = (...values: string[]): JobGraph =>
  graphOf([collectionT(1, ...values), sinkT(2, [1], { sink: { type: 'print', identifier: null } })], { parallelism: 1 })

t.test('initialize says what this engine is', async t => {
  t.match(await connected(t).request('initialize', hello), {
    protocolVersion: 1,
    nodeVersion: process.versions.node,
    capabilities: ['job', 'python', 'sink'],
    limits: { maxMessageBytes: 64 * 1024 * 1024, maxFrameBytes: 256 * 1024 * 1024 },
  })
})

t.test('nothing else is answered before it', async t => {
  const client = connected(t)
  await t.rejects(client.request('job/status', { jobId: 'x' }), { code: -32002, message: /before 'initialize'/ })
  await t.rejects(client.request('shutdown', {}), { code: -32002 })
})

t.test('a client of another protocol is told so', async t => {
  await t.rejects(connected(t).request('initialize', { ...hello, protocolVersion: 2 }), {
    code: -32000,
    message: /protocol version 2, this engine 1/,
    data: { code: 'STALE_BUILD' },
  })
})

t.test('a job runs: status, what it prints, and how it finished', async t => {
  const client = await initialized(t)
  const { jobId, checkpointDirectory } = await submit(client, printing('a', 'b'))
  t.equal(checkpointDirectory, null)
  await eventually(() => client.finished.length === 1)
  t.same(client.lines, ['a', 'b'])
  t.match(client.finished[0], { jobId, state: 'FINISHED', checkpointPath: null, error: null })
  t.ok(client.finished[0]!.netRuntimeMs >= 0)
  t.same(
    client.statuses.map(s => [s.jobId, s.state, s.attempt, s.cause]),
    [
      [jobId, 'RUNNING', 0, null],
      [jobId, 'FINISHED', 0, null],
    ],
  )
  t.match(await client.request('job/status', { jobId }), { jobId, state: 'FINISHED' })
})

t.test('a job that fails says of what, in job/finished', async t => {
  const client = await initialized(t)
  const url = `data:text/javascript,export const f = v => { throw new RangeError('no ' + v) }`
  const fn = functionT(2, [1], { function: { type: 'module', url, export: 'f' } })
  await submit(client, graphOf([collectionT(1, 'x'), fn, sinkT(3, [2])], { parallelism: 1 }))
  await eventually(() => client.finished.length === 1)
  t.match(client.finished[0], {
    state: 'FAILED',
    error: {
      code: 'FUNCTION_FAILED',
      className: 'FunctionError',
      message: /RangeError: no x/,
      retryable: false,
      details: { operator: 'function 2', errorType: 'RangeError' },
    },
  })
})

t.test('what keeps a job from starting is the answer to its submission', async t => {
  const client = await initialized(t)
  const wrong: readonly (readonly [unknown, object])[] = [
    [{ ...printing('a'), version: 1 }, { code: 'GRAPH_INVALID' }],
    [
      { ...printing('a'), name: undefined },
      { code: 'GRAPH_INVALID', message: /name is missing/ },
    ],
    [graphOf([collectionT(1, 'a'), functionT(2, [1])]), { code: 'GRAPH_INVALID' }],
    [
      { ...printing('a'), configuration: { 'execution.checkpointing.interval': 'x' } },
      { code: 'CONFIGURATION_INVALID' },
    ],
    [
      graphOf([sourceT(1), sinkT(2, [1])], {
        configuration: {
          'aws.endpoint': 'http://127.0.0.1:1',
          'aws.credentials.provider.basic.accesskeyid': 'a',
          'aws.credentials.provider.basic.secretkey': 's',
        },
      }),
      { code: 'ENDPOINT_UNREACHABLE', className: 'ServiceError', retryable: true },
    ],
  ]
  for (const [graph, data] of wrong) await t.rejects(submit(client, graph as JobGraph), { code: -32000, data })
})

t.test('parameters are checked', async t => {
  const client = await initialized(t)
  const graph = printing('a')
  for (const [method, params] of [
    ['job/submit', { graph, attempt: -1, driver: null }],
    ['job/submit', { graph, attempt: 0 }],
    ['job/submit', { graph, attempt: 0, driver: 'python' }],
    ['job/cancel', { jobId: 'x', mode: 'maybe' }],
  ] as const)
    await t.rejects(client.request(method, params), { code: -32602 }, JSON.stringify(params))
  await t.rejects(client.request('job/status', { jobId: 'x' }), {
    code: -32000,
    message: /no job 'x'/,
    data: { code: 'ILLEGAL_STATE' },
  })
  await t.rejects(client.request('job/dance', {}), { code: -32601 })
})

t.test('cancelling waits for the end, and shutdown for all jobs', async t => {
  const kinesis = await emulator(t)
  const client = await initialized(t)
  const source = kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') })
  const endless = (name: string) =>
    graphOf([sourceT(1, { source }), sinkT(2, [1])], { name, configuration: pointedAt(kinesis) })
  const first = await submit(client, endless('first'))
  const second = await submit(client, endless('second'))
  t.match(await client.request('job/status', second), { state: 'RUNNING' })
  t.match(await client.request('job/cancel', { ...first, mode: 'drain' }), {
    jobId: first.jobId,
    state: 'CANCELED',
    error: null,
  })
  t.match(await client.request('job/status', first), { state: 'CANCELED' })
  t.same(await client.request('shutdown', {}), {})
  t.match(await client.request('job/status', second), { state: 'CANCELED' })
  await eventually(() => client.finished.length === 2)
  t.same(client.exits, [])
  await client.connection.sendNotification('exit', {})
  await eventually(() => client.exits.length > 0)
  t.same(client.exits, [0])
})

t.test('exit without shutdown, or a client that is gone, is exit code 1, and jobs end', async t => {
  for (const end of [(c: Client) => void c.connection.sendNotification('exit', {}), (c: Client) => c.hangUp()]) {
    const kinesis = await emulator(t)
    const client = await initialized(t)
    const source = kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') })
    await submit(client, graphOf([sourceT(1, { source }), sinkT(2, [1])], { configuration: pointedAt(kinesis) }))
    end(client)
    await eventually(() => client.exits.length > 0)
    t.equal(client.exits[0], 1)
  }
})

t.test('warnings are logged to the client', async t => {
  const client = await initialized(t)
  await submit(client, { ...printing('a'), configuration: { 'paralelism.default': '1' } })
  await eventually(() => client.logs.length > 0)
  t.match(client.logs[0], /'paralelism.default' .*Did you mean 'parallelism.default'/)
})

t.test('a running job is explained, saved, and stopped with a savepoint', async t => {
  const kinesis = await emulator(t)
  const client = await initialized(t)
  const graph = graphOf(
    [
      sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
      sinkT(2, [1], { sink: { type: 'discard' } }),
    ],
    { parallelism: 2, configuration: pointedAt(kinesis) },
  )
  const metrics: unknown[] = []
  client.connection.onNotification('job/metrics', (m: unknown) => void metrics.push(m))
  const { jobId } = await submit(client, graph)
  const explained = await client.request<{ shards: { state: string; alarm: boolean; subtask: number }[] }>(
    'job/explain',
    {
      jobId,
    },
  )
  checkMessage(t, 'job/explain.result', explained)
  t.match(explained.shards, [
    { state: 'reading', alarm: false, subtask: 0 },
    { state: 'reading', alarm: false, subtask: 1 },
  ])
  const directory = t.testdir()
  const saved = await client.request<{ path: string }>('job/savepoint', { jobId, directory, stop: false })
  checkMessage(t, 'job/savepoint.result', saved)
  t.match(await client.request('job/status', { jobId }), { state: 'RUNNING' })
  const last = await client.request<{ path: string }>('job/savepoint', { jobId, directory, stop: true })
  t.not(last.path, saved.path)
  await eventually(() => client.finished.length === 1)
  t.match(client.finished[0], { state: 'FINISHED', checkpointPath: last.path })
  checkMessage(t, 'job/metrics', metrics.at(-1))
  await t.rejects(client.request('job/savepoint', { jobId, directory, stop: false }), {
    code: -32000,
    message: /FINISHED/,
  })
  await t.rejects(client.request('job/savepoint', { jobId, directory: 5, stop: false }), { code: -32602 })
})

t.test('the jobs that run are listed, with their metrics for the asking', async t => {
  const kinesis = await emulator(t)
  const client = await initialized(t)
  const source = kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') })
  const graph = graphOf([sourceT(1, { source }), sinkT(2, [1])], { configuration: pointedAt(kinesis) })
  t.match(await client.request('job/list', {}), { pid: process.pid, program: null, jobs: [] })
  const { jobId } = await submit(client, graph)
  const list = await client.request<{ jobs: { startTimeMs: number }[] }>('job/list', {})
  checkMessage(t, 'job/list.result', list)
  t.match(list, { jobs: [{ jobId, name: 'flights', state: 'RUNNING', attempt: 0, restoredFrom: null }] })
  t.ok(Math.abs(list.jobs[0]!.startTimeMs - Date.now()) < 60_000)
  const metrics = await client.request('job/metrics', { jobId })
  checkMessage(t, 'job/metrics.result', metrics)
  t.match(metrics, { jobId, metrics: { jobId } })
  await client.request('job/cancel', { jobId, mode: 'now' })
  t.match(await client.request('job/list', {}), { jobs: [] })
})
