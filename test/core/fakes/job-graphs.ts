/** Graphs that copy the stream `flights` to the stream `out`, and their parts. */
import { setTimeout as delay } from 'node:timers/promises'

import type { JobGraph } from '../../../core/graph/job-graph.ts'
import type { KinesisEmulator } from '../../../emulator/index.ts'
import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from './graphs.ts'
import { pointedAt } from './jobs.ts'

/** The source stops at the records that are newest when it starts. */
export const STOP = { 'shardline.source.stop-at': 'latest' }
export const sorted = (texts: readonly string[]): string[] => [...texts].sort()
export const textsOf = (records: readonly { readonly data: string }[]): string[] => sorted(records.map(r => r.data))

export const local = (localId: string, kind: 'map' | 'filter' | 'flat_map' | 'collect' = 'map') =>
  ({ kind, function: { type: 'local', localId } }) as const

export const readFlights = (kinesis: KinesisEmulator) => ({
  source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }),
})
export const writeOut = (kinesis: KinesisEmulator) => ({
  sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out') }),
})

/** The number of requests that arrive after those in flight have ended. A reader that still runs sends many. */
export async function requestsFromNowOn(kinesis: KinesisEmulator): Promise<number> {
  // The emulator counts a request when it answers it. No test delays an answer for longer than this.
  await delay(600)
  const before = kinesis.requests.count()
  await delay(150)
  return kinesis.requests.count() - before
}

export function passthrough(
  kinesis: KinesisEmulator,
  configuration: Record<string, string> = {},
  parallelism = 1,
): JobGraph {
  return graphOf([sourceT(1, readFlights(kinesis)), sinkT(2, [1], writeOut(kinesis))], {
    parallelism,
    configuration: pointedAt(kinesis, configuration),
  })
}
