/**
 * `SHARDLINE_SEED=17 npm test -- simulation/source` runs that one seed and prints what it did; `SHARDLINE_SEEDS=100000` runs so
 * many. A seed does the same every time: chance comes from it, time is virtual, and nothing leaves the process.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'

import type { SeedOutcome } from './seeds-worker.ts'

const one = process.env['SHARDLINE_SEED']
const count = Number(process.env['SHARDLINE_SEEDS'] ?? 1000)
const seeds = one === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(one)]

const THREADS = 2
const LIMIT_MS = 20_000 + seeds.length * 1000

t.setTimeout(LIMIT_MS)

async function run(mine: readonly number[]): Promise<SeedOutcome[]> {
  const worker = new Worker(new URL(import.meta.url.replace('source.test', 'seeds-worker')), {
    workerData: { seeds: mine },
  })
  const outcomes: SeedOutcome[] = []
  worker.on('message', (outcome: SeedOutcome) => outcomes.push(outcome))
  await once(worker, 'exit')
  // A seed that waits for what never comes ends its thread without a word.
  const silent = mine[outcomes.length]
  if (silent !== undefined) outcomes.push({ seed: silent, error: 'it waits for ever', log: [], totals: {} })
  return outcomes
}

t.test(`the source over ${seeds.length} seeds: every record exactly once, and each key in order`, async t => {
  const threads = Array.from({ length: THREADS }, (_, i) => run(seeds.filter((_, at) => at % THREADS === i)))
  const outcomes = (await Promise.all(threads)).flat()
  const totals: Record<string, number> = {}
  for (const { seed, error, log, totals: own } of outcomes) {
    for (const [key, value] of Object.entries(own)) totals[key] = (totals[key] ?? 0) + value
    if (error !== null) t.fail(`seed ${seed} (again: SHARDLINE_SEED=${seed} npm test -- simulation/source): ${error}`)
    if (one !== undefined) t.comment(log.join('\n'))
  }
  t.comment(JSON.stringify(totals))
  t.equal(outcomes.length, seeds.length)
  if (one === undefined && outcomes.every(o => o.error === null)) {
    t.ok(totals['records']! > seeds.length * 50, 'records were read')
    t.ok(totals['stops']! > seeds.length / 2, 'jobs were stopped')
    t.ok(totals['kills']! > seeds.length && totals['reshards']! > seeds.length, 'and much happened meanwhile')
  }
})
