/**
 * Whole clients against a server on loopback whose answers are damaged: the control calls of Kinesis, Firehose, Glue, STS and S3
 * by the SDK, the hot calls by our own client. Each call gives a value of the right shape or one of our errors, which names the
 * operation. An error of JavaScript's own never gets through. `SHARDLINE_ROUNDS` and `SHARDLINE_SEED` as in codecs.test.ts.
 */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'

import { encodeCheckpoint } from '../../core/checkpoint/checkpoint-document.ts'
import { S3CheckpointStorage } from '../../core/checkpoint/s3-checkpoint-storage.ts'
import { Configuration } from '../../core/foundation/config/configuration.ts'
import { ShardlineError } from '../../core/foundation/errors.ts'
import { createAwsAccess } from '../../core/aws/service/aws-access.ts'
import { FirehoseDeliveryStream } from '../../core/aws/firehose/firehose-client.ts'
import { GlueSchemaRegistryClient } from '../../core/aws/glue/glue-client.ts'
import { KinesisStreamProxy } from '../../core/aws/kinesis/kinesis-stream-proxy.ts'
import { parseGlueConfigs } from '../../schemas/glue/glue-configs.ts'
import { checkpointOf } from '../core/fakes/checkpoints.ts'
import { runOf } from '../core/fakes/fake-sink-stream.ts'
import { ManualClock } from '../core/fakes/manual-clock.ts'
import { Random } from '../simulation/random.ts'
import { cut, damageField, flipBits } from './mutation.ts'

const ROUNDS = Number(process.env['SHARDLINE_ROUNDS'] ?? 20_000) / 10
const SEED = Number(process.env['SHARDLINE_SEED'] ?? 1)

/** Pauses between attempts are over at once. Deadlines never come. */
class HastyClock extends ManualClock {
  override schedule(delayMs: number, action: () => void): () => void {
    if (delayMs >= 30_000) return () => undefined
    const timer = setImmediate(action)
    return () => clearImmediate(timer)
  }
}

const ARN = 'arn:aws:kinesis:eu-west-1:123456789012:stream/flights'
const SHARD = 'shardId-000000000000'
const VERSION = 'b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63'

