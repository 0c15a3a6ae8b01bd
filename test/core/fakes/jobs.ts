/** Whole jobs in this process, against an emulator, on the real clock. */
import { setTimeout as delay } from 'node:timers/promises'

import { systemClock } from '../../../core/foundation/clock.ts'
import type { JobGraph } from '../../../core/graph/job-graph.ts'
import type { JobServices } from '../../../core/runtime/assembly/job-services.ts'
import type { JobStatus } from '../../../core/runtime/job/job-status.ts'
import { Job } from '../../../core/runtime/job/job.ts'
import type { Configuration } from '../../../core/foundation/config/configuration.ts'
import { kinesisStreamsSinkFactory } from '../../../core/connectors/kinesis/sink/kinesis-streams-sink-factory.ts'
import type { KinesisStreamsSinkSpec } from '../../../core/connectors/kinesis/kinesis-streams-sink-spec.ts'
import { kinesisStreamsSourceFactory } from '../../../core/connectors/kinesis/source/kinesis-streams-source-factory.ts'
import type { KinesisStreamsSourceSpec } from '../../../core/connectors/kinesis/kinesis-streams-source-spec.ts'
import type { Kinds } from '../../../core/graph/transformation-kind.ts'
import type { OperatorKind } from '../../../core/operators/operator-kind.ts'
import type { SinkFactory } from '../../../core/operators/sink-factory.ts'
import type { Source } from '../../../core/operators/source.ts'
import type { SourceFactory } from '../../../core/operators/source-factory.ts'
import { operatorKindsWith, sinkFactories, sourceFactories } from '../../../core/runtime/operator-kinds.ts'
import type { Sink, SinkWriter, SinkWriterContext } from '../../../core/operators/sink.ts'
import type { EmulatorOptions } from '../../../emulator/index.ts'
import { KinesisEmulator } from '../../../emulator/index.ts'

interface Teardown {
  teardown(end: () => unknown): void
}

/** An emulator without rates, with the streams `flights` and `out`. */
export async function emulator(t: Teardown, options: EmulatorOptions = {}): Promise<KinesisEmulator> {
  const kinesis = await KinesisEmulator.start({ streams: { flights: 2, out: 2 }, limits: false, ...options })
  t.teardown(() => kinesis.close())
  return kinesis
}

/** What points a job at the emulator, and makes it look often. */
export const pointedAt = (kinesis: KinesisEmulator, more: Readonly<Record<string, string>> = {}) => ({
  'aws.endpoint': kinesis.endpoint,
  'aws.credentials.provider.basic.accesskeyid': 'test',
  'aws.credentials.provider.basic.secretkey': 'test',
  'source.init.position': 'TRIM_HORIZON',
  'source.shard.discovery.interval': '200 ms',
  'source.reader.empty-records-fetch-interval': '10 ms',
  'retry-strategy.delay.min': '1 ms',
  'retry-strategy.delay.max': '10 ms',
  ...more,
})

export interface TestedJob {
  readonly job: Job
  readonly statuses: JobStatus[]
  readonly warnings: string[]
  readonly printed: string[]
}

/** A Kinesis source or sink in the place of the real one. */
export interface FakeKinesis {
  readonly kinesisSource?: (spec: KinesisStreamsSourceSpec, configuration: Configuration) => Source
  readonly kinesisSink?: (spec: KinesisStreamsSinkSpec, configuration: Configuration) => Sink
}

/** The engine's kinds of operators, with these in the place of the Kinesis connectors. */
export function kindsWith({ kinesisSource, kinesisSink }: FakeKinesis): Kinds<OperatorKind> {
  const source: SourceFactory<KinesisStreamsSourceSpec> = {
    ...kinesisStreamsSourceFactory,
    create: async ({ transformation }, job) => kinesisSource!(transformation.source, job.configuration),
  }
  const sink: SinkFactory<KinesisStreamsSinkSpec> = {
    ...kinesisStreamsSinkFactory,
    create: async (transformation, job) => kinesisSink!(transformation.sink, job.configuration),
  }
  return operatorKindsWith(
    sourceFactories.map(f => (f.type === source.type && kinesisSource !== undefined ? source : f)),
    sinkFactories.map(f => (f.type === sink.type && kinesisSink !== undefined ? sink : f)),
  )
}

/** A job that is cancelled at the end of the test if it still runs. */
export function jobOf(
  t: Teardown,
  graph: JobGraph,
  { kinesisSource, kinesisSink, ...services }: Partial<JobServices> & FakeKinesis = {},
): TestedJob {
  const fakes = { ...(kinesisSource && { kinesisSource }), ...(kinesisSink && { kinesisSink }) }
  const statuses: JobStatus[] = []
  const warnings: string[] = []
  const printed: string[] = []
  const job = new Job(
    graph,
    {
      clock: systemClock,
      locals: new Map(),
      functions: null,
      print: lines => void printed.push(lines),
      kinds: kindsWith(fakes),
      ...services,
    },
    { status: status => statuses.push(status), warning: message => warnings.push(message) },
  )
  t.teardown(() => job.cancel('now'))
  return { job, statuses, warnings, printed }
}

/** Waits for what a running job will bring about. */
export async function eventually(
  holds: () => boolean,
  what = 'what the test waits for',
  limitMs = 30_000,
): Promise<void> {
  const until = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > until) throw new Error(`${what} did not come about`)
    await delay(5)
  }
}

export const textsIn = (kinesis: KinesisEmulator, stream: string): string[] =>
  kinesis.records(stream).flatMap(shard => shard.records.map(r => r.text))

/**
 * A sink whose state is all that it was ever given: after any failures and restores it holds each value once if, and only if,
 * the positions of the sources and the barriers are exact.
 */
export class StatefulSink implements Sink {
  /** By subtask, of the newest writers. */
  #writers = new Map<number, string[]>()
  readonly #hold: (() => Promise<void>) | null

  constructor(hold: (() => Promise<void>) | null = null) {
    this.#hold = hold
  }

  get values(): string[] {
    return [...this.#writers.values()].flat()
  }

  async validate(): Promise<void> {}

  createWriter({ subtask, restored }: SinkWriterContext): SinkWriter {
    const values = restored.flatMap(s => s.json as string[])
    if (subtask === 0) this.#writers = new Map()
    this.#writers.set(subtask, values)
    return {
      write: async batch => {
        if (this.#hold !== null) await this.#hold()
        values.push(...batch.values().map(String))
      },
      snapshot: async () => ({ type: 'all-values', version: 1, json: [...values], bytes: null }),
      finish: async () => undefined,
      metrics: () => null,
      close: () => undefined,
    }
  }
}

/** Records `prefix0` and on, each with its own partition key unless told otherwise. */
export const numbered = (count: number, prefix = 'r', keys = count, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ data: `${prefix}${from + i}`, partitionKey: `key ${(from + i) % keys}` }))
