/** Job graphs with everything that a test does not care about filled in. */
import { JOB_GRAPH_VERSION } from '../../../core/graph/job-graph.ts'
import type { JobGraph } from '../../../core/graph/job-graph.ts'
import type { PartitionerSpec } from '../../../core/graph/partitioner-spec.ts'
import type { ProcessTransformation } from '../../../core/operators/process/process-kind.ts'
import type { WatermarksTransformation } from '../../../core/operators/time/watermarks-kind.ts'
import type { SinkTransformation } from '../../../core/operators/sink-factory.ts'
import type { SourceTransformation } from '../../../core/operators/source-factory.ts'
import type { Edge, Transformation } from '../../../core/graph/transformation.ts'
import type { WatermarkStrategySpec } from '../../../core/graph/watermark-strategy-spec.ts'
import type { KinesisStreamsSourceSpec } from '../../../core/connectors/kinesis/kinesis-streams-source-spec.ts'
import type { KinesisStreamsSinkSpec } from '../../../core/connectors/kinesis/kinesis-streams-sink-spec.ts'
import type { CollectionSourceSpec } from '../../../core/connectors/collection/collection-source-factory.ts'
import type { KinesisFirehoseSinkSpec } from '../../../core/connectors/firehose/kinesis-firehose-sink-spec.ts'
import { arnOf } from './fake-stream.ts'

const base = (id: number, name: string) => ({
  id,
  uid: null,
  name,
  parallelism: null,
  maxParallelism: null,
  inputs: [] as readonly Edge[],
})

/** Partitioners that need no function, by their names. */
export type SimplePartitioning = Exclude<PartitionerSpec['type'], 'local' | 'module'>
interface Partitioned {
  readonly partitioning?: SimplePartitioning | null
}

export const edgeT = (from: number, overrides: Partial<Edge> = {}): Edge => ({
  from,
  tag: null,
  input: 0,
  partitioner: null,
  ...overrides,
})

const edges = (from: readonly number[], partitioning: SimplePartitioning | null) =>
  from.map(f => edgeT(f, { partitioner: partitioning === null ? null : { type: partitioning } }))

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

type AnySourceSpec = KinesisStreamsSourceSpec | CollectionSourceSpec
type AnySinkSpec =
  | KinesisStreamsSinkSpec
  | KinesisFirehoseSinkSpec
  | { readonly type: 'print'; readonly identifier: string | null }
  | { readonly type: 'discard' }
export type SourceT = SourceTransformation<AnySourceSpec>
export type SinkT = SinkTransformation<AnySinkSpec>

export const sourceT = (id: number, overrides: Partial<SourceT> = {}): SourceT => ({
  ...base(id, `source ${id}`),
  kind: 'source',
  source: kinesisSourceSpec(),
  output: 'text',
  watermarkStrategy: strategyOf(),
  ...overrides,
})

export const collectionT = (id: number, ...values: string[]): SourceT =>
  sourceT(id, { source: { type: 'collection', values } })

/** A transformation with a function: a `map`, unless another kind is given. */
export type FunctionT = Omit<ProcessTransformation, 'sideOutputs'> &
  Partial<Pick<ProcessTransformation, 'sideOutputs'>> & { readonly deserializesFor?: number | null }

const hasSideOutputs = (kind: string): boolean => kind.endsWith('process')
const completesSchemas = (kind: string): boolean => kind === 'map' || kind === 'flat_map'

export const functionT = (
  id: number,
  from: readonly number[],
  { partitioning = null, ...overrides }: Partial<FunctionT> & Partitioned = {},
): FunctionT => {
  const { kind = 'map' } = overrides
  return {
    ...base(id, `function ${id}`),
    kind,
    inputs: edges(from, partitioning),
    function: { type: 'local', localId: 'identity' },
    output: 'object',
    ...(completesSchemas(kind) ? { deserializesFor: null } : {}),
    ...(hasSideOutputs(kind) ? { sideOutputs: {} } : {}),
    ...overrides,
  }
}

export const pythonT = (
  id: number,
  from: readonly number[],
  overrides: Partial<FunctionT> & Partitioned & { readonly mode?: 'thread' | 'process' | 'driver' } = {},
): FunctionT => {
  const { mode = 'thread', ...rest } = overrides
  return functionT(id, from, { function: { type: 'python', pickle: `pickle ${id}`, mode }, output: 'text', ...rest })
}

export const watermarksT = (
  id: number,
  from: readonly number[],
  overrides: Partial<WatermarksTransformation> & Partitioned = {},
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

export const sinkT = (id: number, from: readonly number[], overrides: Partial<SinkT> & Partitioned = {}): SinkT => {
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
  version: JOB_GRAPH_VERSION,
  name: 'flights',
  configuration: {},
  parallelism: null,
  maxParallelism: null,
  transformations,
  ...overrides,
})
