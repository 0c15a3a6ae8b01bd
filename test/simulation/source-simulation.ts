/**
 * The source: records with keys are written, shards split and merge, calls fail, iterators and subscriptions end, and the
 * process is killed and started again from its latest checkpoint, with another parallelism. The job's sink keeps all that it is
 * given as its state, so that at the end each record must be there once, and each key's records in order.
 */
import { RecordAggregator } from 'aws-kinesis-agg'

import { executionOptions } from '../../core/foundation/config/execution-options.ts'
import type { SinkWriter, SinkWriterContext } from '../../core/operators/sink.ts'
import type { ReaderContext, SourceReader } from '../../core/operators/source.ts'
import { KinesisStreamsSourceConnector } from '../../core/connectors/kinesis/source/kinesis-streams-source-connector.ts'
import { KinesisEmulator, VirtualClock } from '../../emulator/index.ts'
import type { Fault } from '../../emulator/index.ts'
import { functionT, graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../core/fakes/graphs.ts'
import type { Incarnation } from './incarnation.ts'
import { inProcessStream } from './in-process-stream.ts'
import type { Damage } from './in-process-stream.ts'
import { Random } from './random.ts'
import { Simulation } from './simulation.ts'
import type { Submission } from './simulation.ts'
import { kindsWith } from '../core/fakes/jobs.ts'

const STREAM = 'flights'

interface Arrived {
  readonly key: string
  readonly n: number
  /** In the order of arrival, over all lives. */
  readonly order: number
}

/** Its readers hand out a few records at a time, as they do for a slow function: positions lie anywhere in a batch. */
class HesitantSource extends KinesisStreamsSourceConnector {
  readonly #random: Random

  constructor(random: Random, ...rest: ConstructorParameters<typeof KinesisStreamsSourceConnector>) {
    super(...rest)
    this.#random = random
  }

  override createReader(context: ReaderContext): SourceReader {
    const reader = super.createReader(context)
    const poll = reader.poll.bind(reader)
    reader.poll = () => poll(this.#random.pick([1, 2, 7, Infinity]))
    return reader
  }
}

type Step = 'put' | 'fault' | 'damage' | 'slow' | 'expire' | 'fail'

export class SourceSimulation extends Simulation<Step> {
  protected readonly weights = {
    put: 30,
    reshard: 8,
    fault: 14,
    damage: 8,
    kill: 8,
    stop: 2,
    slow: 10,
    expire: 2,
    fail: 3,
    wait: 8,
  }
  readonly #configuration: Readonly<Record<string, string>>
  readonly #keys: string[]
  readonly #inOrder: boolean
  /** Records reach the sink over an edge by key: a record of a child shard may leave for it before one of the parent arrives. */
  readonly #byKey: boolean
  /** How many records of each key were written. */
  readonly #written = new Map<string, number>()
  #writers = new Map<number, Arrived[]>()
  #arrivals = 0
  #slowSink = 0
  #failNextWrite = false
  /** What becomes of the next answers, by operation. */
  readonly #damages = new Map<string, Damage[]>()

  constructor(seed: number) {
    const random = new Random(seed)
    const clock = new VirtualClock()
    const kinesis = KinesisEmulator.inProcess({
      streams: { [STREAM]: random.int(1, 4) },
      clock,
      limits: random.chance(0.3),
      updateDelayMs: random.pick([0, 0, 700]),
      consumerCreateDelayMs: random.pick([0, 1500]),
      consumerDeleteDelayMs: random.pick([0, 1500]),
      emptyEventIntervalMs: 3000,
      maxEventBytes: random.pick([64, 1 << 20]),
    })
    super({ random, clock, kinesis, streamName: STREAM })
    this.#keys = Array.from({ length: random.int(1, 8) }, (_, i) => `key ${i}`)
    this.#inOrder = random.chance(0.9)
    this.#byKey = random.chance(0.5)
    this.#configuration = {
      // Nothing was written before the job was first submitted: both mean all that there is.
      'source.init.position': random.pick(['TRIM_HORIZON', 'LATEST']),
      [executionOptions.submittedAt.key]: String(this.startedAt),
      'source.reader.type': random.chance(0.4) ? 'EFO' : 'POLLING',
      'source.efo.consumer.name': 'me',
      'source.deaggregate': 'true',
      'source.shard.discovery.interval': random.pick(['1 s', '10 s']),
      'source.shard.get-records.max-record-count': String(random.pick([1, 2, 5, 10_000])),
      'shardline.source.max-concurrent-reads': String(random.pick([1, 2, 8])),
    }
  }

  protected async act(step: Step): Promise<void> {
    switch (step) {
      case 'put':
        this.#put()
        return
      case 'fault':
        this.#fault()
        return
      case 'damage':
        this.#damage()
        return
      case 'slow':
        this.#slowSink = this.random.pick([0, 20, 200, 900])
        return
      case 'expire':
        await this.pass(310_000, 10_000)
        return
      case 'fail':
        this.#failNextWrite = true
    }
  }

  protected submission(life: Incarnation): Submission {
    this.#writers = new Map()
    const streamArn = this.kinesis.streamArn(STREAM)
    const preserveShardOrder = this.#inOrder
    return {
      graph: (parallelism, configuration) =>
        graphOf(
          [
            sourceT(1, { source: kinesisSourceSpec({ streamArn, preserveShardOrder }) }),
            ...(this.#byKey
              ? [
                  functionT(2, [1], {
                    kind: 'key_by',
                    function: { type: 'local', localId: 'key' },
                    output: 'text',
                  }),
                  functionT(3, [2], { partitioning: 'hash', output: 'text' }),
                ]
              : []),
            sinkT(4, [this.#byKey ? 3 : 1], { sink: kinesisSinkSpec() }),
          ],
          { parallelism, configuration: { ...this.#configuration, ...configuration } },
        ),
      services: {
        locals: new Map<string, (value: never) => unknown>([
          ['key', (value: string) => (JSON.parse(value) as { key: string }).key],
          ['identity', (value: unknown) => value],
        ]),
        kinds: kindsWith({
          kinesisSource: (spec, configuration) =>
            new HesitantSource(this.random, spec, configuration, life, {
              proxyFactory: () =>
                inProcessStream(this.kinesis, STREAM, life, operation => this.#damages.get(operation)?.shift() ?? null),
            }),
          kinesisSink: () => ({
            validate: () => Promise.resolve(),
            createWriter: context => this.#writer(life, context),
          }),
        }),
      },
    }
  }

  #writer(life: Incarnation, { subtask, restored }: SinkWriterContext): SinkWriter {
    const arrived = restored.flatMap(s => s.json as Arrived[])
    if (subtask === 0) this.#writers = new Map()
    this.#writers.set(subtask, arrived)
    return {
      write: async batch => {
        // One write is slow where another is quick, so that what must not overtake gets its chance to.
        const delayMs = this.random.int(0, this.#slowSink)
        if (delayMs > 0) await new Promise<void>(resolve => life.schedule(delayMs, resolve))
        if (this.#failNextWrite) {
          this.#failNextWrite = false
          throw new Error('the sink failed')
        }
        this.note(`subtask ${subtask} got ${batch.positions!.shardId}: ${batch.values().join(' ')}`)
        for (const value of batch.values()) {
          const { key, n } = JSON.parse(String(value)) as { key: string; n: number }
          arrived.push({ key, n, order: this.#arrivals++ })
        }
      },
      snapshot: async () => ({ type: 'arrived', version: 1, json: [...arrived], bytes: null }),
      finish: async () => undefined,
      metrics: () => null,
      close: () => undefined,
    }
  }

  #put(): void {
    for (let i = this.random.int(1, 6); i > 0; i--) {
      const key = this.random.pick(this.#keys)
      const count = this.random.chance(0.3) ? this.random.int(2, 5) : 1
      const data = Array.from({ length: count }, () => this.#nextOf(key))
      this.kinesis.put(STREAM, [{ partitionKey: key, data: count === 1 ? data[0]! : aggregated(key, data) }])
    }
  }

  #nextOf(key: string): string {
    const n = this.#written.get(key) ?? 0
    this.#written.set(key, n + 1)
    return JSON.stringify({ key, n })
  }

  #fault(): void {
    const [operation, fault] = this.random.pick<readonly [string, Fault]>([
      ['GetRecords', { kind: 'throttle' }],
      ['GetRecords', { kind: 'error' }],
      ['GetRecords', { kind: 'reset', when: 'before' }],
      ['GetRecords', { kind: 'reset', when: 'after' }],
      ['GetRecords', { kind: 'expired-iterator' }],
      ['GetRecords', { kind: 'slow', delayMs: this.random.int(10, 3000) }],
      ['GetShardIterator', { kind: 'throttle' }],
      ['ListShards', { kind: 'error' }],
      ['ListShards', { kind: 'slow', delayMs: this.random.int(10, 3000) }],
      ['DescribeStreamSummary', { kind: 'error' }],
      ['DescribeStreamConsumer', { kind: 'throttle' }],
      ['SubscribeToShard', { kind: 'throttle' }],
      ['SubscribeToShard', { kind: 'reset', when: 'after' }],
      ['SubscribeToShard', { kind: 'silence', afterEvents: this.random.int(0, 2) }],
      ['SubscribeToShard', { kind: 'cut', afterEvents: this.random.int(0, 2) }],
      ['SubscribeToShard', { kind: 'early-end', afterEvents: this.random.int(0, 2) }],
      ['SubscribeToShard', { kind: 'event-error', afterEvents: this.random.int(0, 2) }],
    ])
    const times = this.random.int(1, 4)
    this.note(`${operation} ${JSON.stringify(fault)} ${times} times`)
    this.kinesis.faults.inject({ operation, times, fault })
  }

  #damage(): void {
    const operation = this.random.pick(['GetRecords', 'GetRecords', 'SubscribeToShard', 'ListShards'])
    const damages = Array.from({ length: this.random.int(1, 4) }, () =>
      this.random.pick<Damage>(['unreadable', 'incomplete', 'older']),
    )
    this.note(`${operation}: ${damages.join(', ')}`)
    this.#damages.set(operation, damages)
    this.totals['damages'] = (this.totals['damages'] ?? 0) + damages.length
  }

  protected calm(): void {
    this.#damages.clear()
    this.#slowSink = 0
    this.#failNextWrite = false
  }

  protected settled(): boolean {
    const written = [...this.#written.values()].reduce((a, b) => a + b, 0)
    return this.#arrived().length >= written && this.#alarms().length === 0
  }

  #alarms(): string[] {
    return (this.job?.explain() ?? []).filter(s => s.alarm).map(s => `${s.shardId} ${s.reason}`)
  }

  #arrived(): Arrived[] {
    return [...this.#writers.values()].flat()
  }

  protected verify(): void {
    this.totals['records'] = this.#arrivals
    const byKey = new Map<string, Arrived[]>()
    for (const a of this.#arrived()) byKey.set(a.key, [...(byKey.get(a.key) ?? []), a])
    const wrong: string[] = []
    for (const [key, count] of this.#written) {
      const got = (byKey.get(key) ?? []).sort((a, b) => (this.#inOrder ? a.order - b.order : a.n - b.n)).map(a => a.n)
      const expected = Array.from({ length: count }, (_, n) => n)
      if (got.join() !== expected.join()) wrong.push(`${key}: wrote 0 to ${count - 1}, got ${got.join()}`)
    }
    const alarms = this.#alarms()
    if (wrong.length > 0 || alarms.length > 0) throw new Error([...wrong, ...alarms].join('\n'))
  }
}

function aggregated(key: string, data: readonly string[]): Uint8Array {
  const aggregator = new RecordAggregator()
  for (const text of data) aggregator.addUserRecord({ partitionKey: key, data: Buffer.from(text) })
  return aggregator.build()!.data
}
