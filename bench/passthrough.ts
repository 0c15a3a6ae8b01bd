/** Ours from Node: Kinesis to Kinesis as strings, 4 PutRecords in flight, a random key a record. */
import {
  KinesisStreamsSink,
  KinesisStreamsSource,
  PartitionKeyGenerator,
  SimpleStringSchema,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from '../core/index.ts'

const endpoint = { 'aws.endpoint': process.argv[2]! }
const streamArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/bench'
const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1)
const source = KinesisStreamsSource.builder()
  .setStreamArn(streamArn)
  .setSourceConfig({ 'source.init.position': 'TRIM_HORIZON', ...endpoint })
  .setDeserializationSchema(new SimpleStringSchema())
  .build()
const sink = KinesisStreamsSink.builder()
  .setStreamArn(streamArn)
  .setKinesisClientProperties(endpoint)
  .setSerializationSchema(new SimpleStringSchema())
  .setPartitionKeyGenerator(PartitionKeyGenerator.random())
  .setMaxInFlightRequests(4)
  .build()
env.fromSource(source, WatermarkStrategy.noWatermarks(), 'bench').sinkTo(sink)
await env.execute('passthrough')
