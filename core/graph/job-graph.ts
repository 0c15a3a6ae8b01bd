/**
 * What a program said, as plain data: the logical transformations of a job, versioned and serialisable.
 * It holds no behaviour; chaining, scheduling and state are the engine's business. Both languages build it, `rpc`
 * accepts it, and `schemas/job-graph.schema.json` describes it for everybody else.
 *
 * Rule of every object here: each key is always present and `null` means "not set"; a missing key is an error.
 */

import type { AlignmentSettings } from './watermark-settings.ts'
import type { WatermarkSettings } from './watermark-settings.ts'
import type { SchemaSpec } from '../../schemas/contracts/schema-spec.ts'
import type { PayloadType } from '../foundation/record-batch/payload-type.ts'

export const JOB_GRAPH_VERSION = 1

export type { PayloadType }

/** How an edge distributes elements over the subtasks of its target. `hash`: by key; from a `key_by`, and only from there. */
export type Partitioning = 'forward' | 'rebalance' | 'hash'

export interface JobGraph {
  readonly version: typeof JOB_GRAPH_VERSION
  readonly name: string
  /** Configuration by Flink's keys. Every value is a string, as in Flink's own `Configuration`. */
  readonly configuration: Readonly<Record<string, string>>
  /** Default parallelism; null: the number of cores. */
  readonly parallelism: number | null
  readonly maxParallelism: number | null
  /** In topological order: inputs come before their users. */
  readonly transformations: readonly Transformation[]
}

export interface TransformationBase {
  /** Unique in the graph; ascending in the order of creation. */
  readonly id: number
  /** The user's name for this operator's state; null: the engine generates a stable one. */
  readonly uid: string | null
  readonly name: string
  readonly parallelism: number | null
  readonly maxParallelism: number | null
}

export type Transformation =
  SourceTransformation | FunctionTransformation | WatermarksTransformation | SinkTransformation

export interface SourceTransformation extends TransformationBase {
  readonly kind: 'source'
  readonly source: SourceSpec
  readonly output: PayloadType
  readonly watermarkStrategy: WatermarkStrategySpec
}

export interface FunctionTransformation extends TransformationBase {
  readonly kind: 'function'
  /**
   * `print` and `collect` end a chain: they take values and give none. `key_by` passes values on with the key that its function
   * gives. `process` is a process function, with state and timers by key behind a `hash` edge; of a module or of this process:
   * its class, or a function that makes it.
   */
  readonly operation: FunctionOperation
  readonly inputs: readonly Edge[]
  readonly function: FunctionSpec
  readonly output: PayloadType
  /**
   * The source right before it, whose schema this Python function completes: a record for which it raises cannot be read, and
   * becomes what the source says. null: it completes none.
   */
  readonly deserializesFor: number | null
}

export type FunctionOperation = 'map' | 'filter' | 'flat_map' | 'process' | 'key_by' | 'print' | 'collect'

/** Gives the records of a stream their event time, and the stream its watermarks. */
export interface WatermarksTransformation extends TransformationBase {
  readonly kind: 'watermarks'
  readonly inputs: readonly Edge[]
  readonly watermarkStrategy: WatermarkStrategySpec
  /** The payload type of its input. */
  readonly output: PayloadType
}

export interface SinkTransformation extends TransformationBase {
  readonly kind: 'sink'
  readonly inputs: readonly Edge[]
  readonly sink: SinkSpec
}

export interface Edge {
  /** The transformation that this edge starts from. */
  readonly from: number
  /** null: forward where both ends have the same parallelism, else rebalance. */
  readonly partitioning: Partitioning | null
}

// ---- sources

export type SourceSpec = KinesisStreamsSourceSpec | CollectionSourceSpec

export interface KinesisStreamsSourceSpec {
  readonly type: 'kinesis-streams'
  /** One of the two is set. With a name alone the region must be configured, and the service is asked for the ARN. */
  readonly streamArn: string | null
  readonly streamName: string | null
  /** `aws.*`, `source.*` and `shardline.source.*` keys. */
  readonly configuration: Readonly<Record<string, string>>
  readonly deserializationSchema: SchemaSpec
  /** Who gets records that the schema cannot read; null: `shardline.source.poison-records` says what becomes of them. */
  readonly deadLetters: DeadLettersSpec | null
  readonly shardAssigner: ShardAssignerSpec
  readonly preserveShardOrder: boolean
}

