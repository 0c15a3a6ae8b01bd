/** Shardline for Node, grouped in the order in which data flows. */
export { StreamExecutionEnvironment } from './api/stream-execution-environment.ts'
export { DataStream } from './api/data-stream.ts'
export { KeyedStream } from './api/keyed-stream.ts'
export type { FieldPosition } from './api/keyed-stream.ts'
export { ConnectedStreams } from './api/connected-streams.ts'
export { DataStreamSink } from './api/settable.ts'
export type { Made } from './api/data-stream.ts'
export { WatermarkStrategy } from './api/watermark-strategy.ts'
export { ByteArraySchema, SimpleStringSchema, TypeInformationSerializationSchema } from './api/schemas/schema.ts'
export type { Schema } from './api/schemas/schema.ts'
export { JsonRowDeserializationSchema, JsonRowSerializationSchema } from './api/schemas/json-row-schema.ts'
export { CsvRowDeserializationSchema, CsvRowSerializationSchema } from './api/schemas/csv-row-schema.ts'
export {
  AvroDeserializationSchema,
  AvroRowDeserializationSchema,
  AvroRowSerializationSchema,
  AvroSerializationSchema,
} from './api/schemas/avro-schema.ts'
export type { AvroSchema, GenericRecord, SpecificType } from './api/schemas/avro-schema.ts'
export {
  GlueSchemaRegistryAvroDeserializationSchema,
  GlueSchemaRegistryAvroSerializationSchema,
  GlueSchemaRegistryJsonDeserializationSchema,
  GlueSchemaRegistryJsonSerializationSchema,
  JsonDataWithSchema,
} from './api/schemas/glue-schema.ts'
export type { GlueConfiguration } from './api/schemas/glue-schema.ts'
export { AWSSchemaRegistryConstants } from '../schemas/glue/glue-configs.ts'
export type {
  Collector,
  KinesisDeserializationSchema,
  KinesisRecord,
  SerializationSchema,
} from '../schemas/contracts/program-schema.ts'
export { Types } from './api/types/types.ts'
export type { RowTypeInfo, TypeInformation } from './api/types/types.ts'
export { Decimal } from '../schemas/contracts/decimal.ts'

export {
  CoProcessFunction,
  KeyedCoProcessFunction,
  KeyedProcessFunction,
  OutputTag,
  ProcessFunction,
} from './operators/process/process-function.ts'
export type {
  Emitted,
  KeyedProcessContext,
  OnTimerContext,
  ProcessContext,
  RuntimeContext,
  TimerService,
} from './operators/process/process-function.ts'
export {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from './operators/keyed-state/state.ts'
export type {
  AggregateFunction,
  AppendingState,
  ListState,
  MapState,
  ValueState,
} from './operators/keyed-state/state.ts'

export { Configuration } from './foundation/config/configuration.ts'
export {
  AWSConfigOptions,
  KinesisSourceConfigOptions,
  SinkConfigOptions,
} from './foundation/config/option-constants.ts'
export type { ConfigOption } from './foundation/config/config-option.ts'

export { KinesisStreamsSource, KinesisStreamsSourceBuilder } from './api/kinesis-streams-source-builder.ts'
export {
  KinesisStreamsSink,
  KinesisStreamsSinkBuilder,
  PartitionKeyGenerator,
} from './api/kinesis-streams-sink-builder.ts'

export type { SinkWritable, SinkWritableOptions } from './api/sink-writable.ts'
export { KinesisFirehoseSink, KinesisFirehoseSinkBuilder } from './api/kinesis-firehose-sink-builder.ts'
export { DeadLetterHandler } from './api/dead-letter-handler.ts'
export type { DeadLetter } from './operators/dead-letter.ts'
export type { PartitionKey } from './connectors/partition-keys/custom-keys.ts'

export type { Job } from './runtime/job/job.ts'
export type { JobListener, JobResult, JobState, JobStatus } from './runtime/job/job-status.ts'
export type { JobMetrics, OperatorMetrics } from './metrics/job-metrics.ts'
export type { ShardExplanation } from './operators/source/explain.ts'
export type { ShardMetrics } from './metrics/shard-metrics.ts'
export type { KinesisShardAssigner, ShardAssignerContext, ShardToAssign } from './operators/shard-assigner.ts'

export { openCheckpointStorage } from './checkpoint/checkpoint-storage.ts'
export type { Checkpoint, CheckpointStorage, OperatorCheckpoint, StoredCheckpoint } from './checkpoint/checkpoint.ts'
export { checkpointContents } from './connectors/kinesis/positions/checkpoint-contents.ts'
export type {
  CheckpointContents,
  OperatorContents,
  StateContents,
} from './connectors/kinesis/positions/checkpoint-contents.ts'
export { rewindCheckpoint } from './connectors/kinesis/positions/rewind.ts'
export type {
  RewindOptions,
  RewindTarget,
  RewoundCheckpoint,
  RewoundSplit,
} from './connectors/kinesis/positions/rewind.ts'
export type { KinesisShardSplit } from './connectors/kinesis/source/split/kinesis-shard-split.ts'

export { registerCredentialsProvider } from './aws/credentials/custom-credentials.ts'
export type { CredentialsProvider, CredentialsProviderFactory } from './aws/credentials/custom-credentials.ts'
export type { AwsCredentials } from './aws/credentials/refreshing-credentials.ts'

export {
  BridgeError,
  CheckpointError,
  ConfigurationError,
  FunctionError,
  GraphError,
  JobError,
  RecordError,
  ServiceError,
  ShardlineError,
} from './foundation/errors.ts'
export type { ErrorCode } from './foundation/errors.ts'
