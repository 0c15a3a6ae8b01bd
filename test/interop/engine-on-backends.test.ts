/** The same jobs on our emulator and on Kinesis servers that we did not write: the engine must not be right only by our own reading. */
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'

import {
  KinesisStreamsSink,
  KinesisStreamsSource,
  PartitionKeyGenerator,
  SimpleStringSchema,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from '../../core/index.ts'
import type { DataStream } from '../../core/index.ts'
import { backends } from './backends.ts'

Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' })

class Streams {
  readonly #client: KinesisClient
  readonly endpoint: string

  constructor(endpoint: string) {
    this.endpoint = endpoint
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    this.#client = new KinesisClient({
      endpoint,
      region: 'us-east-1',
      credentials,
      requestHandler: new NodeHttpHandler(),
    })
  }

  /** The stream's ARN, once it is active. */
  async create(StreamName: string, ShardCount: number): Promise<string> {
    await this.#client.send(new CreateStreamCommand({ StreamName, ShardCount }))
    return this.active(StreamName)
  }

  async active(StreamName: string): Promise<string> {
    for (let tries = 0; tries < 200; tries++) {
      const { StreamDescriptionSummary: summary } = await this.#client.send(
        new DescribeStreamSummaryCommand({ StreamName }),
      )
      if (summary?.StreamStatus === 'ACTIVE') return summary.StreamARN!
      await sleep(25)
    }
    throw new Error(`${StreamName} did not become active`)
  }

  async put(StreamName: string, values: readonly string[], keyOf: (value: string) => string): Promise<void> {
    for (let at = 0; at < values.length; at += 200) {
      const Records = values.slice(at, at + 200).map(v => ({ Data: Buffer.from(v), PartitionKey: keyOf(v) }))
      const { FailedRecordCount } = await this.#client.send(new PutRecordsCommand({ StreamName, Records }))
      if (FailedRecordCount) throw new Error(`${FailedRecordCount} records were refused`)
    }
  }

  async shards(StreamName: string) {
    return (await this.#client.send(new ListShardsCommand({ StreamName }))).Shards ?? []
  }

  async split(StreamName: string): Promise<void> {
    const open = (await this.shards(StreamName)).find(s => s.SequenceNumberRange?.EndingSequenceNumber === undefined)!
    const { StartingHashKey, EndingHashKey } = open.HashKeyRange!
    const NewStartingHashKey = String((BigInt(StartingHashKey!) + BigInt(EndingHashKey!)) / 2n + 1n)
    await this.#client.send(new SplitShardCommand({ StreamName, ShardToSplit: open.ShardId, NewStartingHashKey }))
    await this.active(StreamName)
  }

  async merge(StreamName: string): Promise<void> {
    const open = (await this.shards(StreamName)).filter(s => s.SequenceNumberRange?.EndingSequenceNumber === undefined)
    const [first, second] = open.sort((a, b) =>
      BigInt(a.HashKeyRange!.StartingHashKey!) < BigInt(b.HashKeyRange!.StartingHashKey!) ? -1 : 1,
    )
    await this.#client.send(
      new MergeShardsCommand({ StreamName, ShardToMerge: first!.ShardId, AdjacentShardToMerge: second!.ShardId }),
    )
    await this.active(StreamName)
  }

  /** Every record of every shard, in the order of each shard. */
  async readAll(StreamName: string): Promise<string[]> {
    const values: string[] = []
    for (const { ShardId } of await this.shards(StreamName)) {
      let { ShardIterator } = await this.#client.send(
        new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
      )
      for (let empty = 0; ShardIterator !== undefined && empty < 2;) {
        const page = await this.#client.send(new GetRecordsCommand({ ShardIterator, Limit: 1000 }))
        values.push(...(page.Records ?? []).map(r => Buffer.from(r.Data!).toString()))
        empty = page.Records?.length ? 0 : empty + 1
        ShardIterator = page.NextShardIterator
      }
    }
    return values
  }

  source(
    streamArn: string,
    env: StreamExecutionEnvironment,
    stopAt = 'latest',
    more: Readonly<Record<string, string>> = {},
  ): DataStream<string> {
    const config = {
      ...more,
      'source.init.position': 'TRIM_HORIZON',
      'aws.endpoint': this.endpoint,
      'shardline.source.stop-at': stopAt,
    }
    const source = KinesisStreamsSource.builder()
      .setStreamArn(streamArn)
      .setSourceConfig({
        ...config,
        'source.shard.discovery.interval': '200 ms',
        'source.reader.empty-records-fetch-interval': '20 ms',
      })
      .setDeserializationSchema(new SimpleStringSchema())
      .build()
    return env.fromSource(source, WatermarkStrategy.noWatermarks(), 'in')
  }

  sink(streamArn: string): KinesisStreamsSink {
    return KinesisStreamsSink.builder()
      .setStreamArn(streamArn)
      .setKinesisClientProperties({ 'aws.endpoint': this.endpoint })
      .setSerializationSchema(new SimpleStringSchema())
      .setPartitionKeyGenerator(PartitionKeyGenerator.random())
      .setMaxBatchSize(200)
      .setMaxTimeInBufferMs(100)
      .build()
  }
}

