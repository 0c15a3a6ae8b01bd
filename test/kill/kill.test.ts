/**
 * Real engines, killed with SIGKILL at random moments and started again from their latest checkpoint, at another parallelism,
 * while the stream is resharded. Each record is counted by key in the state: the n-th record of a key must find a count of n,
 * whatever happened before. More would be a record that was counted twice, less one that was lost, another n one out of order.
 * `SHARDLINE_SEED=17` runs one seed, `SHARDLINE_KILL_RUNS=100` so many.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Test } from 'tap'

import { KinesisEmulator } from '../../emulator/index.ts'
import { functionT, graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../core/fakes/graphs.ts'
import { eventually, textsIn } from '../core/fakes/jobs.ts'
import { RpcClient } from '../e2e/rpc-client.ts'
import { Random } from '../simulation/random.ts'

const RUNS = Number(process.env['SHARDLINE_KILL_RUNS'] ?? 30)
const one = process.env['SHARDLINE_SEED']
const seeds = one === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(one)]
const KEYS = 7
const functions = new URL(import.meta.url.replace('kill.test', 'counting')).href

t.setTimeout(seeds.length * 60_000)

function graph(kinesis: KinesisEmulator, random: Random, directory: string, fanOut: boolean, restore: boolean) {
  const of = (name: string) => ({ type: 'module', url: functions, export: name }) as const
  return graphOf(
    [
      sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('in') }) }),
      functionT(2, [1], { kind: 'key_by', function: of('keyOf'), output: 'text' }),
      functionT(3, [2], { kind: 'process', function: of('Counting'), partitioning: 'hash' }),
      sinkT(4, [3], { sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out'), maxTimeInBufferMs: 10 }) }),
    ],
    {
      parallelism: random.int(1, 3),
      configuration: {
        'aws.endpoint': kinesis.endpoint,
        'aws.credentials.provider.basic.accesskeyid': 'test',
        'aws.credentials.provider.basic.secretkey': 'test',
        'source.init.position': 'TRIM_HORIZON',
        'source.reader.type': fanOut ? 'EFO' : 'POLLING',
        'source.efo.consumer.name': 'me',
        'source.shard.get-records.max-record-count': '10',
        'source.reader.empty-records-fetch-interval': '5 ms',
        'source.shard.discovery.interval': '500 ms',
        'execution.checkpointing.interval': random.pick(['10 ms', '50 ms', '200 ms']),
        'execution.checkpointing.dir': directory,
        'shardline.door.enabled': 'false',
        ...(restore ? { 'execution.state-recovery.path': 'latest' } : {}),
      },
    },
  )
}

async function run(t: Test, seed: number): Promise<void> {
  const random = new Random(seed)
  const directory = mkdtempSync(path.join(os.tmpdir(), 'shardline-kill-'))
  const fanOut = random.chance(0.5)
  const kinesis = await KinesisEmulator.start({
    streams: { in: random.int(1, 3), out: 1 },
    limits: false,
    emptyEventIntervalMs: 100,
    resubscribeDelayMs: 200,
  })
  t.teardown(async () => {
    await kinesis.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const written = new Array<number>(KEYS).fill(0)
  const put = (count: number): void => {
    const records = Array.from({ length: count }, () => {
      const key = random.int(0, KEYS - 1)
      return { partitionKey: `key ${key}`, data: JSON.stringify({ key: `key ${key}`, n: written[key]!++ }) }
    })
    kinesis.put('in', records)
  }
  const total = (): number => written.reduce((a, b) => a + b, 0)
  const seen = (): Set<string> => new Set(textsIn(kinesis, 'out').map(text => text.replace(/,"count".*/, '')))

  let client: RpcClient | null = null
  let completed = false
  const start = async (): Promise<void> => {
    client = new RpcClient(t)
    await client.initialize()
    const params = { graph: graph(kinesis, random, directory, fanOut, completed), attempt: 0, driver: null }
    const answer = await client.request('job/submit', params)
    if (answer.error !== undefined) {
      // Killed before its first checkpoint, there is none to start from.
      if (!/no complete checkpoint/.test(answer.error.message)) throw new Error(answer.error.message)
      completed = false
      client.process.kill('SIGKILL')
      await start()
    }
  }
  await start()
  for (let kills = random.int(2, 4); kills > 0; kills--) {
    for (let i = random.int(2, 6); i > 0; i--) {
      put(random.int(1, 60))
      if (random.chance(0.3)) {
        const open = kinesis.records('in').filter(s => s.open)
        if (open.length < 6) kinesis.splitShard('in', random.pick(open).shardId)
      }
      await delay(random.int(0, 120))
    }
    completed = true
    client!.process.kill('SIGKILL')
    await client!.ended
    await start()
  }
  put(50)
  await eventually(() => seen().size === total(), `seed ${seed}: ${seen().size} of ${total()} records`, 40_000)
  const wrong = textsIn(kinesis, 'out').filter(text => {
    const { n, count } = JSON.parse(text) as { n: number; count: number }
    return count !== n + 1
  })
  t.same(wrong, [], `seed ${seed} (again: SHARDLINE_SEED=${seed} npm test -- kill)`)
  client!.process.kill('SIGKILL')
}

t.test(`killed and restored: state by key is exactly once, over ${seeds.length} runs`, async t => {
  for (const seed of seeds) await t.test(`seed ${seed}`, async t => run(t, seed))
})
