/**
 * Walks the tables of docs/how-to/grant-permissions.md. Each feature works where the service denies everything but what its rows call
 * needed, and fails, with the name of the action, where one of those is denied.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import t from 'tap'

import { systemProcesses } from '../../core/checkpoint/process-table.ts'
import { S3CheckpointStorage } from '../../core/checkpoint/s3-checkpoint-storage.ts'
import { systemClock } from '../../core/foundation/clock.ts'
import { Configuration } from '../../core/foundation/config/configuration.ts'
import { asShardlineError } from '../../core/foundation/errors.ts'
import { takeLease } from '../../core/runtime/job/checkpoint-folder.ts'
import type { JobGraph } from '../../core/graph/job-graph.ts'
import { FirehoseDeliveryStream } from '../../core/aws/firehose/firehose-client.ts'
import { GlueSchemaRegistryClient } from '../../core/aws/glue/glue-client.ts'
import { KinesisFirehoseSinkConnector } from '../../core/connectors/firehose/kinesis-firehose-sink-connector.ts'
import type { KinesisEmulator } from '../../emulator/index.ts'
import { operations } from '../../emulator/operations/operations.ts'
import { parseGlueConfigs } from '../../schemas/glue/glue-configs.ts'
import { SchemaRegistry } from '../../schemas/glue/schema-registry.ts'
import { textBatch } from '../core/fakes/batches.ts'
import { checkpointOf } from '../core/fakes/checkpoints.ts'
import { collectionT, graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../core/fakes/graphs.ts'
import { emulator, jobOf, numbered, pointedAt, StatefulSink, textsIn } from '../core/fakes/jobs.ts'
import { ManualClock } from '../core/fakes/manual-clock.ts'
import { door, startMoto } from '../core/fakes/moto.ts'
import { scriptedServer } from '../core/fakes/scripted-server.ts'

import type { Test } from 'tap'

interface Permissions {
  readonly needed: Set<string>
  readonly optional: Set<string>
}

/** Runs the feature where only these actions are allowed. @throws what the feature fails of */
type Feature = (t: Test, allowed: ReadonlySet<string>) => Promise<unknown>

const root = fileURLToPath(new URL('../../..', import.meta.url))
const guide = readFileSync(path.join(root, 'docs/how-to/grant-permissions.md'), 'utf8')

const table = new Map<string, Permissions>()
for (const [, feature, action, need] of guide.matchAll(
  /^\| ([^|]+) \| `([a-z0-9]+:\w+)` \| [^|]+ \| (needed|optional) \|/gm,
)) {
  const permissions = table.get(feature!) ?? { needed: new Set(), optional: new Set() }
  table.set(feature!, permissions)
  permissions[need as 'needed' | 'optional'].add(action!)
}

const keys = {
  'aws.credentials.provider.basic.accesskeyid': 'test',
  'aws.credentials.provider.basic.secretkey': 'test',
}
const ONCE = { 'restart-strategy.type': 'none', 'shardline.source.stop-at': 'latest' }

async function kinesisOf(t: Test, allowed: ReadonlySet<string>): Promise<KinesisEmulator> {
  const kinesis = await emulator(t, { emptyEventIntervalMs: 20, resubscribeDelayMs: 0 })
  kinesis.put('flights', numbered(10))
  for (const operation of operations.keys())
    if (!allowed.has(`kinesis:${operation}`))
      kinesis.faults.inject({
        operation,
        times: Infinity,
        fault: {
          kind: 'error',
          name: 'AccessDeniedException',
          status: 400,
          message: `not authorized to perform: kinesis:${operation}`,
        },
      })
  return kinesis
}

async function ran(t: Test, graph: JobGraph, sink?: StatefulSink): Promise<void> {
  const { job } = jobOf(t, graph, sink === undefined ? {} : { kinesisSink: () => sink })
  await job.start()
  await job.result()
}

const reading =
  (of: (kinesis: KinesisEmulator) => object, configuration: Record<string, string> = {}): Feature =>
  async (t, allowed) => {
    const kinesis = await kinesisOf(t, allowed)
    const sink = new StatefulSink()
    await ran(
      t,
      graphOf([sourceT(1, { source: kinesisSourceSpec(of(kinesis)) }), sinkT(2, [1], { sink: kinesisSinkSpec() })], {
        parallelism: 1,
        configuration: pointedAt(kinesis, { 'aws.region': 'us-east-1', ...ONCE, ...configuration }),
      }),
      sink,
    )
    t.equal(sink.values.length, 10)
  }

