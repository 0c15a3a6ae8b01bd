/** Shardline for Node, grouped in the order in which data flows. */
export { StreamExecutionEnvironment } from './environment/stream-execution-environment.ts'
export { DataStream, DataStreamSink, KeyedStream } from './environment/data-stream.ts'
export type { Made } from './environment/data-stream.ts'
export { WatermarkStrategy } from './environment/watermark-strategy.ts'
export {
  ByteArraySchema,
  SimpleStringSchema,
  TypeInformationSerializationSchema,
} from './environment/schemas/schema.ts'
export type { Schema } from './environment/schemas/schema.ts'
export { JsonRowDeserializationSchema, JsonRowSerializationSchema } from './environment/schemas/json-row-schema.ts'
export { CsvRowDeserializationSchema, CsvRowSerializationSchema } from './environment/schemas/csv-row-schema.ts'
export {
  AvroDeserializationSchema,
  AvroRowDeserializationSchema,
  AvroRowSerializationSchema,
  AvroSerializationSchema,
} from './environment/schemas/avro-schema.ts'
export type { AvroSchema, GenericRecord, SpecificType } from './environment/schemas/avro-schema.ts'
export {
  GlueSchemaRegistryAvroDeserializationSchema,
  GlueSchemaRegistryAvroSerializationSchema,
  GlueSchemaRegistryJsonDeserializationSchema,
  GlueSchemaRegistryJsonSerializationSchema,
  JsonDataWithSchema,
} from './environment/schemas/glue-schema.ts'
export type { GlueConfiguration } from './environment/schemas/glue-schema.ts'
export { AWSSchemaRegistryConstants } from '../schemas/glue/glue-configs.ts'
export type {
  Collector,
  KinesisDeserializationSchema,
  KinesisRecord,
  SerializationSchema,
} from '../schemas/program-schema.ts'
export { Types } from './environment/types.ts'
export type { RowTypeInfo, TypeInformation } from './environment/types.ts'
export { Decimal } from '../schemas/decimal.ts'

export { KeyedProcessFunction, ProcessFunction } from './operators/process-function.ts'
export type {
  Emitted,
  KeyedProcessContext,
  OnTimerContext,
  ProcessContext,
  RuntimeContext,
  TimerService,
} from './operators/process-function.ts'
export {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from './operators/state.ts'
export type { AggregateFunction, AppendingState, ListState, MapState, ValueState } from './operators/state.ts'

export { Configuration } from './config/configuration.ts'
export { AWSConfigOptions, KinesisSourceConfigOptions, SinkConfigOptions } from './config/option-constants.ts'
export type { ConfigOption } from './config/config-option.ts'

export { KinesisStreamsSource, KinesisStreamsSourceBuilder } from './environment/kinesis-streams-source-builder.ts'
export {
  KinesisStreamsSink,
  KinesisStreamsSinkBuilder,
  PartitionKeyGenerator,
} from './environment/kinesis-streams-sink-builder.ts'

export type { SinkWritable, SinkWritableOptions } from './environment/sink-writable.ts'
export { KinesisFirehoseSink, KinesisFirehoseSinkBuilder } from './environment/kinesis-firehose-sink-builder.ts'
export { DeadLetterHandler } from './environment/dead-letter-handler.ts'
export type { DeadLetter } from './sink/dead-letters.ts'
export type { PartitionKey } from './sink/partition-key-generator.ts'

export type { Job } from './job/job.ts'
export type { JobListener, JobResult, JobState, JobStatus } from './job/job-status.ts'
export type { JobMetrics, OperatorMetrics } from './metrics/job-metrics.ts'
export type { ShardExplanation } from './source/explain.ts'
export type { ShardMetrics } from './source/source.ts'
export type { KinesisShardAssigner, ShardAssignerContext, ShardToAssign } from './source/enumerator/shard-assigner.ts'

export { openCheckpointStorage } from './checkpoint/checkpoint-storage.ts'
export type { Checkpoint, CheckpointStorage, OperatorCheckpoint, StoredCheckpoint } from './checkpoint/checkpoint.ts'
export { checkpointContents } from './source/checkpoint-contents.ts'
export type { CheckpointContents, OperatorContents, StateContents } from './source/checkpoint-contents.ts'
export { rewindCheckpoint } from './source/rewind.ts'
export type { RewindOptions, RewindTarget, RewoundCheckpoint, RewoundSplit } from './source/rewind.ts'
export type { KinesisShardSplit } from './source/split/kinesis-shard-split.ts'

export { registerCredentialsProvider } from './kinesis/credentials/custom-credentials.ts'
export type { CredentialsProvider, CredentialsProviderFactory } from './kinesis/credentials/custom-credentials.ts'
export type { AwsCredentials } from './kinesis/credentials/refreshing-credentials.ts'

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
} from './errors.ts'
export type { ErrorCode } from './errors.ts'
