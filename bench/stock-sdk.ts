/**
 * The peer: a Kinesis-to-Kinesis loop as one writes it with the AWS SDK for JavaScript, over HTTP/1.1 with keep-alive (its default
 * handler is slower still). One reader a shard, values as strings, 4 PutRecords of 500 in flight, a random key a record.
 */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { randomUUID } from 'node:crypto'

const PUTS_IN_FLIGHT = 4
const endpoint = process.argv[2]!
const client = new KinesisClient({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  requestHandler: new NodeHttpHandler(),
})
const StreamName = 'bench'
const inFlight = new Set<Promise<void>>()

async function put(values: readonly string[]): Promise<void> {
  const Records = values.map(value => ({ Data: Buffer.from(value), PartitionKey: randomUUID() }))
  const { FailedRecordCount } = await client.send(new PutRecordsCommand({ StreamName, Records }))
  if (FailedRecordCount !== 0) throw new Error('records were refused')
}

async function read(ShardId: string): Promise<void> {
  let { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
  )
  while (ShardIterator !== undefined) {
    const page = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 10_000 }))
    const values = (page.Records ?? []).map(r => Buffer.from(r.Data!).toString())
    for (let at = 0; at < values.length; at += 500) {
      while (inFlight.size >= PUTS_IN_FLIGHT) await Promise.race(inFlight)
      const sent: Promise<void> = put(values.slice(at, at + 500)).finally(() => inFlight.delete(sent))
      inFlight.add(sent)
    }
    ShardIterator = page.NextShardIterator
  }
}

const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }))
await Promise.all(Shards.map(s => read(s.ShardId!)))
