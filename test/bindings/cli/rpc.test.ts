import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import t from 'tap'
import type { Test } from 'tap'
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'
import type { MessageConnection } from 'vscode-jsonrpc/node'

import type { KinesisEmulator } from '../../../emulator/index.ts'
import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../../core/fakes/graphs.ts'
import { emulator, eventually, numbered, pointedAt, textsIn } from '../../core/fakes/jobs.ts'

const engine = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../engine/shardline.mjs')

async function engineProcess(t: Test): Promise<{ child: ChildProcess; rpc: MessageConnection; stderr: () => string }> {
  const child = spawn(process.execPath, [engine, 'rpc'], { stdio: ['pipe', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const rpc = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin))
  rpc.onError(() => undefined)
  rpc.listen()
  t.teardown(() => rpc.dispose())
  await rpc.sendRequest('initialize', {
    protocolVersion: 1,
    clientName: 't',
    clientVersion: '0',
    clientPid: process.pid,
    buildHash: null,
  })
  return { child, rpc, stderr: () => stderr }
}

const exitOf = (child: ChildProcess): Promise<number | NodeJS.Signals | null> =>
  new Promise(resolve => child.once('exit', (code, signal) => resolve(code ?? signal)))

function graph(kinesis: KinesisEmulator, dir: string, restore: boolean) {
  return graphOf(
    [
      sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
      sinkT(2, [1], { sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out'), maxTimeInBufferMs: 20 }) }),
    ],
    {
      parallelism: 2,
      configuration: pointedAt(kinesis, {
        'source.shard.get-records.max-record-count': '20',
        'source.reader.nonempty-records-fetch-interval': '5 ms',
        'execution.checkpointing.interval': '20 ms',
        'execution.checkpointing.dir': dir,
        ...(restore ? { 'execution.state-recovery.path': 'latest' } : {}),
      }),
    },
  )
}

t.test(
  'killed at any moment and started again from the latest checkpoint, no record is lost and few are doubled',
  async t => {
    const kinesis = await emulator(t, { streams: { flights: 3, out: 1 } })
    const dir = t.testdir()
    const records = numbered(6000)
    kinesis.put('flights', records.slice(0, 3000))
    for (let run = 0; run < 4; run++) {
      const { child, rpc } = await engineProcess(t)
      const before = kinesis.recordCount('out')
      const { restoredFrom } = await rpc.sendRequest<{ restoredFrom: string | null }>('job/submit', {
        graph: graph(kinesis, dir, run > 0),
        attempt: run,
        driver: null,
      })
      t.equal(restoredFrom === null, run === 0)
      if (run === 1) kinesis.splitShard('flights', 'shardId-000000000001')
      kinesis.put('flights', records.slice(3000 + run * 750, 3750 + run * 750))
      if (run === 3) break
      await eventually(() => kinesis.recordCount('out') > before + 300 + run * 111)
      const exited = exitOf(child)
      child.kill('SIGKILL')
      t.equal(await exited, 'SIGKILL')
    }
    await eventually(() => new Set(textsIn(kinesis, 'out')).size === records.length, 'every record in the sink')
    const doubled = kinesis.recordCount('out') - records.length
    t.ok(doubled < records.length / 2, `${doubled} doubled`)
  },
)

t.test('shutdown and exit end the process with 0, the end of input with 1', async t => {
  const polite = await engineProcess(t)
  const politeExit = exitOf(polite.child)
  await polite.rpc.sendRequest('shutdown', {})
  await polite.rpc.sendNotification('exit', {})
  t.equal(await politeExit, 0, polite.stderr())
  const rude = await engineProcess(t)
  const rudeExit = exitOf(rude.child)
  rude.child.stdin!.end()
  t.equal(await rudeExit, 1, rude.stderr())
})

t.test('SIGINT drains the jobs and takes a last checkpoint, then ends with 130', async t => {
  const kinesis = await emulator(t, { streams: { flights: 1, out: 1 } })
  kinesis.put('flights', numbered(200))
  const { child, rpc, stderr } = await engineProcess(t)
  const finished = new Promise<{ state: string; checkpointPath: string | null }>(resolve =>
    rpc.onNotification('job/finished', resolve),
  )
  await rpc.sendRequest('job/submit', { graph: graph(kinesis, t.testdir(), false), attempt: 0, driver: null })
  await eventually(() => kinesis.recordCount('out') > 50)
  const exited = exitOf(child)
  child.kill('SIGINT')
  t.match(await finished, { state: 'CANCELED', checkpointPath: /chk-\d+$/ })
  t.equal(await exited, 130, stderr())
})
