/** The tables of `npm run bench` about shards: many that are idle, and those that a reshard makes. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { KinesisEmulator } from '../emulator/index.ts'
import type { IdleShards } from './idle-shards.ts'

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const run = promisify(execFile)
const credentials = { AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' }

async function program<T>(file: string, ...args: string[]): Promise<T> {
  const env = { ...process.env, ...credentials, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
  const { stdout } = await run(process.execPath, [here(file), ...args], { env, timeout: 240_000 })
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as T
}

export async function idleShardsTable(): Promise<void> {
  process.stdout.write(
    '\nIdle shards: from the start of a job, 2 subtasks, 16 calls at once\n\n| shards | start | checkpoint | memory | poll cycle | CPU a shard and second | CPU a call |\n|---|---|---|---|---|---|---|\n',
  )
  for (const shards of [100, 1000, 10_000]) {
    process.stderr.write(`  ${shards} idle shards ...\n`)
    const kinesis = await KinesisEmulator.start({ streams: { idle: shards }, limits: false })
    try {
      const r = await program<IdleShards>('idle-shards.js', kinesis.endpoint, kinesis.streamArn('idle'), '5')
      const cells = [
        String(shards),
        `${(r.startMs / 1000).toFixed(2)} s`,
        `${(r.checkpointMs / 1000).toFixed(2)} s`,
        `${Math.round(r.memoryBytes / 1e6)} MB`,
        `${(r.pollCycleMs / 1000).toFixed(2)} s`,
        `${Math.round(r.cpuPerShardAndSecondUs)} us`,
        `${Math.round(r.cpuPerCallUs)} us`,
      ]
      process.stdout.write(`| ${cells.join(' | ')} |\n`)
    } finally {
      await kinesis.close()
    }
  }
}

export async function reshardingTable(): Promise<void> {
  process.stderr.write('  resharding ...\n')
  const { waitMs, roundTripMs } = await program<{ waitMs: number; roundTripMs: number }>('resharding.js')
  process.stdout.write(
    `\nResharding: from the last record of a parent to the first of its child, median of 15\n\n| round trip | wait | in round trips | the least |\n|---|---|---|---|\n| ${roundTripMs} ms | ${waitMs.toFixed(1)} ms | ${(waitMs / roundTripMs).toFixed(2)} | 2 |\n`,
  )
}
