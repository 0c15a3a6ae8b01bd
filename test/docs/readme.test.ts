/** What the README shows is compiled and run as it stands there. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

import { operatorKinds } from '../../core/runtime/operator-kinds.ts'
import { checkJobGraph } from '../../core/graph/job-graph.ts'
import { systemClock } from '../../core/foundation/clock.ts'
import type { JobGraph } from '../../core/graph/job-graph.ts'
import { Job } from '../../core/runtime/job/job.ts'
import { KinesisEmulator } from '../../emulator/index.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const readme = readFileSync(path.join(root, 'README.md'), 'utf8')
const LIMIT_MS = 60_000

function example(language: string, which = 0): string {
  const block = [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))][which]?.[1]
  if (block === undefined) throw new Error(`the README has no example in ${language}`)
  return block
}

async function run(program: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

t.test('the TypeScript example compiles against the declarations and prints what it read', async t => {
  // Inside the checkout, so that the name 'shardline' means this package, as it does for whoever has it installed.
  const folder = mkdtempSync(path.join(root, 'dist/readme-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(path.join(folder, 'example.ts'), example('ts'))
  const options = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    types: ['node'],
    outDir: folder,
    rootDir: folder,
    skipLibCheck: true,
  }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['example.ts'] }))
  execFileSync(path.join(root, 'node_modules/.bin/tsc'), ['-p', folder], { stdio: 'pipe' })
  const { code, stdout, stderr } = await run(process.execPath, [path.join(folder, 'example.js')], folder)
  t.equal(code, 0, stderr)
  t.strictSame(stdout.trim().split('\n').sort(), ['TABLE-1: TWO COFFEES', 'TABLE-7: ONE TEA'])
})

t.test('the Python example runs under the command, and writes what it read', async t => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'shardline-readme-'))
  const kinesis = await KinesisEmulator.start({ port: 0, streams: { orders: 2, shouted: 1 }, limits: false })
  t.teardown(async () => {
    await kinesis.close()
    rmSync(folder, { recursive: true, force: true })
  })
  kinesis.put('orders', [
    { data: 'table-1: two coffees', partitionKey: 'table-1' },
    { data: 'table-7: one tea', partitionKey: 'table-7' },
  ])
  writeFileSync(path.join(folder, 'shout.py'), example('python'))
  const args = [path.join(root, 'dist/engine/shardline.mjs'), 'run', '--stop-at', 'latest', 'shout.py']
  const { code, stdout, stderr } = await run(process.execPath, args, folder, kinesis.environment())
  t.equal(code, 0, stderr)
  t.equal(stdout, '', 'standard output is the script’s')
  const written = kinesis.records('shouted').flatMap(shard => shard.records.map(r => r.text))
  t.strictSame(written.sort(), ['TABLE-1: TWO COFFEES', 'TABLE-7: ONE TEA'])
})

t.test('the Python example with state counts each order once, and says once which table is silent', async t => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'shardline-readme-'))
  const kinesis = await KinesisEmulator.start({ port: 0, streams: { orders: 2 }, limits: false })
  t.teardown(async () => {
    await kinesis.close()
    rmSync(folder, { recursive: true, force: true })
  })
  // All of one table, so that one shard has no data: nothing waits for it.
  for (const data of ['table-1: two coffees', 'table-1: water', 'table-1: the bill'])
    kinesis.put('orders', [{ data, partitionKey: 'table-1' }])
  writeFileSync(path.join(folder, 'tables.py'), example('python', 1))
  const launcher = path.join(root, 'dist/engine/shardline.mjs')
  const child = spawn(process.execPath, [launcher, 'run', 'tables.py'], {
    cwd: folder,
    env: { ...process.env, ...kinesis.environment() },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
  })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const lines = (): string[] => stdout.split('\n').map(line => line.replace(/^\d+> /, ''))
  const until = Date.now() + LIMIT_MS
  while (!lines().includes('table-1 is silent after 3') && Date.now() < until)
    await new Promise(resolve => setTimeout(resolve, 100))
  child.kill('SIGTERM')
  await once(child, 'close')
  t.strictSame(lines(), ['table-1: 1', 'table-1: 2', 'table-1: 3', 'table-1 is silent after 3', ''])
})

t.test('the smallest graph of the RPC guide is a graph that runs', async t => {
  const guide = readFileSync(path.join(root, 'docs/how-to/use-another-language.md'), 'utf8')
  const graph = JSON.parse(/```json\n([\s\S]*?)```/.exec(guide)![1]!) as JobGraph
  checkJobGraph(graph, operatorKinds.all)
  let printed = ''
  const services = {
    clock: systemClock,
    locals: new Map(),
    functions: null,
    print: (lines: string) => void (printed += lines),
  }
  const job = new Job(graph, services)
  await job.start()
  await job.result()
  t.equal(printed, 'hello\nworld\n')
})
