import { existsSync, readdirSync, statSync, writeFileSync, mkdirSync, chmodSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'

import t from 'tap'
import type { Test } from 'tap'

import { socketDirectories, controlEnvironment } from '../../../core/control/control-directory.ts'
import type { ControlEnvironment } from '../../../core/control/control-directory.ts'
import { ControlSocket } from '../../../core/control/control-socket.ts'
import { encodeFrame, FrameDecoder } from '../../../core/control/frames.ts'
import type { Job } from '../../../core/runtime/job/job.ts'
import { shortFolder } from '../fakes/folders.ts'
import { graphOf, kinesisSourceSpec, sinkT, sourceT } from '../fakes/graphs.ts'
import { emulator, eventually, jobOf, pointedAt } from '../fakes/jobs.ts'

interface Message {
  readonly id?: number | null
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

const environmentOf = (t: Test): ControlEnvironment => ({
  ...controlEnvironment(),
  runtimeDirectory: undefined,
  tmpDirectory: shortFolder(t),
})

function controlSocketOf(t: Test, environment = environmentOf(t)): { controlSocket: ControlSocket; directory: string } {
  const controlSocket = new ControlSocket({
    program: ['/jobs/job.py', '--fast'],
    build: { engineVersion: '1.2.3', buildHash: 'abc' },
    environment,
  })
  t.teardown(() => controlSocket.close())
  return { controlSocket, directory: socketDirectories(environment)[0]! }
}

async function running(t: Test): Promise<Job> {
  const kinesis = await emulator(t)
  const source = kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') })
  const graph = graphOf([sourceT(1, { source }), sinkT(2, [1], { sink: { type: 'discard' } })], {
    configuration: pointedAt(kinesis),
  })
  const { job } = jobOf(t, graph)
  await job.start()
  return job
}

/** A client that keeps every message it receives. */
class TestClient {
  readonly messages: Message[] = []
  readonly socket: net.Socket
  closed = false
  #nextId = 1

  constructor(t: Test, socketPath: string) {
    this.socket = net.connect(socketPath)
    const frames = new FrameDecoder(1e6)
    this.socket.on('data', chunk => {
      for (const body of frames.push(chunk)) this.messages.push(JSON.parse(body.toString()) as Message)
    })
    this.socket.on('error', () => undefined)
    this.socket.on('close', () => (this.closed = true))
    t.teardown(() => this.socket.destroy())
  }

  async ask(method: string, params: unknown = {}): Promise<Message> {
    const id = this.#nextId++
    this.socket.write(encodeFrame({ jsonrpc: '2.0', id, method, params: params as object }))
    await eventually(() => this.messages.some(m => m.id === id))
    return this.messages.find(m => m.id === id)!
  }

  async initialize(): Promise<Message> {
    return this.ask('initialize', {
      protocolVersion: 1,
      clientName: 't',
      clientVersion: '0',
      clientPid: null,
      buildHash: null,
    })
  }
}

t.test('only the user can access the socket, which exists from the first job to the last', async t => {
  const { controlSocket, directory } = controlSocketOf(t)
  t.equal(controlSocket.socketPath, null)
  const [first, second] = [await running(t), await running(t)]
  const startedAt = performance.now()
  controlSocket.register(first, {})
  t.ok(performance.now() - startedAt < 50)
  controlSocket.register(second, {})
  t.same(readdirSync(directory), [`${process.pid}.sock`])
  t.equal(statSync(directory).mode & 0o777, 0o700)
  await eventually(() => (statSync(controlSocket.socketPath!).mode & 0o777) === 0o600)
  await first.cancel('now')
  t.ok(existsSync(controlSocket.socketPath!))
  await second.cancel('now')
  await eventually(() => controlSocket.socketPath === null)
  t.same(readdirSync(directory), [])
  controlSocket.close()
  controlSocket.close()
  controlSocket.register(await running(t), {})
  t.same(readdirSync(directory), [`${process.pid}.sock`], 'the next job opens it again')
})

t.test('a client can ask for the running jobs and their status, and is notified when a job ends', async t => {
  const { controlSocket } = controlSocketOf(t)
  const job = await running(t)
  controlSocket.register(job, {})
  const client = new TestClient(t, controlSocket.socketPath!)
  t.match(await client.ask('job/list'), { error: { code: -32002, message: /was sent before 'initialize'/ } })
  t.match(await client.initialize(), {
    result: { protocolVersion: 1, engineVersion: '1.2.3', buildHash: 'abc', capabilities: ['door'] },
  })
  const { jobId } = job
  t.match(await client.ask('job/list'), {
    result: {
      pid: process.pid,
      program: ['/jobs/job.py', '--fast'],
      jobs: [{ jobId, name: 'flights', state: 'RUNNING', attempt: 0, checkpointDirectory: null, restoredFrom: null }],
    },
  })
  t.match(await client.ask('job/status', { jobId }), { result: { jobId, state: 'RUNNING' } })
  t.match(await client.ask('job/metrics', { jobId }), { result: { jobId, metrics: { jobId } } })
  await eventually(() => job.explain().every(s => s.state === 'reading'))
  t.match(await client.ask('job/explain', { jobId }), { result: { shards: [{ state: 'reading' }, {}] } })
  const directory = t.testdir()
  const { result } = await client.ask('job/savepoint', { jobId, directory, stop: false })
  t.ok(existsSync(path.join((result as { path: string }).path, '_metadata')))
  t.match(await client.ask('job/cancel', { jobId, mode: 'drain' }), {
    result: { jobId, state: 'CANCELED', error: null },
  })
  t.match(
    client.messages.find(m => m.method === 'job/finished'),
    { params: { jobId, state: 'CANCELED', error: null } },
  )
  t.match(await client.ask('job/list'), { result: { jobs: [] } }, 'the connection stays open')
})

t.test('a client can neither submit jobs nor end the engine', async t => {
  const { controlSocket } = controlSocketOf(t)
  const job = await running(t)
  controlSocket.register(job, {})
  const client = new TestClient(t, controlSocket.socketPath!)
  await client.initialize()
  for (const method of ['job/submit', 'shutdown', 'constructor'])
    t.match(await client.ask(method), { error: { code: -32601 } }, method)
  client.socket.write(encodeFrame({ jsonrpc: '2.0', method: 'exit' }))
  t.match(await client.ask('job/status', { jobId: 'x' }), { error: { code: -32000, message: /no job 'x'/ } })
  t.match(await client.ask('job/cancel', { jobId: job.jobId, mode: 'maybe' }), { error: { code: -32602 } })
  t.match(await client.ask('job/status', 5), { error: { code: -32602 } })
  client.socket.destroy()
  t.equal(job.status.state, 'RUNNING', 'the end of a connection ends no job')
})

t.test('an invalid message is answered with an error, and an invalid frame also ends the connection', async t => {
  const { controlSocket } = controlSocketOf(t)
  controlSocket.register(await running(t), {})
  const client = new TestClient(t, controlSocket.socketPath!)
  client.socket.write('Content-Length: 1\r\n\r\nx')
  client.socket.write(encodeFrame([1]))
  client.socket.write('Content-Length: 99999999\r\n\r\n')
  await eventually(() => client.closed)
  t.match(client.messages, [
    { id: null, error: { code: -32700 } },
    { id: null, error: { code: -32600 } },
    { id: null, error: { code: -32700, message: /over the limit/ } },
  ])
  const other = new TestClient(t, controlSocket.socketPath!)
  t.match(await other.ask('initialize', { protocolVersion: 2 }), { error: { message: /protocol version 2/ } })
})

t.test('a socket that cannot be opened is a warning, and the job runs on', async t => {
  const environment = environmentOf(t)
  const folder = socketDirectories(environment)[0]!
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  const { controlSocket } = controlSocketOf(t, environment)
  const warnings: string[] = []
  const job = await running(t)
  controlSocket.register(job, {}, w => warnings.push(w))
  t.equal(controlSocket.socketPath, null)
  t.match(warnings, [
    /^The control socket cannot be opened, .*: other users can write to .*shardline\.door\.enabled=false/,
  ])
  t.equal(job.status.state, 'RUNNING')
})

t.test('an option turns the socket off', async t => {
  const { controlSocket, directory } = controlSocketOf(t)
  controlSocket.register(await running(t), { 'shardline.door.enabled': 'false' })
  t.equal(controlSocket.socketPath, null)
  t.notOk(existsSync(directory))
})

t.test('a socket that an ended process with the same process id left is replaced', async t => {
  const environment = environmentOf(t)
  const folder = socketDirectories(environment)[0]!
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(path.join(folder, `${process.pid}.sock`), '')
  const { controlSocket } = controlSocketOf(t, environment)
  controlSocket.register(await running(t), {})
  t.match(await new TestClient(t, controlSocket.socketPath!).initialize(), { result: { protocolVersion: 1 } })
})

t.test('a new connection replaces an idle one, but not one that waits for an answer', async t => {
  const { controlSocket } = controlSocketOf(t)
  const job = await running(t)
  let answer: () => void = () => undefined
  t.capture(job, 'savepoint', () => new Promise<string>(resolve => (answer = () => resolve('/there'))))
  controlSocket.register(job, {})
  const busy = new TestClient(t, controlSocket.socketPath!)
  await busy.initialize()
  const answered = busy.ask('job/savepoint', { jobId: job.jobId, directory: null, stop: false })
  const idle = Array.from({ length: 40 }, () => new TestClient(t, controlSocket.socketPath!))
  await eventually(() => idle.filter(client => client.closed).length >= 25)
  const late = new TestClient(t, controlSocket.socketPath!)
  await late.initialize()
  t.match(await late.ask('job/list', {}), { result: { jobs: [{ jobId: job.jobId }] } })
  answer()
  t.match(await answered, { result: { path: '/there' } })
})
