/**
 * The seeds of a simulation, in two threads. `SHARDLINE_SEED=17 npm test -- simulation/source` runs that one seed and prints what
 * it did; `SHARDLINE_SEEDS=100000` runs so many. A seed does the same every time: chance comes from it, time is virtual, and
 * nothing leaves the process.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import type { Test } from 'tap'

import type { SeedOutcome, SeedsOrder } from './seeds-worker.ts'

const one = process.env['SHARDLINE_SEED']
const count = Number(process.env['SHARDLINE_SEEDS'] ?? 1000)
const THREADS = 2

async function run(order: SeedsOrder): Promise<SeedOutcome[]> {
  const worker = new Worker(new URL(import.meta.url.replace(/seeds\.(ts|js)$/, 'seeds-worker.$1')), {
    workerData: order,
  })
  const outcomes: SeedOutcome[] = []
  worker.on('message', (outcome: SeedOutcome) => outcomes.push(outcome))
  await once(worker, 'exit')
  // A seed that waits for what never comes ends its thread without a word.
  const silent = order.seeds[outcomes.length]
  if (silent !== undefined) outcomes.push({ seed: silent, error: 'it waits for ever', log: [], totals: {} })
  return outcomes
}

/** `happened`: what so many seeds must have done among them, so that a simulation that does nothing does not pass. */
export function testSeeds(
  simulation: SeedsOrder['simulation'],
  promise: string,
  happened: (t: Test, totals: Readonly<Record<string, number>>, seeds: number) => void,
): void {
  const seeds = one === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(one)]
  t.setTimeout(20_000 + seeds.length * 1000)
  t.test(`the ${simulation} over ${seeds.length} seeds: ${promise}`, async t => {
    const threads = Array.from({ length: THREADS }, (_, i) =>
      run({ simulation, seeds: seeds.filter((_, at) => at % THREADS === i) }),
    )
    const outcomes = (await Promise.all(threads)).flat()
    const totals: Record<string, number> = {}
    for (const { seed, error, log, totals: own } of outcomes) {
      for (const [key, value] of Object.entries(own)) totals[key] = (totals[key] ?? 0) + value
      if (error !== null)
        t.fail(`seed ${seed} (again: SHARDLINE_SEED=${seed} npm test -- simulation/${simulation}): ${error}`)
      if (one !== undefined) t.comment(log.join('\n'))
    }
    t.comment(JSON.stringify(totals))
    t.equal(outcomes.length, seeds.length)
    if (one === undefined && outcomes.every(o => o.error === null)) happened(t, totals, seeds.length)
  })
}
