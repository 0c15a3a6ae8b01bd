/**
 * `npm run bench`: every pipeline against the same canned server, in turn, several rounds, each in a process of its own; the
 * rates are what the server counted in the steady state. The peer and the limit run in the same session: trust the ratios.
 * `npm run bench -- put` measures one table: pipelines, put, idle, resharding, schemas.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { Counts } from './canned-server.ts'
import { schemasTable } from './schemas.ts'
import { idleShardsTable, reshardingTable } from './shards.ts'

interface Pipeline {
  readonly name: string
  readonly command: (endpoint: string, recordBytes: number) => readonly [string, ...string[]]
}

interface Measured {
  readonly recordsPerSecond: number
  readonly firstRecordMs: number
  /** Of all its processes, microseconds; null: the system does not tell. */
  readonly cpuPerRecord: number | null
  /** Bytes, of the pipeline's processes together; null: the system does not tell. */
  readonly memory: { readonly total: number; readonly engine: number } | null
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const root = here('../..')

const pipelines: readonly Pipeline[] = [
  {
    name: 'limit: same requests, no work',
    command: (e, bytes) => [process.execPath, here('limit.js'), e, String(bytes)],
  },
  { name: 'peer: AWS SDK for JavaScript', command: e => [process.execPath, here('stock-sdk.js'), e] },
  { name: 'passthrough, Node', command: e => [process.execPath, here('passthrough.js'), e] },
  {
    name: 'map(lambda s: s), Python, thread mode',
    command: e => [`${root}/.venv/bin/shardline`, 'run', `${root}/bench/python_map.py`, e],
  },
]

const writers: readonly Pipeline[] = [
  {
    name: 'limit: same requests, no work',
    command: (e, bytes) => [process.execPath, here('limit.js'), e, String(bytes), 'put'],
  },
  {
    name: 'peer: AWS SDK for JavaScript',
    command: (e, bytes) => [process.execPath, here('put-sdk.js'), e, String(bytes)],
  },
  {
    name: 'sink, batches as a source gives them',
    command: (e, bytes) => [process.execPath, here('put.js'), e, String(bytes), 'batches'],
  },
  {
    name: 'sink, a Buffer a record',
    command: (e, bytes) => [process.execPath, here('put.js'), e, String(bytes), 'values'],
  },
]

const ROUNDS = Number(process.env['SHARDLINE_BENCH_ROUNDS'] ?? 3)
const WARM_UP_MS = 2000
const MEASURE_MS = Number(process.env['SHARDLINE_BENCH_MS'] ?? 5000)
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

async function measure(pipeline: Pipeline, recordBytes: number): Promise<Measured> {
  const server = spawn(process.execPath, [here('canned-server.js'), String(recordBytes)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(server.stdout, 'data')) as [Buffer]
  const endpoint = `http://127.0.0.1:${line.toString().trim()}`
  const counts = async (): Promise<Counts> => (await (await fetch(endpoint)).json()) as Counts
  const [program, ...args] = pipeline.command(endpoint, recordBytes)
  const startedAtMs = Date.now()
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  }
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env })
  try {
    let firstPutAtMs: number | null = null
    while (firstPutAtMs === null) {
      if (child.exitCode !== null || Date.now() - startedAtMs > 30_000)
        throw new Error(`${pipeline.name} wrote nothing`)
      await sleep(50)
      ;({ firstPutAtMs } = await counts())
    }
    await sleep(WARM_UP_MS)
    const [before, from, cpuBefore] = [await counts(), performance.now(), cpuMicroseconds(child)]
    await sleep(MEASURE_MS)
    const [after, to, cpuAfter] = [await counts(), performance.now(), cpuMicroseconds(child)]
    const recordsPerSecond = ((after.recordsIn - before.recordsIn) / (to - from)) * 1000
    const cpuPerRecord =
      cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / (after.recordsIn - before.recordsIn)
    return { recordsPerSecond, cpuPerRecord, firstRecordMs: firstPutAtMs - startedAtMs, memory: peakMemory(child) }
  } finally {
    for (const process of [child, server]) {
      process.kill('SIGKILL')
      if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
    }
  }
}

