/**
 * The limit: the same requests without any work. Answers are received and dropped, and for every record read a prepared body is
 * sent, unsigned; with `put` that alone. What remains is HTTP on loopback and the canned server, on the same two cores.
 */
import http from 'node:http'

import { PUTS_IN_FLIGHT } from './prepared-records.ts'

const endpoint = new URL(process.argv[2]!)
const recordBytes = Number(process.argv[3])
const putsPerAnswer = (recordBytes > 500 ? 5000 : 10_000) / 500
const agent = new http.Agent({ keepAlive: true })
const putBody = Buffer.alloc(500 * (recordBytes + 36 + 24), 0x61)

function post(operation: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'x-amz-target': `Kinesis_20131202.${operation}`,
      'content-type': 'application/x-amz-cbor-1.1',
      'content-length': body.length,
    }
    const request = http.request(
      { agent, host: endpoint.hostname, port: endpoint.port, method: 'POST', headers },
      response => {
        response.on('data', () => undefined)
        response.on('end', resolve)
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

const inFlight = new Set<Promise<void>>()
async function read(shard: number): Promise<never> {
  for (;;) {
    await post('GetRecords', Buffer.from(`iterator-of-shard-${shard}`))
    for (let i = 0; i < putsPerAnswer; i++) {
      while (inFlight.size >= PUTS_IN_FLIGHT) await Promise.race(inFlight)
      const sent: Promise<void> = post('PutRecords', putBody).finally(() => inFlight.delete(sent))
      inFlight.add(sent)
    }
  }
}

async function write(): Promise<never> {
  for (;;) await post('PutRecords', putBody)
}

await Promise.all(process.argv[4] === 'put' ? Array.from({ length: PUTS_IN_FLIGHT }, write) : [0, 1, 2, 3].map(read))