interface Answer {
  readonly body: Buffer
  readonly type: string
  readonly status?: number
}
let answer: Answer = { body: Buffer.alloc(0), type: '' }
/** By path, of S3, where each call asks for something else. */
let objects: ((path: string) => Answer) | null = null
const server = http.createServer((request, response) => {
  request.resume().on('end', () => {
    const { body, type, status = 200 } = objects?.(request.url!) ?? answer
    response.writeHead(status, { 'content-type': type }).end(body)
  })
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const credentials = {
  'aws.region': 'eu-west-1',
  'aws.credentials.provider.basic.accesskeyid': 'test',
  'aws.credentials.provider.basic.secretkey': 'test',
  'retry-strategy.delay.min': '1 ms',
  'retry-strategy.delay.max': '1 ms',
}
const configuration = new Configuration({ ...credentials, 'aws.endpoint': url })
const clock = new HastyClock()
const kinesis = new KinesisStreamProxy({ streamArn: ARN, streamName: null }, configuration, clock)
const firehose = new FirehoseDeliveryStream('letters', configuration, clock)
const glue = new GlueSchemaRegistryClient(
  parseGlueConfigs({ ...credentials, endpoint: url, region: 'eu-west-1' }, 'AVRO').client,
  clock,
)
const run = runOf([
  ['k', 'first'],
  ['k', 'second'],
])

const shard = (n: number) => ({
  ShardId: `shardId-00000000000${n}`,
  ...(n === 0 ? {} : { ParentShardId: SHARD }),
  HashKeyRange: { StartingHashKey: '0', EndingHashKey: '340282366920938463463374607431768211455' },
  SequenceNumberRange: { StartingSequenceNumber: '495', ...(n === 0 ? { EndingSequenceNumber: '496' } : {}) },
})
const consumer = {
  ConsumerName: 'me',
  ConsumerARN: `${ARN}/consumer/me:1`,
  ConsumerStatus: 'ACTIVE',
  ConsumerCreationTimestamp: 1_769_860_800,
}
const version = { SchemaVersionId: VERSION, SchemaDefinition: '"int"', DataFormat: 'AVRO', Status: 'AVAILABLE' }

interface Target {
  readonly operation: string
  readonly answer: unknown
  readonly call: () => Promise<unknown>
}

const targets: Target[] = [
  { operation: 'ListShards', answer: { Shards: [shard(0), shard(1)] }, call: () => kinesis.listShards() },
  {
    operation: 'DescribeStreamSummary',
    answer: {
      StreamDescriptionSummary: {
        StreamName: 'flights',
        StreamARN: ARN,
        StreamStatus: 'ACTIVE',
        RetentionPeriodHours: 24,
        StreamCreationTimestamp: 1_769_860_800.5,
        EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
        OpenShardCount: 1,
      },
    },
    call: () => kinesis.describeStream(),
  },
  {
    operation: 'GetShardIterator',
    answer: { ShardIterator: 'AAAAAAAAAAHSywljv0zEgPX4' },
    call: () => kinesis.getShardIterator(SHARD, { type: 'TRIM_HORIZON' }),
  },
  {
    operation: 'GetRecords',
    answer: {
      Records: [
        { Data: 'YQ==', PartitionKey: 'k', SequenceNumber: '1', ApproximateArrivalTimestamp: 1_769_860_800.5 },
        { Data: 'Yg==', PartitionKey: 'k', SequenceNumber: '2', ApproximateArrivalTimestamp: 1_769_860_800.5 },
      ],
      NextShardIterator: 'AAAA',
      MillisBehindLatest: 0,
    },
    call: () => kinesis.getRecords(SHARD, 'AAAA', 10),
  },
  {
    operation: 'PutRecords',
    answer: {
      FailedRecordCount: 0,
      Records: [
        { ShardId: SHARD, SequenceNumber: '1' },
        { ShardId: SHARD, SequenceNumber: '2' },
      ],
    },
    call: () => kinesis.putRecords([run]),
  },
  {
    operation: 'DescribeStreamConsumer',
    answer: { ConsumerDescription: { ...consumer, StreamARN: ARN } },
    call: () => kinesis.describeStreamConsumer('me'),
  },
  {
    operation: 'RegisterStreamConsumer',
    answer: { Consumer: consumer },
    call: () => kinesis.registerStreamConsumer('me'),
  },
  {
    operation: 'PutRecordBatch',
    answer: { FailedPutCount: 1, RequestResponses: [{ RecordId: '1' }, { ErrorCode: 'X', ErrorMessage: 'y' }] },
    call: () => firehose.putRecordBatch([run], new AbortController().signal),
  },
  {
    operation: 'DescribeDeliveryStream',
    answer: { DeliveryStreamDescription: { DeliveryStreamStatus: 'ACTIVE', DeliveryStreamType: 'DirectPut' } },
    call: () => firehose.describe(),
  },
  { operation: 'GetSchemaVersion', answer: version, call: () => glue.getSchemaVersion(VERSION) },
  { operation: 'GetSchemaByDefinition', answer: version, call: () => glue.getSchemaByDefinition('f', 'r', '"int"') },
  { operation: 'GetSchema', answer: { SchemaName: 'f' }, call: () => glue.schemaExists('f', 'r') },
]

/** Words of the language's own errors, and of a value that was not there. */
const RAW = /Cannot read|is not a function|is not iterable|DataView|undefined|\[object|NaN|Maximum call stack/

t.teardown(() => {
  kinesis.close()
  firehose.close()
  glue.close()
  server.closeAllConnections()
  server.close()
})

for (const { operation, answer: sound, call } of targets)
  t.test(`damaged answers to ${operation}`, async t => {
    const random = new Random(SEED)
    const body = Buffer.from(JSON.stringify(sound))
    const type = 'application/x-amz-json-1.1'
    answer = { body, type }
    await call()
    const wrong: string[] = []
    const seen = { errors: 0, values: 0 }
    for (let round = 0; round < Math.ceil(ROUNDS / targets.length); round++) {
      const damaged = random.pick([flipBits, cut, () => Buffer.from(JSON.stringify(damageField(sound, random)))])(
        body,
        random,
      )
      answer = { body: damaged, type }
      try {
        const value = await call()
        seen.values++
        if (/undefined|NaN/.test(shown(value))) wrong.push(`${shown(value)} of ${damaged.toString()}`)
      } catch (error) {
        seen.errors++
        const told = error as Error
        if (!(error instanceof ShardlineError) || !told.message.includes(operation) || RAW.test(told.message))
          wrong.push(`${told.name}: ${told.message} of ${damaged.toString()}`)
      }
    }
    t.equal(wrong.length, 0, wrong.slice(0, 3).join('\n'))
    t.ok(seen.errors > 0, JSON.stringify(seen))
  })

/** With every member that is undefined, or no number, visible. */
function shown(value: unknown): string {
  const seen = new Set<unknown>()
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner === undefined) return 'undefined'
    if (typeof inner === 'number' && Number.isNaN(inner)) return 'NaN'
    if (typeof inner === 'bigint') return String(inner)
    if (typeof inner === 'object' && inner !== null) {
      if (seen.has(inner)) return 'seen'
      seen.add(inner)
    }
    return inner
  })
}