/** Microseconds of CPU that a process and its children have used: a figure that a busy machine does not blur. */
function cpuMicroseconds(child: ChildProcess): number | null {
  if (!existsSync('/proc/self/stat')) return null
  const ticks = [child.pid!, ...childrenOf(child.pid!)].map(pid => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((a, b) => a + b, 0) * 10_000 // a tick is 10 ms
}

function peakMemory(child: ChildProcess): Measured['memory'] {
  if (!existsSync('/proc/self/status')) return null
  const peaks = [child.pid!, ...childrenOf(child.pid!)].map(pid => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return { bytes: Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024, node: /^Name:\s+node/m.test(status) }
  })
  return {
    total: peaks.reduce((sum, p) => sum + p.bytes, 0),
    engine: Math.max(...peaks.filter(p => p.node).map(p => p.bytes)),
  }
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
const thousands = (n: number): string => `${Math.round(n / 1000)} k`

/** The first of the pipelines is the limit, the second the peer. */
async function table(title: string, pipelines: readonly Pipeline[], recordBytes: number): Promise<void> {
  const rounds = new Map<Pipeline, Measured[]>(pipelines.map(p => [p, []]))
  for (let round = 0; round < ROUNDS; round++)
    for (const pipeline of pipelines) {
      process.stderr.write(`  ${recordBytes} B, round ${round + 1} of ${ROUNDS}: ${pipeline.name} ...\n`)
      rounds.get(pipeline)!.push(await measure(pipeline, recordBytes))
    }
  const rate = (p: Pipeline): number => median(rounds.get(p)!.map(m => m.recordsPerSecond))
  const cpu = (p: Pipeline): number => median(rounds.get(p)!.map(m => m.cpuPerRecord ?? NaN))
  const [limit, peer] = [rate(pipelines[0]!), rate(pipelines[1]!)]
  process.stdout.write(`\n${title}, ${recordBytes} B records, median of ${ROUNDS} rounds\n\n`)
  process.stdout.write(
    '| pipeline | records/s | of the peer | of the limit | CPU a record | of the peer | first record | engine peak | all processes |\n|---|---|---|---|---|---|---|---|---|\n',
  )
  for (const p of pipelines) {
    const measured = rounds.get(p)!
    const megabytes = (pick: (m: NonNullable<Measured['memory']>) => number): string => {
      const known = measured.flatMap(m => (m.memory === null ? [] : [pick(m.memory)]))
      return known.length === 0 ? '-' : `${Math.round(median(known) / 1e6)} MB`
    }
    const cells = [
      p.name,
      thousands(rate(p)),
      `${(rate(p) / peer).toFixed(1)}x`,
      `${Math.round((rate(p) / limit) * 100)} %`,
      Number.isNaN(cpu(p)) ? '-' : `${cpu(p).toFixed(2)} us`,
      Number.isNaN(cpu(p)) ? '-' : `${(cpu(pipelines[1]!) / cpu(p)).toFixed(1)}x less`,
      `${(median(measured.map(m => m.firstRecordMs)) / 1000).toFixed(2)} s`,
      megabytes(m => m.engine),
      megabytes(m => m.total),
    ]
    process.stdout.write(`| ${cells.join(' | ')} |\n`)
  }
}

const tables: Readonly<Record<string, () => Promise<void>>> = {
  async pipelines() {
    for (const recordBytes of [100, 1000]) await table('Kinesis to Kinesis', pipelines, recordBytes)
  },
  async put() {
    for (const recordBytes of [100, 1000]) await table('PutRecords alone', writers, recordBytes)
  },
  idle: idleShardsTable,
  resharding: reshardingTable,
  schemas: schemasTable,
}
const chosen = process.argv.slice(2)
for (const [name, measureTable] of Object.entries(tables))
  if (chosen.length === 0 || chosen.includes(name)) await measureTable()