/** Which subtask reads a shard: an even share of the hash keys, a number made of the shard's id, or the program's own choice. */
export type ShardAssignerSpec =
  | { readonly type: 'uniform' }
  | { readonly type: 'default' }
  | { readonly type: 'local'; readonly localId: string }
  | { readonly type: 'module'; readonly url: string; readonly export: string }
  /** A callable made by cloudpickle, called in the driver. */
  | { readonly type: 'python'; readonly pickle: string }

/** A bounded list of values that the program brought along. It runs with parallelism 1. */
export interface CollectionSourceSpec {
  readonly type: 'collection'
  /** By the transformation's output: text as it is; bytes and pickles in base64. `object`: a local id, see FunctionSpec. */
  readonly values: readonly string[]
}

// ---- functions

export type FunctionSpec =
  /** A callable made by cloudpickle. `mode`: in the driver, in a process of its own, or always in the driver. */
  | { readonly type: 'python'; readonly pickle: string; readonly mode: 'thread' | 'process' | 'driver' }
  /** An ECMAScript module's export. */
  | { readonly type: 'module'; readonly url: string; readonly export: string }
  /** A function of this very process; refused over a bridge. */
  | { readonly type: 'local'; readonly localId: string }

// ---- sinks

export type SinkSpec = KinesisStreamsSinkSpec | KinesisFirehoseSinkSpec | PrintSinkSpec | DiscardSinkSpec

/** When a sink that sends in batches sends what; the names are Flink's. */
export interface BatchingLimits {
  readonly failOnError: boolean
  readonly maxBatchSize: number
  readonly maxInFlightRequests: number
  readonly maxBufferedRequests: number
  readonly maxBatchSizeInBytes: number
  readonly maxTimeInBufferMs: number
  readonly maxRecordSizeInBytes: number
}

/** What sinks that send in batches have in common. */
interface BatchingSinkSpec extends BatchingLimits {
  /** `aws.*` and `sink.*` keys. */
  readonly configuration: Readonly<Record<string, string>>
  readonly serializationSchema: SchemaSpec
  /** Who gets what can never be written; null: nobody, and the job fails. */
  readonly deadLetters: DeadLettersSpec | null
}

export interface KinesisStreamsSinkSpec extends BatchingSinkSpec {
  readonly type: 'kinesis-streams'
  /** One of the two is set; the ARN wins. */
  readonly streamArn: string | null
  readonly streamName: string | null
  readonly partitionKeyGenerator: PartitionKeyGeneratorSpec
}

/**
 * `fixed`: the sink subtask's index; `random`: a UUID for each record; `key_by`: what the `key_by` before the sink gave, a string,
 * or a tuple of the partition key and an explicit hash key (or null). Functions take the value and give the same.
 */
export type PartitionKeyGeneratorSpec =
  | { readonly type: 'fixed' }
  | { readonly type: 'random' }
  | { readonly type: 'key_by' }
  | { readonly type: 'local'; readonly localId: string }
  | { readonly type: 'module'; readonly url: string; readonly export: string }

/** Where records go that cannot be read, or never be written: lines of a file, records of another stream, or a function. */
export type DeadLettersSpec =
  | { readonly type: 'file'; readonly path: string }
  | {
      readonly type: 'kinesis-streams'
      /** One of the two is set; the ARN wins. */
      readonly streamArn: string | null
      readonly streamName: string | null
      /** `aws.*` keys. */
      readonly configuration: Readonly<Record<string, string>>
    }
  | { readonly type: 'local'; readonly localId: string }
  | { readonly type: 'module'; readonly url: string; readonly export: string }
  /** A callable made by cloudpickle, called in the driver. */
  | { readonly type: 'python'; readonly pickle: string }

/** Amazon Data Firehose: a record has no key. */
export interface KinesisFirehoseSinkSpec extends BatchingSinkSpec {
  readonly type: 'kinesis-firehose'
  readonly deliveryStreamName: string
}

/** Writes each value as a line, with Flink's `id:N> ` prefix. Text values only. */
export interface PrintSinkSpec {
  readonly type: 'print'
  readonly identifier: string | null
}

/** Takes everything and does nothing: the end of a chain that has no sink of its own. */
export interface DiscardSinkSpec {
  readonly type: 'discard'
}

// ---- schemas and event time

export type { SchemaSpec }

/** `none` gives no watermarks; `monotonous` is a bound of 0. */
export interface WatermarkStrategySpec extends WatermarkSettings {
  /** Takes a value and the timestamp that it has, gives epoch milliseconds; null: records keep the time of the source. */
  readonly timestampAssigner: FunctionSpec | null
  /** For sources alone: those of one group do not run ahead of each other. null: this one does as it likes. */
  readonly alignment: AlignmentSettings | null
}
