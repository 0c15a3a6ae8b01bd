/**
 * Runs seeds in a thread of its own: the test runner's hooks on every promise would take a third of the time, and chance
 * (`Math.random`) is replaced without harm to others.
 */
import { parentPort, workerData } from 'node:worker_threads'

import { Random } from './random.ts'
import { SinkSimulation } from './sink-simulation.ts'
import { SourceSimulation } from './source-simulation.ts'

const simulations = { source: SourceSimulation, sink: SinkSimulation }

export interface SeedsOrder {
  readonly simulation: keyof typeof simulations
  readonly seeds: readonly number[]
}

export interface SeedOutcome {
  readonly seed: number
  /** null: all was well. */
  readonly error: string | null
  /** What was done, where it is asked for or where it failed. */
  readonly log: readonly string[]
  readonly totals: Readonly<Record<string, number>>
}

const order = workerData as SeedsOrder
for (const seed of order.seeds) {
  const jitter = new Random(~seed)
  Math.random = () => jitter.next()
  const simulation = new simulations[order.simulation](seed)
  const outcome = await simulation.run().then(
    totals => ({ error: null, totals }),
    (error: unknown) => ({ error: (error as Error).stack ?? String(error), totals: {} }),
  )
  parentPort!.postMessage({ seed, log: simulation.log, ...outcome } satisfies SeedOutcome)
}
