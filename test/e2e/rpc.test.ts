import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'

import { KinesisEmulator } from '../../emulator/index.ts'
import { RpcClient } from './rpc-client.ts'
import type { Message, Teardown } from './rpc-client.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

const folder = mkdtempSync(path.join(os.tmpdir(), 'shardline-rpc-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const functions = path.join(folder, 'functions.mjs')
writeFileSync(
  functions,
  `export const shout = value => {
  if (value === 'poison') throw new RangeError('what the function said')
  console.log('a function may print')
  return value.toUpperCase() + '!'
}
export const key = value => ({ partitionKey: 'key of ' + value, explicitHashKey: 7n })
export const number = 5
export const later = ({ id, delay }) => ({ id, delay: delay + 10 })
export const gate = ({ id }) => ({ partitionKey: id, explicitHashKey: null })
`,
)
const module = { type: 'module', url: pathToFileURL(functions).href, export: 'shout' }

async function kinesis(t: Teardown): Promise<KinesisEmulator> {
  const emulator = await KinesisEmulator.start({ port: 0, streams: { in: 2, out: 1 }, limits: false })
  t.teardown(() => emulator.close())
  return emulator
}

const textOf = (emulator: KinesisEmulator, stream: string): string[] =>
  emulator
    .records(stream)
    .flatMap(shard => shard.records)
    .map(record => Buffer.from(record.data).toString())
    .sort()

const base = { uid: null, parallelism: null, maxParallelism: null }
const inputs = [{ from: 2, tag: null, input: 0, partitioner: null }]

/** Kinesis -> a function of a module -> Kinesis, and the same to a print sink. */
function graphOf(emulator: KinesisEmulator, configuration: Record<string, string> = {}): Message {
  return {
    version: 2,
    name: 'over-rpc',
    configuration,
    parallelism: 1,
    maxParallelism: null,
    transformations: [
      {
        ...base,
        id: 1,
        name: 'numbers',
        kind: 'source',
        inputs: [],
        source: {
          type: 'kinesis-streams',
          streamArn: emulator.streamArn('in'),
          streamName: null,
          configuration: { 'source.init.position': 'TRIM_HORIZON' },
          deserializationSchema: { type: 'simple-string', charset: 'UTF-8' },
          deadLetters: null,
          shardAssigner: { type: 'uniform' },
          preserveShardOrder: true,
        },
        output: 'text',
        watermarkStrategy: {
          type: 'none',
          maxOutOfOrdernessMs: null,
          idlenessMs: null,
          timestampAssigner: null,
          alignment: null,
        },
      },
      {
        ...base,
        id: 2,
        name: 'shout',
        kind: 'map',

        inputs: [{ from: 1, tag: null, input: 0, partitioner: null }],
        function: module,
        output: 'text',
        deserializesFor: null,
      },
      {
        ...base,
        id: 3,
        name: 'out',
        kind: 'sink',
        inputs,
        sink: {
          type: 'kinesis-streams',
          streamArn: emulator.streamArn('out'),
          streamName: null,
          configuration: {},
          serializationSchema: { type: 'simple-string', charset: 'UTF-8' },
          partitionKeyGenerator: { ...module, export: 'key' },
          deadLetters: null,
          failOnError: false,
          maxBatchSize: 500,
          maxInFlightRequests: 1,
          maxBufferedRequests: 10_000,
          maxBatchSizeInBytes: 5_242_880,
          maxTimeInBufferMs: 20,
          maxRecordSizeInBytes: 1_048_576,
        },
      },
      { ...base, id: 4, name: 'print', kind: 'sink', inputs, sink: { type: 'print', identifier: 'said' } },
    ],
  }
}

const submit = (client: RpcClient, graph: Message): Promise<Message> =>
  client.request('job/submit', { graph, attempt: 0, driver: null })

t.test('a whole session: submit, watch, drain, shut down', async t => {
  const emulator = await kinesis(t)
  emulator.put(
    'in',
    ['a', 'b', 'c'].map(data => ({ data, partitionKey: data })),
  )
  const client = new RpcClient(t, emulator.environment())
  const { result: engine } = await client.initialize()
  t.match(engine, { protocolVersion: 1, nodeVersion: process.versions.node, limits: { maxMessageBytes: 67108864 } })

  const checkpoints = path.join(folder, 'checkpoints')
  const graph = graphOf(emulator, {
    'execution.checkpointing.interval': '50 ms',
    'execution.checkpointing.dir': checkpoints,
  })
  const schema = JSON.parse(readFileSync(path.join(root, 'schemas/job-graph.schema.json'), 'utf8'))
  const valid = new Ajv2020({ strict: false }).compile(schema)
  t.ok(valid(graph), JSON.stringify(valid.errors))

  const { result: job } = await submit(client, graph)
  t.match(job, { jobId: String, checkpointDirectory: path.join(checkpoints, 'over-rpc'), restoredFrom: null })
  const { jobId } = job
  const of = (method: string) => (m: Message) => m.method === method && m.params.jobId === jobId

  const printed = (): string[] => client.messages.filter(of('job/print')).flatMap((m: Message) => m.params.lines)
  await client.until(() => printed().length === 3)
  t.same(printed().sort(), ['said> A!', 'said> B!', 'said> C!'])
  t.match(await client.until(m => of('job/status')(m) && m.params.state === 'RUNNING'), {
    params: { attempt: 0, cause: null },
  })
  const metrics = await client.until(m => of('job/metrics')(m) && m.params.metrics.checkpoints.completed > 0)
  t.equal(metrics.params.metrics.shards.length, 2)
  t.match((await client.request('job/status', { jobId })).result, { jobId, state: 'RUNNING', attempt: 0, cause: null })

  emulator.put('in', [{ data: 'd', partitionKey: 'd' }])
  t.match((await client.request('job/cancel', { jobId, mode: 'drain' })).result, { jobId, state: 'CANCELED' })
  const { params: finished } = await client.until(of('job/finished'))
  t.match(finished, { state: 'CANCELED', error: null })
  t.ok(finished.checkpointPath.startsWith(path.join(checkpoints, 'over-rpc', 'chk-')), finished.checkpointPath)
  const written = textOf(emulator, 'out')
  t.ok(['A!,B!,C!', 'A!,B!,C!,D!'].includes(written.join()), written.join())

  const restoring = {
    ...graph,
    configuration: { 'execution.state-recovery.path': finished.checkpointPath, 'shardline.source.stop-at': 'latest' },
  }
  const { result: second } = await submit(client, restoring)
  t.equal(second.restoredFrom, finished.checkpointPath)
  await client.until(m => m.method === 'job/finished' && m.params.jobId === second.jobId)
  t.same(textOf(emulator, 'out'), ['A!', 'B!', 'C!', 'D!'], 'nothing is lost and nothing is written twice')
  const keys = emulator.records('out').flatMap(shard => shard.records.map(r => r.partitionKey))
  t.same(keys.sort(), ['key of A!', 'key of B!', 'key of C!', 'key of D!'], "by the module's function")

  t.same((await client.request('shutdown', {})).result, {})
  client.notify('exit')
  t.same(await client.ended, [0, null])
  t.match(client.stderr, /^(a function may print\n)+$/, 'what functions print goes to stderr: stdout is the protocol')
})

t.test(
  'rows: read from JSON, seen by a function, written as Avro; what is no JSON is left out and counted',
  async t => {
    const emulator = await kinesis(t)
    const json = ['{"id":"LX1","delay":5}', '{broken', '{"id":"LX2","delay":null}']
    emulator.put(
      'in',
      json.map(data => ({ data, partitionKey: 'a' })),
    )
    const graph = graphOf(emulator, { 'shardline.source.stop-at': 'latest' })
    const [source, map, sink] = graph.transformations
    graph.transformations.length = 3
    source.source.configuration['shardline.source.poison-records'] = 'skip'
    source.source.deserializationSchema = {
      type: 'json-row',
      typeInfo: { type: 'ROW', names: ['id', 'delay'], types: [{ type: 'STRING' }, { type: 'INT' }] },
      failOnMissingField: false,
      ignoreParseErrors: false,
    }
    map.function = { ...module, export: 'later' }
    source.output = map.output = 'object'
    const fields = [
      { name: 'id', type: 'string' },
      { name: 'delay', type: 'int' },
    ]
    const schema = JSON.stringify({ type: 'record', name: 'Late', fields })
    sink.sink.serializationSchema = { type: 'avro', schema, values: 'generic', convert: null }
    sink.sink.partitionKeyGenerator = { ...module, export: 'gate' }
    const client = new RpcClient(t, emulator.environment())
    await client.initialize()
    const { result: job } = await submit(client, graph)
    const { params: finished } = await client.until(m => m.method === 'job/finished')
    t.match(finished, { jobId: job.jobId, state: 'FINISHED', error: null })
    t.same(textOf(emulator, 'out'), ['\u0006LX1\u001e', '\u0006LX2\u0014'], 'a null is 0 to the function')
    const warned = client.messages.filter(m => m.method === 'job/warning' || m.method === 'log')
    t.match(JSON.stringify(warned) + client.stderr, /sequence number .* cannot be read: .*'\{broken'/)
  },
)

t.test('a function that fails is told with the job, the record and its own words', async t => {
  const emulator = await kinesis(t)
  const [stored] = emulator.put('in', [{ data: 'poison', partitionKey: 'a' }])
  const client = new RpcClient(t, emulator.environment())
  await client.initialize()
  const { result: job } = await submit(client, graphOf(emulator))
  const { params } = await client.until(m => m.method === 'job/finished')
  t.match(params, { jobId: job.jobId, state: 'FAILED', checkpointPath: null })
  t.match(params.error, {
    code: 'FUNCTION_FAILED',
    className: 'FunctionError',
    message: /what the function said/,
    details: { operator: 'shout', shardId: stored!.shardId, sequenceNumber: stored!.sequenceNumber },
  })
  t.match((await client.request('job/status', { jobId: job.jobId })).result, { state: 'FAILED' })
})

t.test('a graph that cannot run is refused, and says where it is wrong', async t => {
  const emulator = await kinesis(t)
  const client = new RpcClient(t, emulator.environment())
  await client.initialize()
  const refused = async (change: (graph: Message) => void): Promise<Message> => {
    const graph = structuredClone(graphOf(emulator))
    change(graph)
    const { error, result } = await submit(client, graph)
    t.equal(result, undefined)
    return error
  }
  const cases: [(graph: Message) => void, string, RegExp][] = [
    [g => delete g.maxParallelism, 'GRAPH_INVALID', /maxParallelism is missing/],
    [
      g => delete g.transformations[0].source.streamArn,
      'GRAPH_INVALID',
      /transformations\[0\]\.source\.streamArn is m/,
    ],
    [g => (g.version = 1), 'GRAPH_INVALID', /job graphs of version 2, not 1/],
    [
      g => (g.transformations[1].function.export = 'nothing'),
      'GRAPH_INVALID',
      /exports no function 'nothing'\. It exports /,
    ],
    [
      g => (g.transformations[1].function.export = 'number'),
      'GRAPH_INVALID',
      /no function 'number', but one of type number\. For an object/,
    ],
    [g => (g.transformations[1].function.url = 'file:///nowhere.mjs'), 'GRAPH_INVALID', /cannot be loaded/],
    [g => (g.transformations[1].function = { type: 'local', localId: 'x' }), 'GRAPH_INVALID', /Over a bridge/],
    [g => (g.transformations[2].inputs[0].from = 9), 'GRAPH_INVALID', /9/],
    [g => (g.configuration['parallelism.default'] = 'x'), 'CONFIGURATION_INVALID', /^parallelism\.default: 'x' is not/],
    [g => (g.transformations[0].source.streamArn = `${emulator.streamArn('in')}x`), 'STREAM_NOT_FOUND', /inx/],
  ]
  for (const [change, code, message] of cases) {
    const error = await refused(change)
    t.match(error, { code: -32000, message, data: { code, message, retryable: false } }, String(message))
  }
  t.match((await submit(client, graphOf(emulator))).result, { jobId: String }, 'and the engine goes on')
})

t.test('mistakes in the protocol are answered, each with its code', async t => {
  const client = new RpcClient(t)
  t.match((await client.request('job/status', { jobId: 'x' })).error, { code: -32002, message: /before 'initialize'/ })
  t.match((await client.request('shutdown', {})).error, { code: -32002 })
  t.match((await client.request('initialize', null)).error, { code: -32602 })
  t.match((await client.request('initialize', { protocolVersion: 99 })).error, { data: { code: 'STALE_BUILD' } })
  t.ok((await client.initialize()).result)

  const unnamed = (code: number) => client.until(m => m.id === null && m.error.code === code)
  client.sendText('{"jsonrpc": "2.0", ')
  t.match(await unnamed(-32700), { jsonrpc: '2.0', error: { message: /^The message is not JSON/ } })
  client.sendText('[]')
  t.match(await unnamed(-32600), { jsonrpc: '2.0', error: { message: /must be an object/ } })

  t.match((await client.request('job/frobnicate', {})).error, { code: -32601, message: /job\/frobnicate/ })
  t.match((await client.request('job/status', [1])).error, { code: -32602, message: /object of named parameters/ })
  t.match((await client.request('job/submit', {})).error, { code: -32602 })
  t.match((await client.request('job/cancel', { jobId: 'x', mode: 'gently' })).error, { code: -32602 })
  t.match((await client.request('job/cancel', { jobId: 'x', mode: 'now' })).error, { data: { code: 'ILLEGAL_STATE' } })
  client.notify('frobnicate', {}) // nobody answers a notification
  t.same((await client.request('shutdown', {})).result, {})
})

t.test('a frame whose end nobody knows is answered, and ends the engine', async t => {
  const frames: [string, RegExp][] = [
    ['Content-Type: application/json\r\n\r\n{}', /must have a Content-Length/],
    ['Content-Length: many\r\n\r\n{}', /must have a Content-Length/],
    ['Content-Length: 99999999999\r\n\r\n{}', /99999999999 bytes is over the limit of 67108864/],
    ['x'.repeat(5000), /header of a frame must not exceed 4096 bytes/],
  ]
  for (const [frame, message] of frames) {
    const client = new RpcClient(t)
    client.process.stdin!.write(frame)
    t.same(await client.ended, [1, null])
    t.match(client.messages, [{ id: null, error: { code: -32700, message } }])
  }
})

t.test('frames may come in any pieces', async t => {
  const client = new RpcClient(t)
  const params = { protocolVersion: 1, clientName: 'ü', clientVersion: '1', clientPid: null, buildHash: null }
  const text = JSON.stringify({ jsonrpc: '2.0', id: 'a', method: 'initialize', params })
  const second = JSON.stringify({ jsonrpc: '2.0', id: 'b', method: 'shutdown', params: {} })
  const frame = (body: string): string => `content-length: ${Buffer.byteLength(body)}\r\nX-Other: 1\r\n\r\n${body}`
  for (const byte of Buffer.from(frame(text) + frame(second).slice(0, 30)))
    await new Promise(resolve => client.process.stdin!.write(Buffer.from([byte]), resolve))
  t.ok((await client.until(m => m.id === 'a')).result)
  client.process.stdin!.write(frame(second).slice(30))
  t.ok((await client.until(m => m.id === 'b')).result)
})

t.test('the engine ends with its client', async t => {
  await t.test('when its input ends, with code 1 unless it was shut down', async t => {
    const emulator = await kinesis(t)
    const client = new RpcClient(t, emulator.environment())
    await client.initialize()
    await submit(client, graphOf(emulator))
    client.process.stdin!.end()
    t.same(await client.ended, [1, null])
    const other = new RpcClient(t)
    await other.initialize()
    await other.request('shutdown', {})
    other.process.stdin!.end()
    t.same(await other.ended, [0, null])
  })

  await t.test('when exit comes without shutdown, with code 1', async t => {
    const client = new RpcClient(t)
    await client.initialize()
    client.notify('exit')
    t.same(await client.ended, [1, null])
  })

  await t.test('when the process that it named is gone, though its input stays open', async t => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    const gone = once(other, 'exit')
    const emulator = await kinesis(t)
    const client = new RpcClient(t, emulator.environment())
    await client.initialize(other.pid)
    await submit(client, graphOf(emulator))
    other.kill('SIGKILL')
    await gone
    t.same(await client.ended, [1, null])
  })

  await t.test('when it is told to by a signal, after draining its jobs', async t => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const emulator = await kinesis(t)
      const client = new RpcClient(t, emulator.environment())
      await client.initialize()
      const checkpoints = { 'execution.checkpointing.interval': '1 h', 'execution.checkpointing.dir': folder }
      await submit(client, graphOf(emulator, checkpoints))
      client.process.kill(signal)
      t.same(await client.ended, [code, null])
      t.match(
        client.messages.filter(m => m.method === 'job/finished'),
        [{ params: { state: 'CANCELED', checkpointPath: String } }],
        signal,
      )
    }
  })
})
