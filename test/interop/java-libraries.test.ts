/**
 * Amazon's Java libraries: the SDK, asynchronous as Flink and the KCL use it, against the emulator; the KCL's de-aggregator on
 * what our sink packed. They need Java 17, Maven and a registry, so they run only where SHARDLINE_TEST_JAVA is set.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import t from 'tap'
import type { Test } from 'tap'

import { systemClock } from '../../core/foundation/clock.ts'
import { Configuration } from '../../core/foundation/config/configuration.ts'
import { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { KinesisStreamsSinkConnector } from '../../core/connectors/kinesis/sink/kinesis-streams-sink-connector.ts'
import { KinesisEmulator } from '../../emulator/index.ts'
import { AGGREGATE_CASES } from '../schemas/kpl/aggregate-cases.ts'
import { kinesisSinkSpec } from '../core/fakes/graphs.ts'

const project = fileURLToPath(new URL('../../../test/interop/java', import.meta.url))
const wanted = process.env['SHARDLINE_TEST_JAVA'] !== undefined
const run = promisify(execFile)

/** Maven brings the libraries, into a folder of the test's own. */
async function javaLibraries(t: Test): Promise<string> {
  const libraries = await mkdtemp(path.join(os.tmpdir(), 'shardline-java-'))
  t.teardown(() => rm(libraries, { recursive: true, force: true }))
  const copy = ['-q', '-B', '-f', path.join(project, 'pom.xml'), 'dependency:copy-dependencies']
  await run('mvn', [...copy, `-DoutputDirectory=${libraries}`], { timeout: 120_000 })
  return libraries
}

const javaOf = (libraries: string): string[] => [
  '-cp',
  `${libraries}/*`,
  '-Dfile.encoding=UTF-8',
  '-Dstdout.encoding=UTF-8',
]

/** What the consumer library makes of each record. */
async function deaggregated(libraries: string, records: readonly string[]): Promise<string[][]> {
  const java = run('java', [...javaOf(libraries), path.join(project, 'Deaggregate.java')], {
    timeout: 60_000,
    maxBuffer: 1 << 24,
  })
  java.child.stdin!.end(`${records.join('\n')}\n`)
  const lines = (await java).stdout.trim().split('\n')
  const all: string[][] = [[]]
  for (const line of lines)
    if (line === '.') all.push([])
    else all.at(-1)!.push(line)
  return all.slice(0, -1)
}

t.test(
  'the Java SDK reads a shard to its end, and gets an exception event (opt-in: SHARDLINE_TEST_JAVA=1)',
  { skip: wanted ? false : 'SHARDLINE_TEST_JAVA is not set', timeout: 170_000 },
  async t => {
    const libraries = await javaLibraries(t)
    const kinesis = await KinesisEmulator.start({ streams: { flights: 1 }, emptyEventIntervalMs: 100 })
    t.teardown(() => kinesis.close())
    const { Consumer: consumer } = (await kinesis.call('RegisterStreamConsumer', {
      StreamARN: kinesis.streamArn('flights'),
      ConsumerName: 'app',
    })) as { Consumer: { ConsumerARN: string } }
    kinesis.put('flights', [{ data: 'ä', partitionKey: 'ü' }])
    const [child] = kinesis.splitShard('flights', 'shardId-000000000000')
    kinesis.faults.inject({
      operation: 'SubscribeToShard',
      shardId: child!,
      fault: { kind: 'event-error', name: 'ResourceNotFoundException', afterEvents: 2 },
    })
    const args = [kinesis.endpoint, consumer.ConsumerARN, 'shardId-000000000000', child!]
    const { stdout } = await run('java', [...javaOf(libraries), path.join(project, 'Subscribe.java'), ...args], {
      timeout: 60_000,
    })
    t.same(stdout.trim().split('\n'), [
      'subscribe shardId-000000000000',
      'event ü=ä child shardId-000000000001 child shardId-000000000002 last',
      'end',
      'subscribe shardId-000000000001',
      'event',
      'event',
      'ResourceNotFoundException',
    ])
    t.match(kinesis.requests.recent('SubscribeToShard'), [{ httpVersion: '2' }, { httpVersion: '2' }])
  },
)

