/**
 * A Kinesis that answers from prepared bodies, so that the client is measured: 4 shards whose every GetRecords gives a full answer
 * of the same records under later sequence numbers, a PutRecords that takes all, and as much of the control plane as a client asks
 * for. It counts.
 *
 * A program of its own: `node canned-server.js RECORD_BYTES`; prints its port, answers `GET /` with its counts.
 */
import { encode } from 'cborg'
import http from 'node:http'

export interface Counts {
  readonly recordsOut: number
  /** Records of all PutRecords that were answered. */
  readonly recordsIn: number
  /** Epoch milliseconds of the first PutRecords; null: none yet. */
  readonly firstPutAtMs: number | null
}

const SHARDS = 4
const recordBytes = Number(process.argv[2] ?? 100)
/** What fits into an answer of the service, and not more than it gives. */
const recordsPerAnswer = recordBytes > 500 ? 5000 : 10_000
const counts = { recordsOut: 0, recordsIn: 0, firstPutAtMs: null as number | null }

/** Four digits of each sequence number count the answers of a shard. They are written into the prepared body before it is sent. */
const GENERATION = 'gggg'
const records = Array.from({ length: recordsPerAnswer }, (_, i) => ({
  SequenceNumber: `4959033827149025660855969253836157109592157598${GENERATION}${String(100_000 + i)}`,
  ApproximateArrivalTimestamp: 1_700_000_000_000 + i,
  Data: Buffer.from(String(i).padStart(recordBytes, 'abcdefghij')),
  PartitionKey: `user-${i % 1000}`,
}))
const results = Array.from({ length: 500 }, (_, i) => ({
  SequenceNumber: records[i]!.SequenceNumber.replace(GENERATION, '1000'),
  ShardId: 'shardId-000000000000',
}))

/** An answer, and where the generation of each of its sequence numbers is. */
class Answer {
  readonly body: Buffer
  readonly #offsets: Uint32Array
  #generation = 1000

  constructor(body: Buffer) {
    this.body = body
    const offsets: number[] = []
    for (let at = body.indexOf(GENERATION); at >= 0; at = body.indexOf(GENERATION, at + 1)) offsets.push(at)
    this.#offsets = Uint32Array.from(offsets)
  }

  /** The answer with the next sequence numbers. */
  next(): Buffer {
    const digits = Buffer.from(String(this.#generation++)).readUInt32LE(0)
    for (const offset of this.#offsets) this.body.writeUInt32LE(digits, offset)
    return this.body
  }
}

const bodies = new Map<string, { readonly cbor: Answer; readonly json: Answer }>()
for (let shard = 0; shard < SHARDS; shard++) {
  const rest = { NextShardIterator: `iterator-of-shard-${shard}`, MillisBehindLatest: 1000 }
  const inJson = records.map(r => ({
    ...r,
    Data: r.Data.toString('base64'),
    ApproximateArrivalTimestamp: r.ApproximateArrivalTimestamp / 1000,
  }))
  bodies.set(`iterator-of-shard-${shard}`, {
    cbor: new Answer(Buffer.from(encode({ Records: records, ...rest }))),
    json: new Answer(Buffer.from(JSON.stringify({ Records: inJson, ...rest }))),
  })
}
const taken = {
  cbor: Buffer.from(encode({ FailedRecordCount: 0, Records: results })),
  json: Buffer.from(JSON.stringify({ FailedRecordCount: 0, Records: results })),
}

const range = (shard: number): object => ({
  StartingHashKey: String((BigInt(shard) << 128n) / BigInt(SHARDS)),
  EndingHashKey: String((BigInt(shard + 1) << 128n) / BigInt(SHARDS) - 1n),
})
const control: Readonly<Record<string, (body: { ShardId?: string }) => object>> = {
  DescribeStreamSummary: () => ({
    StreamDescriptionSummary: {
      StreamName: 'bench',
      StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/bench',
      StreamStatus: 'ACTIVE',
      StreamCreationTimestamp: 1_700_000_000,
      RetentionPeriodHours: 24,
      EnhancedMonitoring: [],
      OpenShardCount: SHARDS,
    },
  }),
  ListShards: () => ({
    Shards: Array.from({ length: SHARDS }, (_, i) => ({
      ShardId: `shardId-00000000000${i}`,
      HashKeyRange: range(i),
      SequenceNumberRange: { StartingSequenceNumber: '1' },
    })),
  }),
  GetShardIterator: ({ ShardId = '' }) => ({ ShardIterator: `iterator-of-shard-${ShardId.at(-1) ?? ''}` }),
}

function answer(response: http.ServerResponse, body: Buffer, type: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': body.length })
  response.end(body)
}

http
  .createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target'] ?? '').split('.')[1]
      const type = request.headers['content-type'] ?? ''
      const cbor = type.includes('cbor')
      const body = Buffer.concat(chunks)
      if (operation === 'GetRecords') {
        const iterator = /iterator-of-shard-\d/.exec(body.latin1Slice(0, body.length))?.[0] ?? ''
        counts.recordsOut += recordsPerAnswer
        answer(response, bodies.get(iterator)![cbor ? 'cbor' : 'json'].next(), type)
      } else if (operation === 'PutRecords') {
        counts.firstPutAtMs ??= Date.now()
        counts.recordsIn += 500
        answer(response, taken[cbor ? 'cbor' : 'json'], type)
      } else if (operation === undefined) answer(response, Buffer.from(JSON.stringify(counts)), 'application/json')
      else
        answer(
          response,
          Buffer.from(JSON.stringify(control[operation]!(JSON.parse(body.toString()) as object))),
          'application/x-amz-json-1.1',
        )
    })
  })
  .listen(0, '127.0.0.1', function (this: http.Server) {
    process.stdout.write(`${(this.address() as { port: number }).port}\n`)
  })