const writing =
  (overrides: object, values: readonly string[], written: (kinesis: KinesisEmulator) => number): Feature =>
  async (t, allowed) => {
    const kinesis = await kinesisOf(t, allowed)
    const sink = kinesisSinkSpec({ streamArn: kinesis.streamArn('out'), ...overrides })
    await ran(
      t,
      graphOf([collectionT(1, ...values), sinkT(2, [1], { sink })], {
        parallelism: 1,
        configuration: pointedAt(kinesis, ONCE),
      }),
    )
    t.equal(written(kinesis), values.length)
  }

const firehose: Feature = async (t, allowed) => {
  const server = await scriptedServer(t, ({ headers, json }) => {
    const operation = String(headers['x-amz-target']).split('.').at(-1)!
    if (!allowed.has(`firehose:${operation}`)) return denied(`firehose:${operation}`)
    const responses = ((json['Records'] ?? []) as unknown[]).map((_, i) => ({ RecordId: `record ${i}` }))
    return operation === 'PutRecordBatch'
      ? { status: 200, json: { FailedPutCount: 0, RequestResponses: responses } }
      : { status: 200, json: { DeliveryStreamDescription: { DeliveryStreamStatus: 'ACTIVE' } } }
  })
  const { partitionKeyGenerator: _, streamArn: __, streamName: ___, ...limits } = kinesisSinkSpec()
  const sink = new KinesisFirehoseSinkConnector(
    {
      ...limits,
      type: 'kinesis-firehose',
      deliveryStreamName: 'out',
      maxBatchSizeInBytes: 1e6,
      maxRecordSizeInBytes: 1e6,
    },
    new Configuration({ 'aws.region': 'us-east-1', 'aws.endpoint': server.url, ...keys }),
    systemClock,
    { proxyFactory: (name, configuration, clock) => new FirehoseDeliveryStream(name, configuration, clock) },
  )
  await sink.validate()
  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => reject(asShardlineError(error))
    const writer = sink.createWriter({ subtask: 0, parallelism: 1, restored: [], fail })
    t.teardown(() => writer.close())
    Promise.resolve(writer.write(textBatch('a', 'b')))
      .then(() => writer.finish())
      .then(resolve, fail)
  })
}

const denied = (action: string) => ({
  status: 400,
  json: { __type: 'AccessDeniedException', message: `not authorized to perform: ${action}` },
})

const ID = '123e4567-e89b-12d3-a456-426614174000'
const NOT_THERE = { status: 400, json: { __type: 'EntityNotFoundException', message: 'not found' } }

/** Waits are over at once; deadlines never come. */
class QuickClock extends ManualClock {
  override schedule(delayMs: number, action: () => void): () => void {
    if (delayMs >= 10_000) return () => undefined
    const timer = setImmediate(action)
    return () => clearImmediate(timer)
  }
}

/** `there`: what the registry has: a version, its schema alone, or nothing. */
async function glue(t: Test, allowed: ReadonlySet<string>, there: 'version' | 'schema' | 'nothing') {
  const server = await scriptedServer(t, ({ headers }) => {
    const operation = String(headers['x-amz-target']).split('.').at(-1)!
    if (!allowed.has(`glue:${operation}`)) return denied(`glue:${operation}`)
    if (operation === 'GetSchemaByDefinition' && there !== 'version') return NOT_THERE
    if (operation === 'GetSchema' && there === 'nothing') return NOT_THERE
    const pending = operation === 'CreateSchema' || operation === 'RegisterSchemaVersion'
    const status = pending ? 'PENDING' : 'AVAILABLE'
    return {
      status: 200,
      json: {
        SchemaName: 'f',
        SchemaVersionId: ID,
        Status: status,
        SchemaVersionStatus: status,
        SchemaDefinition: '"int"',
        DataFormat: 'AVRO',
      },
    }
  })
  const configs = { region: 'us-east-1', endpoint: server.url, schemaAutoRegistrationEnabled: 'true', ...keys }
  const settings = parseGlueConfigs(configs, 'AVRO')
  const client = new GlueSchemaRegistryClient(settings.client, new QuickClock())
  t.teardown(() => client.close())
  return new SchemaRegistry(client, settings.registry, new QuickClock())
}
const schema = { schemaName: 'f', dataFormat: 'AVRO', definition: '"int"', transportName: 'stream' } as const

/** The program: moto serves all of its tests. */
const whole = t
let moto: Awaited<ReturnType<typeof startMoto>> | undefined
let buckets = 0