t.test(
  'the consumer library unpacks what the sink packed, after a reshard too (opt-in: SHARDLINE_TEST_JAVA=1)',
  { skip: wanted ? false : 'SHARDLINE_TEST_JAVA is not set', timeout: 170_000 },
  async t => {
    const libraries = await javaLibraries(t)
    const kinesis = await KinesisEmulator.start({ streams: { out: 2 }, limits: false })
    t.teardown(() => kinesis.close())
    const spec = kinesisSinkSpec({
      streamArn: kinesis.streamArn('out'),
      partitionKeyGenerator: { type: 'local', localId: 'key' },
      configuration: {
        'aws.endpoint': kinesis.endpoint,
        'aws.credentials.provider.basic.accesskeyid': 'a',
        'aws.credentials.provider.basic.secretkey': 'b',
        'sink.aggregation.enabled': 'true',
      },
    })
    const key = (value: unknown): unknown => {
      const n = Number(String(value).slice(1))
      return n % 10 === 0 ? { partitionKey: `ü${n}`, explicitHashKey: BigInt(n) * 2n ** 118n } : `ü${n % 50}`
    }
    const sink = new KinesisStreamsSinkConnector(spec, new Configuration(), systemClock, { key })
    const writer = sink.createWriter({ subtask: 0, parallelism: 1, restored: [], fail: e => t.fail(String(e)) })
    t.teardown(() => writer.close())
    const values = Array.from({ length: 1000 }, (_, i) => `ä${i}`)
    await writer.write(RecordBatch.pack('text', values.slice(0, 500)))
    await writer.flush()
    for (const shardId of ['shardId-000000000000', 'shardId-000000000001']) kinesis.splitShard('out', shardId)
    await writer.write(RecordBatch.pack('text', values.slice(500)))
    await writer.finish()
    const { Shards } = (await kinesis.call('ListShards', { StreamName: 'out' })) as {
      Shards: { ShardId: string; HashKeyRange: { StartingHashKey: string; EndingHashKey: string } }[]
    }
    const lines = kinesis.records('out').flatMap(({ shardId, records }) => {
      const { StartingHashKey, EndingHashKey } = Shards.find(s => s.ShardId === shardId)!.HashKeyRange
      return records.map(
        r => `${StartingHashKey} ${EndingHashKey} ${r.partitionKey} ${Buffer.from(r.data).toString('base64')}`,
      )
    })
    const users = (await deaggregated(libraries, lines)).flat().map(line => {
      const [place, key, hashKey, data] = line.split('|')
      return [place, key, hashKey, Buffer.from(data!, 'base64').toString()]
    })
    t.ok(lines.length < 40, `${lines.length} records`)
    t.same(users.map(u => u[3]).sort(), [...values].sort(), 'each once, none where it does not belong')
    t.same(
      users.filter(u => u[3] === 'ä510' || u[3] === 'ä3').map(u => u.slice(1)),
      [
        ['ü3', '-', 'ä3'],
        ['ü510', String(510n * 2n ** 118n), 'ä510'],
      ],
    )
  },
)

t.test(
  'the vectors of broken aggregates are what the consumer library makes of them (opt-in: SHARDLINE_TEST_JAVA=1)',
  { skip: wanted ? false : 'SHARDLINE_TEST_JAVA is not set', timeout: 170_000 },
  async t => {
    const lines = AGGREGATE_CASES.map(
      ({ starting, ending, data }) => `${starting} ${ending} outer ${data.toString('base64')}`,
    )
    const made = await deaggregated(await javaLibraries(t), lines)
    const vectors = JSON.parse(
      readFileSync(path.join(project, '../../schemas/kpl/vectors/aggregated-records.json'), 'utf8'),
    ) as unknown
    t.same(
      AGGREGATE_CASES.map(({ name }, i) => ({ name, userRecords: made[i] })),
      vectors,
    )
  },
)
