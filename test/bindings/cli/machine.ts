/** A user's machine: engines with a job each, and the commands that look at them, all as processes of their own. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Test } from 'tap'
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'

import type { KinesisEmulator } from '../../../emulator/index.ts'
import { shortFolder } from '../../core/fakes/folders.ts'
import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../../core/fakes/graphs.ts'
import { pointedAt } from '../../core/fakes/jobs.ts'

export const engineFile = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../engine/shardline.mjs')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Machine {
  /** The directory of its control sockets. */
  readonly sockets: string
  readonly folder: string
  readonly shardline: (...args: string[]) => Promise<Ended>
  /** An engine with one job. */
  readonly job: (
    kinesis: KinesisEmulator,
    name: string,
    configuration?: Record<string, string>,
  ) => Promise<ChildProcess>
}

/** A user's machine: its processes find each other through its directory of sockets. */
export function machine(t: Test): Machine {
  const folder = shortFolder(t)
  const env = { PATH: process.env['PATH'], TMPDIR: folder }
  const start = (args: readonly string[], stdin: 'ignore' | 'pipe'): ChildProcess => {
    const child = spawn(process.execPath, [engineFile, ...args], { env, cwd: folder, stdio: [stdin, 'pipe', 'pipe'] })
    t.teardown(() => child.kill('SIGKILL'))
    return child
  }
  return {
    folder,
    sockets: path.join(folder, `shardline-${process.getuid!()}`),
    shardline: (...args) =>
      new Promise(resolve => {
        const child = start(args, 'ignore')
        let [stdout, stderr] = ['', '']
        child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
        child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
        child.once('close', code => resolve({ code, stdout, stderr }))
      }),
    async job(kinesis, name, configuration = {}) {
      const child = start(['rpc'], 'pipe')
      child.stderr!.resume()
      const rpc = createMessageConnection(new StreamMessageReader(child.stdout!), new StreamMessageWriter(child.stdin!))
      rpc.onError(() => undefined)
      rpc.listen()
      t.teardown(() => rpc.dispose())
      const client = {
        protocolVersion: 1,
        clientName: 't',
        clientVersion: '0',
        clientPid: process.pid,
        buildHash: null,
      }
      await rpc.sendRequest('initialize', client)
      await rpc.sendRequest('job/submit', { graph: copying(kinesis, name, configuration), attempt: 0, driver: null })
      return child
    },
  }
}

export const copying = (kinesis: KinesisEmulator, name: string, configuration: Record<string, string>) =>
  graphOf(
    [
      sourceT(1, { uid: 'in', source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
      sinkT(2, [1], {
        uid: 'out',
        sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out'), maxTimeInBufferMs: 20 }),
      }),
    ],
    { name, parallelism: 1, configuration: pointedAt(kinesis, configuration) },
  )
