/**
 * How long the records of a child shard wait: from the last record of its parent to its own first, in round trips of a network
 * that takes 20 ms. Two are the least: one for an iterator, one for records. Prints the median as JSON.
 */
import {
  KinesisStreamsSource,
  SimpleStringSchema,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from '../core/index.ts'
import { KinesisEmulator } from '../emulator/index.ts'

const ROUND_TRIP_MS = 20
const ROUNDS = 15

const kinesis = await KinesisEmulator.start({ streams: { flights: 1 }, limits: false })
Object.assign(process.env, kinesis.environment())
const slow = { kind: 'slow', delayMs: ROUND_TRIP_MS } as const
for (const operation of ['GetRecords', 'GetShardIterator'])
  kinesis.faults.inject({ operation, times: Infinity, fault: slow })

const arrivedAt = new Map<string, number>()
let arrived: () => void = () => undefined
const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(2)
const source = KinesisStreamsSource.builder()
  .setStreamArn(kinesis.streamArn('flights'))
  .setSourceConfig({ 'source.init.position': 'TRIM_HORIZON', 'aws.endpoint': kinesis.endpoint })
  .setDeserializationSchema(new SimpleStringSchema())
  .build()
env
  .fromSource(source, WatermarkStrategy.noWatermarks(), 'flights')
  .filter(value => {
    arrivedAt.set(value, performance.now())
    arrived()
    return false
  })
  .print()
await env.executeAsync('resharding')

const waits: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const shard = kinesis.records('flights').find(s => s.open)!.shardId
  kinesis.put('flights', [{ data: `parent ${round}`, partitionKey: 'k' }])
  const children = kinesis.splitShard('flights', shard)
  kinesis.put('flights', [{ data: `child ${round}`, partitionKey: 'k' }])
  while (!arrivedAt.has(`child ${round}`)) await new Promise<void>(resolve => (arrived = resolve))
  waits.push(arrivedAt.get(`child ${round}`)! - arrivedAt.get(`parent ${round}`)!)
  kinesis.mergeShards('flights', children[0]!, children[1]!)
}
waits.sort((a, b) => a - b)
process.stdout.write(`${JSON.stringify({ waitMs: waits[Math.floor(ROUNDS / 2)], roundTripMs: ROUND_TRIP_MS })}\n`)
process.exit(0)
