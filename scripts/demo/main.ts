/**
 * The demo: real flights into one stream of an embedded Kinesis, the PyFlink script `python/examples/delayed_flights.py` from
 * there to a second stream, and a look at what arrived.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { KinesisEmulator } from '../../emulator/index.ts'
import { readFlights } from './flights.ts'
import type { Flight } from './flights.ts'
import { verify } from './verify.ts'

const FLIGHTS = Number(process.env['SHARDLINE_DEMO_FLIGHTS'] ?? 250_000)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const say = (text: string): void => void process.stderr.write(`${text}\n`)
const grouped = (n: number): string => n.toLocaleString('en-US')

async function main(): Promise<number> {
  const kinesis = await KinesisEmulator.start({ port: 0, streams: { flights: 4, 'delayed-flights': 2 }, limits: false })
  const checkpoints = mkdtempSync(path.join(os.tmpdir(), 'shardline-demo-'))
  try {
    say(
      `Embedded Kinesis at ${kinesis.endpoint}: streams flights (4 shards) and delayed-flights (2 shards), without limits.`,
    )
    const flights = await readFlights(FLIGHTS)
    replay(kinesis, flights)
    say(`Replayed ${grouped(flights.length)} flights into it, keyed by origin airport.`)
    say(`Running python/examples/delayed_flights.py: shardline run --progress --stop-at latest delayed_flights.py`)
    const { code, seconds, peakRss } = await runScript(kinesis, checkpoints)
    if (code !== 0) {
      say(`\nThe script ended with exit code ${code}.`)
      return 1
    }
    return await report(kinesis, flights, seconds, peakRss)
  } finally {
    await kinesis.close()
    rmSync(checkpoints, { recursive: true, force: true })
  }
}

function replay(kinesis: KinesisEmulator, flights: readonly Flight[]): void {
  for (let at = 0; at < flights.length; at += 500)
    kinesis.put(
      'flights',
      flights.slice(at, at + 500).map(flight => ({ data: JSON.stringify(flight), partitionKey: flight.origin })),
    )
}

async function runScript(
  kinesis: KinesisEmulator,
  checkpoints: string,
): Promise<{ code: number; seconds: number; peakRss: number | null }> {
  const startedAt = performance.now()
  const conf = `execution.checkpointing.dir=${checkpoints}`
  const child = spawn(
    process.execPath,
    [
      'dist/engine/shardline.mjs',
      'run',
      '--progress',
      '--stop-at',
      'latest',
      '--conf',
      conf,
      'python/examples/delayed_flights.py',
      '--input-arn',
      kinesis.streamArn('flights'),
      '--output-arn',
      kinesis.streamArn('delayed-flights'),
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...kinesis.environment() } },
  )
  const stop = (signal: NodeJS.Signals): void => void child.kill(signal)
  process.on('SIGTERM', stop)
  process.on('SIGINT', () => undefined) // the script has it from the terminal
  let peakRss: number | null = null
  const watch = setInterval(() => (peakRss = peakRssOf(child.pid) ?? peakRss), 100)
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  clearInterval(watch)
  return {
    code: code ?? (signal === null ? 1 : 128 + os.constants.signals[signal]),
    seconds: (performance.now() - startedAt) / 1000,
    peakRss,
  }
}

/** Bytes; where the system tells (Linux). */
function peakRssOf(pid: number | undefined): number | null {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))
    return line === null ? null : Number(line[1]) * 1024
  } catch {
    return null
  }
}

async function report(
  kinesis: KinesisEmulator,
  flights: readonly Flight[],
  seconds: number,
  peakRss: number | null,
): Promise<number> {
  say('\nReading delayed-flights back with the AWS SDK ...')
  const v = await verify(flights, 'delayed-flights', kinesis.endpoint, kinesis.region)
  const good = v.lost === 0 && v.unexpected === 0 && v.outOfOrder === 0
  const rows: [string, string][] = [
    ['flights read', grouped(flights.length)],
    ['delayed flights written', `${grouped(v.found)} (expected ${grouped(v.expected)})`],
    ['lost', grouped(v.lost)],
    ['duplicates', grouped(v.duplicates)],
    ['not expected', grouped(v.unexpected)],
    [
      'order per origin',
      v.outOfOrder === 0 ? `kept, for each of ${v.origins} airports` : `broken ${grouped(v.outOfOrder)} times`,
    ],
    [
      'time, start and end of the script included',
      `${seconds.toFixed(1)} s (${grouped(Math.round(flights.length / seconds))} flights/s)`,
    ],
    ...(peakRss === null ? [] : [['peak memory of the engine', `${Math.round(peakRss / 1e6)} MB`] as [string, string]]),
  ]
  say('')
  for (const [name, value] of rows) process.stdout.write(`  ${name.padEnd(44)}${value}\n`)
  process.stdout.write(
    good ? '\nVerified: nothing lost, nothing out of order.\n' : '\nNOT as it should be: see above.\n',
  )
  return good ? 0 : 1
}

process.exitCode = await main()