const numbered = (n: number): string[] => Array.from({ length: n }, (_, i) => `${i % 13}:${i}:ä€😀`)
const keyOf = (value: string): string => value.split(':')[0]!

for (const backend of backends)
  t.test(`on ${backend.name}`, async t => {
    const running = await backend.start()
    t.teardown(() => running.stop())
    const streams = new Streams(running.endpoint)
    const values = numbered(backend.records)
    const directory = mkdtempSync(path.join(os.tmpdir(), 'shardline-interop-'))
    t.teardown(() => rmSync(directory, { recursive: true, force: true }))

    await t.test('everything that was in the stream arrives in the other, once', async t => {
      const [input, output] = [await streams.create('all-in', 3), await streams.create('all-out', 2)]
      await streams.put('all-in', values, keyOf)
      const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(2)
      streams.source(input, env).sinkTo(streams.sink(output))
      const { state } = await env.execute('all')
      t.equal(state, 'FINISHED')
      t.strictSame((await streams.readAll('all-out')).sort(), [...values].sort())
    })

    if (backend.fanOut !== 'nothing')
      await t.test('by enhanced fan-out everything arrives once, and in the order of each key', async t => {
        const input = await streams.create('fan-out', 2)
        const half = values.length / 2
        await streams.put('fan-out', values.slice(0, half), keyOf)
        if (backend.fanOut === 'all') await streams.split('fan-out')
        await streams.put('fan-out', values.slice(half), keyOf)
        const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(1)
        const fanOut = { 'source.reader.type': 'EFO', 'source.efo.consumer.name': 'me' }
        const seen: string[] = []
        for await (const value of streams.source(input, env, 'latest', fanOut).executeAndCollect()) seen.push(value)
        t.strictSame([...seen].sort(), [...values].sort())
        for (const key of new Set(values.map(keyOf)))
          t.strictSame(
            seen.filter(v => keyOf(v) === key),
            values.filter(v => keyOf(v) === key),
          )
      })

    await t.test('a filter and a map see each value once', async t => {
      const [input, output] = [await streams.create('map-in', 2), await streams.create('map-out', 1)]
      await streams.put('map-in', values, keyOf)
      const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(2)
      streams
        .source(input, env)
        .filter(v => keyOf(v) === '3')
        .map(v => v.toUpperCase())
        .sinkTo(streams.sink(output))
      await env.execute('map')
      const expected = values.filter(v => keyOf(v) === '3').map(v => v.toUpperCase())
      t.strictSame((await streams.readAll('map-out')).sort(), expected.sort())
    })

    await t.test('through a split and a merge nothing is lost, and each key keeps its order', async t => {
      const input = await streams.create('reshard', 1)
      const third = Math.ceil(values.length / 3)
      await streams.put('reshard', values.slice(0, third), keyOf)
      const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(2)
      const seen: string[] = []
      const collected = (async () => {
        for await (const value of streams.source(input, env, 'never').executeAndCollect('reshard')) {
          seen.push(value)
          if (seen.length === values.length) break
        }
      })()
      await streams.split('reshard')
      await streams.put('reshard', values.slice(third, 2 * third), keyOf)
      await streams.merge('reshard')
      await streams.put('reshard', values.slice(2 * third), keyOf)
      await collected
      for (let key = 0; key < 13; key++)
        t.strictSame(
          seen.filter(v => keyOf(v) === String(key)),
          values.filter(v => keyOf(v) === String(key)),
          `order of key ${key}`,
        )
    })

    await t.test('a job that was stopped goes on from its checkpoint, at another parallelism', async t => {
      const [input, output] = [await streams.create('resume-in', 3), await streams.create('resume-out', 1)]
      const half = values.length >> 1
      const run = async (parallelism: number, restore: Record<string, string>): Promise<void> => {
        const env = StreamExecutionEnvironment.getExecutionEnvironment({
          'execution.checkpointing.dir': directory,
          ...restore,
        })
        env.setParallelism(parallelism).enableCheckpointing(50)
        streams.source(input, env).sinkTo(streams.sink(output))
        await env.execute('resume')
      }
      await streams.put('resume-in', values.slice(0, half), keyOf)
      await run(1, {})
      await streams.put('resume-in', values.slice(half), keyOf)
      await run(3, { 'execution.state-recovery.path': 'latest' })
      t.strictSame((await streams.readAll('resume-out')).sort(), [...values].sort())
    })
  })
