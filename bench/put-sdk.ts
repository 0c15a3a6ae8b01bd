/** The peer, PutRecords alone, with the AWS SDK for JavaScript over HTTP/1.1 with keep-alive: Buffers, a random key a record. */
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { randomUUID } from 'node:crypto'

import { preparedRecords, PUTS_IN_FLIGHT } from './prepared-records.ts'

const [endpoint, recordBytes, inFlight = PUTS_IN_FLIGHT] = process.argv.slice(2) as [string, string, string?]
const client = new KinesisClient({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  requestHandler: new NodeHttpHandler(),
})
const records = preparedRecords(Number(recordBytes)).slice(0, 500)

async function put(): Promise<never> {
  for (;;) {
    const Records = records.map(Data => ({ Data, PartitionKey: randomUUID() }))
    const { FailedRecordCount } = await client.send(new PutRecordsCommand({ StreamName: 'bench', Records }))
    if (FailedRecordCount !== 0) throw new Error('records were refused')
  }
}

await Promise.all(Array.from({ length: Number(inFlight) }, put))
