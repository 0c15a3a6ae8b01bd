/** The first jobs of docs/getting-started.md and the sessions of docs/how-to/use-another-language.md, each run as it stands there. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import t from 'tap'

import { KinesisEmulator } from '../../emulator/index.ts'
import { RpcClient } from '../e2e/rpc-client.ts'
import { blocks, page, root } from './pages.ts'

import type { Test } from 'tap'

const LIMIT_MS = 60_000
const guide = page('docs/getting-started.md')
const engine = path.join(root, 'dist/engine/shardline.mjs')

/** A folder with the emulator beside it, which holds the order of the page. */
async function first(t: Test, parent = os.tmpdir()) {
  const folder = mkdtempSync(path.join(parent, 'shardline-first-'))
  const kinesis = await KinesisEmulator.start({ port: 0, streams: { orders: 2, shouted: 1 }, limits: false })
  t.teardown(async () => {
    await kinesis.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const env = { ...process.env, ...kinesis.environment() }
  const run = async (program: string, ...args: string[]) => {
    const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, stdout, stderr }
  }
  const [put, job] = blocks(guide, 'python') as [string, string]
  writeFileSync(path.join(folder, 'put.py'), put)
  writeFileSync(path.join(folder, 'first_job.py'), job)
  const { code, stderr } = await run(path.join(root, '.venv/bin/python'), 'put.py')
  t.equal(code, 0, stderr)
  return { folder, kinesis, run }
}

t.test('the Python job prints the order', async t => {
  const { run } = await first(t)
  const { code, stdout, stderr } = await run(process.execPath, engine, 'run', '--stop-at', 'latest', 'first_job.py')
  t.equal(code, 0, stderr)
  t.match(stdout, /^\d> TABLE-1: TWO COFFEES\n$/)
})

t.test('the job of Node prints the order', async t => {
  const { run, folder } = await first(t, path.join(root, 'dist'))
  writeFileSync(path.join(folder, 'first-job.mjs'), blocks(guide, 'ts')[0]!)
  const { code, stdout, stderr } = await run(process.execPath, 'first-job.mjs')
  t.equal(code, 0, stderr)
  t.match(stdout, /TABLE-1: TWO COFFEES\n$/)
})

t.test('the job of Node compiles as TypeScript', async t => {
  const folder = mkdtempSync(path.join(root, 'dist/first-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(path.join(folder, 'first-job.ts'), blocks(guide, 'ts')[0]!)
  const options = [
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--strict',
    '--skipLibCheck',
    '--noEmit',
    '--ignoreConfig',
  ]
  t.doesNotThrow(() =>
    execFileSync(path.join(root, 'node_modules/.bin/tsc'), [...options, 'first-job.ts'], {
      cwd: folder,
      stdio: 'pipe',
    }),
  )
})

t.test('the session of Bash prints the order', async t => {
  const { run, folder } = await first(t, path.join(root, 'dist')) // in the checkout, so that `npx` finds the command
  writeFileSync(path.join(folder, 'session.sh'), blocks(guide, 'bash')[0]!)
  const { code, stdout, stderr } = await run('bash', 'session.sh')
  t.equal(code, 0, stderr)
  t.match(stdout, /"method":"job\/print","params":\{"jobId":"\w+","lines":\["table-1: two coffees"\]\}/)
  t.match(stdout, /"state":"FINISHED"/)
})

interface Line {
  readonly id?: number
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: Record<string, unknown>
}

interface Answer {
  readonly result?: Record<string, unknown>
  readonly error?: unknown
}

/** The messages of a session; `...` stands for what is not shown. */
function messages(session: string, arrow: '->' | '<-'): Line[] {
  return session
    .split(/^(?=-> |<- )/m)
    .filter(message => message.startsWith(arrow))
    .map(message => {
      const text = message
        .slice(3)
        .replace(/, \.\.\.\}/g, '}')
        .replace(/\{\.\.\.\}/g, '{}')
      return JSON.parse(text) as Line
    })
}

t.test('the sessions of the guide for other languages run, and are answered as it says', async t => {
  const other = page('docs/how-to/use-another-language.md')
  const [job, sink] = blocks(other, '') as [string, string]
  const graph: unknown = JSON.parse(blocks(other, 'json')[0]!)
  const kinesis = await KinesisEmulator.start({ port: 0, streams: { orders: 2 }, limits: false })
  t.teardown(() => kinesis.close())
  for (const session of [sink, job]) {
    const client = new RpcClient(t, kinesis.environment())
    const known: Record<string, unknown> = { graph, clientPid: process.pid }
    const requests = messages(session, '->')
    if (requests[0]!.method !== 'initialize') requests.unshift(messages(job, '->')[0]!)
    const answers = messages(session, '<-').filter(({ id }) => id !== undefined)
    const awaited = new Set<number | undefined>()
    const answer = async (id: number | undefined): Promise<Record<string, unknown>> => {
      const { result, error } = (await client.until(m => m.id === id && m.method === undefined)) as Answer
      t.equal(error, undefined)
      const shown = answers.find(message => message.id === id)?.result
      if (shown !== undefined && !awaited.has(id))
        t.match(Object.keys(result!), Object.keys(shown), `answer ${String(id)}`)
      awaited.add(id)
      return result!
    }
    for (const request of requests) {
      const params = { ...request.params }
      for (const key of Object.keys(params)) if (key in known) params[key] = known[key]
      client.send({ jsonrpc: '2.0', ...request, ...(request.params === undefined ? {} : { params }) })
      if (request.id === undefined || /^sink\/(write|flush)$/.test(request.method!)) continue // others follow before the answer
      Object.assign(known, await answer(request.id))
    }
    for (const { id } of requests) if (id !== undefined) await answer(id)
  }
  const written = kinesis.records('orders').flatMap(shard => shard.records.map(r => r.text))
  t.same(written.sort(), ['one tea', 'the bill', 'two coffees'])
})

t.test('the emulator of the guide prints what the guide exports', async t => {
  const shown = blocks(guide, 'sh')[0]!
  const { kinesis } = await first(t)
  const printed = Object.entries(kinesis.environment()).map(([key, value]) => `export ${key}=${value}`)
  t.equal(shown.trim(), printed.join('\n').replace(/:\d+$/m, ':4567'))
})
