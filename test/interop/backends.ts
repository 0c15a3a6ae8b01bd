/**
 * Kinesis servers that we did not write, beside our own: each in a process of its own on a free port of this machine.
 * Their known gaps are said here, once, as what a test may ask of them.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import net from 'node:net'
import path from 'node:path'

import { KinesisEmulator } from '../../emulator/index.ts'

export interface Backend {
  readonly name: string
  /** Records that a test puts: some are slow. */
  readonly records: number
  /** What it knows of enhanced fan-out. */
  readonly fanOut: 'all' | 'no shard ends' | 'nothing'
  start(): Promise<RunningBackend>
}

export interface RunningBackend {
  readonly endpoint: string
  stop(): Promise<void>
}

const require = createRequire(import.meta.url)

export const backends: readonly Backend[] = [
  {
    name: 'our emulator',
    records: 2000,
    fanOut: 'all',
    async start() {
      const kinesis = await KinesisEmulator.start({ port: 0, limits: false })
      return { endpoint: kinesis.endpoint, stop: () => kinesis.close() }
    },
  },
  {
    // No ChildShards at a shard's end, no shard filters; CBOR times in seconds.
    name: 'kinesalite',
    records: 2000,
    fanOut: 'nothing',
    start: () =>
      startProgram(port => ({
        args: [
          require.resolve('kinesalite/cli.js'),
          '--port',
          String(port),
          '--shardLimit',
          '100',
          '--createStreamMs',
          '20',
          '--deleteStreamMs',
          '20',
          '--updateStreamMs',
          '20',
        ],
        cwd: process.cwd(),
        env: {},
      })),
  },
  {
    // About a thousand records a second; no throttling; an expired or wrong iterator is an error named `Unknown`;
    // a subscription to a closed shard never ends.
    name: 'kinesis-local',
    records: 400,
    fanOut: 'no shard ends',
    start: () => {
      const main = require.resolve('kinesis-local/main.js')
      return startProgram(port => ({
        args: [main],
        cwd: path.dirname(main),
        env: {
          KINESIS_MOCK_PLAIN_PORT: String(port),
          KINESIS_MOCK_TLS_PORT: String(port + 1),
          LOG_LEVEL: 'ERROR',
          SHARD_LIMIT: '100',
          CREATE_STREAM_DURATION: '20ms',
          SPLIT_SHARD_DURATION: '20ms',
          MERGE_SHARDS_DURATION: '20ms',
          DELETE_STREAM_DURATION: '20ms',
        },
      }))
    },
  },
]

const START_LIMIT_MS = 30_000

async function startProgram(
  program: (port: number) => { args: readonly string[]; cwd: string; env: Readonly<Record<string, string>> },
): Promise<RunningBackend> {
  const port = await freePort()
  const { args, cwd, env } = program(port)
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env }, stdio: 'ignore' })
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  const endpoint = `http://127.0.0.1:${port}`
  const deadline = performance.now() + START_LIMIT_MS
  while (!(await answers(endpoint))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop()
      throw new Error(`${args[0] ?? ''} did not start (exit code ${String(child.exitCode)})`)
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return { endpoint, stop }
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    await fetch(endpoint, { method: 'POST', body: '{}' })
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
