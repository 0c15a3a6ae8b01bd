import { existsSync, readdirSync, statSync, writeFileSync, mkdirSync, chmodSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'

import t from 'tap'
import type { Test } from 'tap'

import { doorDirectories, doorEnvironment } from '../../../core/control/control-directory.ts'
import type { DoorEnvironment } from '../../../core/control/control-directory.ts'
import { Door } from '../../../core/control/control-socket.ts'
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

const environmentOf = (t: Test): DoorEnvironment => ({
  ...doorEnvironment(),
  runtimeDirectory: undefined,
  tmpDirectory: shortFolder(t),
})

function doorOf(t: Test, environment = environmentOf(t)): { door: Door; directory: string } {
  const door = new Door({
    program: ['/jobs/job.py', '--fast'],
    build: { engineVersion: '1.2.3', buildHash: 'abc' },
    environment,
  })
  t.teardown(() => door.close())
  return { door, directory: doorDirectories(environment)[0]! }
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

/** Somebody at the door, who keeps all that is said. */
class Visitor {
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

t.test('a socket of the user alone, from the first job to the last', async t => {
  const { door, directory } = doorOf(t)
  t.equal(door.socketPath, null)
  const [first, second] = [await running(t), await running(t)]
  const startedAt = performance.now()
  door.admit(first, {})
  t.ok(performance.now() - startedAt < 50)
  door.admit(second, {})
  t.same(readdirSync(directory), [`${process.pid}.sock`])
  t.equal(statSync(directory).mode & 0o777, 0o700)
  await eventually(() => (statSync(door.socketPath!).mode & 0o777) === 0o600)
  await first.cancel('now')
  t.ok(existsSync(door.socketPath!))
  await second.cancel('now')
  await eventually(() => door.socketPath === null)
  t.same(readdirSync(directory), [])
  door.close()
  door.close()
  door.admit(await running(t), {})
  t.same(readdirSync(directory), [`${process.pid}.sock`], 'and again for the next')
})

t.test('a visitor is told which jobs run, how they fare, and when one ends', async t => {
  const { door } = doorOf(t)
  const job = await running(t)
  door.admit(job, {})
  const visitor = new Visitor(t, door.socketPath!)
  t.match(await visitor.ask('job/list'), { error: { code: -32002, message: /came before 'initialize'/ } })
  t.match(await visitor.initialize(), {
    result: { protocolVersion: 1, engineVersion: '1.2.3', buildHash: 'abc', capabilities: ['door'] },
  })
  const { jobId } = job
  t.match(await visitor.ask('job/list'), {
    result: {
      pid: process.pid,
      program: ['/jobs/job.py', '--fast'],
      jobs: [{ jobId, name: 'flights', state: 'RUNNING', attempt: 0, checkpointDirectory: null, restoredFrom: null }],
    },
  })
  t.match(await visitor.ask('job/status', { jobId }), { result: { jobId, state: 'RUNNING' } })
  t.match(await visitor.ask('job/metrics', { jobId }), { result: { jobId, metrics: { jobId } } })
  await eventually(() => job.explain().every(s => s.state === 'reading'))
  t.match(await visitor.ask('job/explain', { jobId }), { result: { shards: [{ state: 'reading' }, {}] } })
  const directory = t.testdir()
  const { result } = await visitor.ask('job/savepoint', { jobId, directory, stop: false })
  t.ok(existsSync(path.join((result as { path: string }).path, '_metadata')))
  t.match(await visitor.ask('job/cancel', { jobId, mode: 'drain' }), {
    result: { jobId, state: 'CANCELED', error: null },
  })
  t.match(
    visitor.messages.find(m => m.method === 'job/finished'),
    { params: { jobId, state: 'CANCELED', error: null } },
  )
  t.match(await visitor.ask('job/list'), { result: { jobs: [] } }, 'who is inside stays inside')
})

t.test('nobody submits jobs or ends the engine from outside', async t => {
  const { door } = doorOf(t)
  const job = await running(t)
  door.admit(job, {})
  const visitor = new Visitor(t, door.socketPath!)
  await visitor.initialize()
  for (const method of ['job/submit', 'shutdown', 'constructor'])
    t.match(await visitor.ask(method), { error: { code: -32601 } }, method)
  visitor.socket.write(encodeFrame({ jsonrpc: '2.0', method: 'exit' }))
  t.match(await visitor.ask('job/status', { jobId: 'x' }), { error: { code: -32000, message: /no job 'x'/ } })
  t.match(await visitor.ask('job/cancel', { jobId: job.jobId, mode: 'maybe' }), { error: { code: -32602 } })
  t.match(await visitor.ask('job/status', 5), { error: { code: -32602 } })
  visitor.socket.destroy()
  t.equal(job.status.state, 'RUNNING', 'a visitor who leaves takes nothing along')
})

t.test('what is no message is answered, and what is no frame ends the visit', async t => {
  const { door } = doorOf(t)
  door.admit(await running(t), {})
  const visitor = new Visitor(t, door.socketPath!)
  visitor.socket.write('Content-Length: 1\r\n\r\nx')
  visitor.socket.write(encodeFrame([1]))
  visitor.socket.write('Content-Length: 99999999\r\n\r\n')
  await eventually(() => visitor.closed)
  t.match(visitor.messages, [
    { id: null, error: { code: -32700 } },
    { id: null, error: { code: -32600 } },
    { id: null, error: { code: -32700, message: /over the limit/ } },
  ])
  const other = new Visitor(t, door.socketPath!)
  t.match(await other.ask('initialize', { protocolVersion: 2 }), { error: { message: /protocol version 2/ } })
})

t.test('where it cannot be opened the job runs on, and a warning says why', async t => {
  const environment = environmentOf(t)
  const folder = doorDirectories(environment)[0]!
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  const { door } = doorOf(t, environment)
  const warnings: string[] = []
  const job = await running(t)
  door.admit(job, {}, w => warnings.push(w))
  t.equal(door.socketPath, null)
  t.match(warnings, [/cannot be seen from outside \(shardline ps\): others may write to .*shardline\.door\.enabled/])
  t.equal(job.status.state, 'RUNNING')
})

t.test('an option turns it off', async t => {
  const { door, directory } = doorOf(t)
  door.admit(await running(t), { 'shardline.door.enabled': 'false' })
  t.equal(door.socketPath, null)
  t.notOk(existsSync(directory))
})

t.test('what a dead process of the same number left is taken away', async t => {
  const environment = environmentOf(t)
  const folder = doorDirectories(environment)[0]!
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(path.join(folder, `${process.pid}.sock`), '')
  const { door } = doorOf(t, environment)
  door.admit(await running(t), {})
  t.match(await new Visitor(t, door.socketPath!).initialize(), { result: { protocolVersion: 1 } })
})

t.test('idle connections make place for new ones, and one that waits for an answer keeps its own', async t => {
  const { door } = doorOf(t)
  const job = await running(t)
  let answer: () => void = () => undefined
  t.capture(job, 'savepoint', () => new Promise<string>(resolve => (answer = () => resolve('/there'))))
  door.admit(job, {})
  const busy = new Visitor(t, door.socketPath!)
  await busy.initialize()
  const answered = busy.ask('job/savepoint', { jobId: job.jobId, directory: null, stop: false })
  const idle = Array.from({ length: 40 }, () => new Visitor(t, door.socketPath!))
  await eventually(() => idle.filter(visitor => visitor.closed).length >= 25)
  const late = new Visitor(t, door.socketPath!)
  await late.initialize()
  t.match(await late.ask('job/list', {}), { result: { jobs: [{ jobId: job.jobId }] } })
  answer()
  t.match(await answered, { result: { path: '/there' } })
})
