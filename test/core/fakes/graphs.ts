/** Job graphs with everything that a test does not care about filled in. */
import type {
  FunctionTransformation,
  JobGraph,
  KinesisStreamsSinkSpec,
  KinesisStreamsSourceSpec,
  Partitioning,
  SinkTransformation,
  SourceTransformation,
  Transformation,
  WatermarksTransformation,
  WatermarkStrategySpec,
} from '../../../core/graph/job-graph.ts'
import { arnOf } from './fake-stream.ts'

const base = (id: number, name: string) => ({ id, uid: null, name, parallelism: null, maxParallelism: null })
const edges = (from: readonly number[], partitioning: Partitioning | null) => from.map(f => ({ from: f, partitioning }))

export const kinesisSourceSpec = (overrides: Partial<KinesisStreamsSourceSpec> = {}): KinesisStreamsSourceSpec => ({
  type: 'kinesis-streams',
  streamArn: arnOf('flights'),
  streamName: null,
  configuration: {},
  deserializationSchema: { type: 'simple-string', charset: 'UTF-8' },
  deadLetters: null,
  shardAssigner: { type: 'uniform' },
  preserveShardOrder: true,
  ...overrides,
})

export const kinesisSinkSpec = (overrides: Partial<KinesisStreamsSinkSpec> = {}): KinesisStreamsSinkSpec => ({
  type: 'kinesis-streams',
  streamArn: arnOf('out'),
  streamName: null,
  configuration: {},
  serializationSchema: { type: 'simple-string', charset: 'UTF-8' },
  partitionKeyGenerator: { type: 'random' },
  deadLetters: null,
  failOnError: false,
  maxBatchSize: 500,
  maxInFlightRequests: 50,
  maxBufferedRequests: 10_000,
  maxBatchSizeInBytes: 5 * 1024 * 1024,
  maxTimeInBufferMs: 50,
  maxRecordSizeInBytes: 1024 * 1024,
  ...overrides,
})

export const strategyOf = (overrides: Partial<WatermarkStrategySpec> = {}): WatermarkStrategySpec => ({
  type: 'none',
  maxOutOfOrdernessMs: null,
  idlenessMs: null,
  timestampAssigner: null,
  alignment: null,
  ...overrides,
})

export const sourceT = (id: number, overrides: Partial<SourceTransformation> = {}): SourceTransformation => ({
  ...base(id, `source ${id}`),
  kind: 'source',
  source: kinesisSourceSpec(),
  output: 'text',
  watermarkStrategy: strategyOf(),
  ...overrides,
})

export const collectionT = (id: number, ...values: string[]): SourceTransformation =>
  sourceT(id, { source: { type: 'collection', values } })

export const functionT = (
  id: number,
  from: readonly number[],
  overrides: Partial<FunctionTransformation> & { readonly partitioning?: Partitioning | null } = {},
): FunctionTransformation => {
  const { partitioning = null, ...rest } = overrides
  return {
    ...base(id, `function ${id}`),
    kind: 'function',
    operation: 'map',
    inputs: edges(from, partitioning),
    function: { type: 'local', localId: 'identity' },
    output: 'object',
    deserializesFor: null,
    ...rest,
  }
}

export const pythonT = (
  id: number,
  from: readonly number[],
  overrides: Partial<FunctionTransformation> & { readonly mode?: 'thread' | 'process' | 'driver' } = {},
): FunctionTransformation => {
  const { mode = 'thread', ...rest } = overrides
  return functionT(id, from, { function: { type: 'python', pickle: `pickle ${id}`, mode }, output: 'text', ...rest })
}

export const watermarksT = (
  id: number,
  from: readonly number[],
  overrides: Partial<WatermarksTransformation> & { readonly partitioning?: Partitioning | null } = {},
): WatermarksTransformation => {
  const { partitioning = null, ...rest } = overrides
  return {
    ...base(id, `watermarks ${id}`),
    kind: 'watermarks',
    inputs: edges(from, partitioning),
    watermarkStrategy: strategyOf({ type: 'monotonous' }),
    output: 'text',
    ...rest,
  }
}

export const sinkT = (
  id: number,
  from: readonly number[],
  overrides: Partial<SinkTransformation> & { readonly partitioning?: Partitioning | null } = {},
): SinkTransformation => {
  const { partitioning = null, ...rest } = overrides
  return {
    ...base(id, `sink ${id}`),
    kind: 'sink',
    inputs: edges(from, partitioning),
    sink: { type: 'discard' },
    ...rest,
  }
}

export const graphOf = (transformations: readonly Transformation[], overrides: Partial<JobGraph> = {}): JobGraph => ({
  version: 1,
  name: 'flights',
  configuration: {},
  parallelism: null,
  maxParallelism: null,
  transformations,
  ...overrides,
})
