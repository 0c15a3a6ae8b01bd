/**
 * Reads the second stream back with Amazon's own client and holds it against what the flights say: every delayed flight is
 * there, once, and those of an origin are in their order.
 */
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'

import type { Flight } from './flights.ts'

/** What the script under `python/examples` takes for delayed. */
const TOLERATED_MINUTES = 15

export interface Verdict {
  readonly expected: number
  readonly found: number
  readonly lost: number
  readonly duplicates: number
  readonly unexpected: number
  /** Flights that came before an earlier one of the same origin. */
  readonly outOfOrder: number
  readonly origins: number
}

export async function verify(
  flights: readonly Flight[],
  stream: string,
  endpoint: string,
  region: string,
): Promise<Verdict> {
  const expected = new Set(
    flights.filter(f => f.delay > TOLERATED_MINUTES).map(f => `${f.origin} ${f.seq} ${f.destination} ${f.delay}`),
  )
  const seen = new Set<string>()
  const lastSeq = new Map<string, number>()
  let [found, duplicates, unexpected, outOfOrder] = [0, 0, 0, 0]
  for await (const text of readStream(stream, endpoint, region)) {
    found++
    const report = JSON.parse(text) as Flight
    const flight = `${report.origin} ${report.seq} ${report.destination} ${report.delay}`
    if (!expected.has(flight)) unexpected++
    if (seen.has(flight)) {
      duplicates++
      continue
    }
    seen.add(flight)
    if ((lastSeq.get(report.origin) ?? -1) > report.seq) outOfOrder++
    lastSeq.set(report.origin, report.seq)
  }
  const lost = [...expected].filter(flight => !seen.has(flight)).length
  return { expected: expected.size, found, lost, duplicates, unexpected, outOfOrder, origins: lastSeq.size }
}

async function* readStream(stream: string, endpoint: string, region: string): AsyncGenerator<string> {
  const credentials = { accessKeyId: 'demo', secretAccessKey: 'demo' }
  const client = new KinesisClient({ endpoint, region, credentials, requestHandler: new NodeHttpHandler() })
  const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }))
  for (const { ShardId } of shards) {
    let { ShardIterator } = await client.send(
      new GetShardIteratorCommand({ StreamName: stream, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    )
    for (let behind = 1; ShardIterator !== undefined && behind > 0;) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 10_000 }))
      for (const record of page.Records ?? []) yield Buffer.from(record.Data!).toString()
      ShardIterator = page.NextShardIterator
      behind = page.MillisBehindLatest ?? 0
    }
  }
  client.destroy()
}