/** A bucket with a checkpoint, behind a door that denies what is not allowed. */
async function s3(t: Test, allowed: ReadonlySet<string>): Promise<S3CheckpointStorage> {
  moto ??= await startMoto(whole)
  const bucket = `permissions-${++buckets}`
  const open = await door(t, moto)
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0'
  await fetch(`${open.url}/${bucket}`, { method: 'PUT', headers: { authorization } })
  const configuration = new Configuration({
    's3.endpoint': open.url,
    's3.path.style.access': 'true',
    's3.access-key': 'AKID',
    's3.secret-key': 'hush',
  })
  const storage = new S3CheckpointStorage(`s3://${bucket}/state`, 'flights', configuration)
  await storage.store(checkpointOf())
  open.instead = ({ method, path: asked }) => {
    const listing = method === 'GET' && asked.includes('list-type=2')
    const action = listing
      ? 's3:ListBucket'
      : { GET: 's3:GetObject', PUT: 's3:PutObject', DELETE: 's3:DeleteObject' }[method]
    if (action !== undefined && allowed.has(action)) return null
    return { status: 403, body: '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>' }
  }
  return storage
}

const features: Readonly<Record<string, Feature>> = {
  'source by ARN': reading(kinesis => ({ streamArn: kinesis.streamArn('flights') })),
  'source by name': reading(() => ({ streamArn: null, streamName: 'flights' })),
  'enhanced fan-out': reading(kinesis => ({ streamArn: kinesis.streamArn('flights') }), {
    'source.reader.type': 'EFO',
    'source.efo.consumer.name': 'me',
  }),
  sink: writing({}, ['a', 'b'], kinesis => textsIn(kinesis, 'out').length),
  'sink with aggregation': writing(
    { configuration: { 'sink.aggregation.enabled': 'true' } },
    ['a'],
    kinesis => textsIn(kinesis, 'out').length,
  ),
  'dead letters to a stream': async (t, allowed) => {
    const kinesis = await kinesisOf(t, allowed)
    const deadLetters = {
      type: 'kinesis-streams',
      streamArn: kinesis.streamArn('out'),
      streamName: null,
      configuration: {},
    } as const
    const sink = kinesisSinkSpec({ streamArn: kinesis.streamArn('flights'), maxRecordSizeInBytes: 50, deadLetters })
    await ran(
      t,
      graphOf([collectionT(1, 'x'.repeat(51)), sinkT(2, [1], { sink })], {
        parallelism: 1,
        configuration: pointedAt(kinesis, ONCE),
      }),
    )
    t.equal(textsIn(kinesis, 'out').length, 1)
  },
  'Firehose sink': firehose,
  'Glue schema, reading': async (t, allowed) => (await glue(t, allowed, 'version')).schemaOf(ID),
  'Glue schema, writing': async (t, allowed) => (await glue(t, allowed, 'version')).versionOf(schema),
  'Glue schema, registering': async (t, allowed) => {
    for (const there of ['nothing', 'schema'] as const) await (await glue(t, allowed, there)).versionOf(schema)
  },
  'checkpoints in S3': async (t, allowed) => {
    const storage = await s3(t, allowed)
    const lease = await takeLease(
      storage,
      { runId: 'f'.repeat(32), jobName: 'flights', restoredFrom: null },
      {
        processes: systemProcesses,
        clock: systemClock,
        warn: message => t.comment(message),
        onLost: error => t.fail(error.message),
        signal: new AbortController().signal,
      },
    )
    t.teardown(() => lease?.release())
    await lease?.check()
    await storage.lastCheckpointId()
    await storage.store(checkpointOf({ checkpointId: 2 }))
  },
  'restore from S3': async (t, allowed) => (await s3(t, allowed)).load('latest'),
}

t.test('the guide has these features', async t => {
  t.same([...table.keys()].sort(), Object.keys(features).sort())
})

for (const [name, feature] of Object.entries(features)) {
  const { needed, optional } = table.get(name)!
  t.test(`${name} works with what it needs, and with nothing else`, t => feature(t, needed))
  t.test(`${name} works with everything`, t => feature(t, new Set([...needed, ...optional])))
  for (const action of needed)
    t.test(`${name} fails without ${action}, and says so`, async t => {
      const others = new Set([...needed, ...optional].filter(a => a !== action))
      const failure = await feature(t, others).then(
        () => null,
        (error: unknown) => error as Error,
      )
      t.match(failure?.message ?? 'it works', new RegExp(action))
    })
}