t.test('damaged answers of STS', async t => {
  const random = new Random(SEED)
  const sound = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>THE-SECRET</SecretAccessKey><SessionToken>THE-TOKEN</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
  const P = 'aws.credentials.provider'
  const values = {
    'aws.region': 'eu-west-1',
    'retry-strategy.delay.min': '1 ms',
    'retry-strategy.delay.max': '1 ms',
    [P]: 'ASSUME_ROLE',
    [`${P}.role.arn`]: 'arn:aws:iam::123456789012:role/reader',
    [`${P}.role.stsEndpoint`]: url,
    [`${P}.role.provider`]: 'BASIC',
    [`${P}.role.provider.basic.accesskeyid`]: 'AKID',
    [`${P}.role.provider.basic.secretkey`]: 'hush',
  }
  const wrong: string[] = []
  for (let round = 0; round < Math.ceil(ROUNDS / 20); round++) {
    const element = random.pick(['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration', 'Credentials'])
    const damaged = random.pick([
      () => flipBits(Buffer.from(sound), random),
      () => cut(Buffer.from(sound), random),
      () => Buffer.from(sound.replace(new RegExp(`<${element}>.*</${element}>`), '')),
    ])()
    answer = { body: damaged, type: 'text/xml' }
    const access = createAwsAccess(new Configuration(values), null, new HastyClock(Date.now()))
    try {
      const { accessKeyId, secretAccessKey } = await access.credentials()
      if (
        typeof accessKeyId !== 'string' ||
        typeof secretAccessKey !== 'string' ||
        accessKeyId === '' ||
        secretAccessKey === ''
      )
        wrong.push(`half of credentials of ${damaged.toString()}`)
    } catch (error) {
      const told = error as Error
      if (!(error instanceof ShardlineError) || RAW.test(told.message) || /THE-SECRET|THE-TOKEN/.test(told.message))
        wrong.push(`${told.name}: ${told.message} of ${damaged.toString()}`)
    } finally {
      access.close()
    }
  }
  t.equal(wrong.length, 0, wrong.slice(0, 3).join('\n'))
})

t.test('damaged answers of S3: the newest checkpoint, whole, or an error', async t => {
  const random = new Random(SEED)
  const newest = checkpointOf({ checkpointId: 12 })
  const { metadata, files } = encodeCheckpoint(newest, null)
  const listing = (prefix: string, names: readonly string[], element: string): string =>
    `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix>${prefix}</Prefix><KeyCount>${names.length}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>${names.map(name => element.replace('NAME', prefix + name)).join('')}</ListBucketResult>`
  const folders = listing('flights/', ['chk-11/', 'chk-12/'], '<CommonPrefixes><Prefix>NAME</Prefix></CommonPrefixes>')
  const found = listing('flights/chk-12/_metadata', [''], '<Contents><Key>NAME</Key><Size>9</Size></Contents>')
  const missing = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code><Message>no</Message></Error>'
  const sound = (path: string): Answer => {
    const xml = (text: string, status = 200): Answer => ({ body: Buffer.from(text), type: 'application/xml', status })
    if (path.includes('delimiter=')) return xml(folders)
    if (path.includes('list-type=2')) return xml(path.includes('chk-12') ? found : listing('', [], ''))
    const name = path.split('?')[0]!.split('/chk-12/')[1]
    const content = name === '_metadata' ? metadata : files.find(file => file.name === name)?.bytes
    return content === undefined ? xml(missing, 404) : { body: Buffer.from(content), type: 'binary/octet-stream' }
  }
  const storage = new S3CheckpointStorage(
    's3://b',
    'flights',
    new Configuration({
      's3.endpoint': url,
      's3.path.style.access': 'true',
      's3.access-key': 'AKID',
      's3.secret-key': 'hush',
    }),
  )
  objects = sound
  t.teardown(() => (objects = null))
  t.equal((await storage.load('latest')).checkpoint.checkpointId, 12)
  const wrong: string[] = []
  const seen = { errors: 0, values: 0 }
  for (let round = 0; round < Math.ceil(ROUNDS / 20); round++) {
    const [damage, kind] = random.pick([
      [(body: Buffer) => flipBits(body, random), 'flip'] as const,
      [(body: Buffer) => cut(body, random), 'cut'] as const,
      [(body: Buffer) => Buffer.from(withoutElement(body.toString('latin1'), random), 'latin1'), 'missing'] as const,
    ])
    const victim = random.int(0, 2)
    let asked = 0
    let damaged = ''
    objects = path => {
      const whole = sound(path)
      if (asked++ !== victim) return whole
      const body = damage(whole.body)
      damaged = body.toString()
      return { ...whole, body }
    }
    try {
      const { checkpoint } = await storage.load('latest')
      seen.values++
      // A flipped bit in a name of the listing is another name, and nothing tells.
      if (kind !== 'flip' && checkpoint.checkpointId !== 12) wrong.push(`chk-${checkpoint.checkpointId} of ${damaged}`)
    } catch (error) {
      seen.errors++
      const told = error as Error
      if (!(error instanceof ShardlineError) || RAW.test(told.message))
        wrong.push(`${told.name}: ${told.message} of ${damaged}`)
    }
  }
  t.equal(wrong.length, 0, wrong.slice(0, 3).join('\n'))
  t.ok(seen.errors > 0, JSON.stringify(seen))
})

function withoutElement(xml: string, random: Random): string {
  const elements = [...xml.matchAll(/<(\w+)>[^<]*<\/\1>/g)].map(([element]) => element)
  return elements.length === 0 ? xml.slice(1) : xml.replace(random.pick(elements), '')
}
