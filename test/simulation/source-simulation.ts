/**
 * A whole job over a simulated Kinesis and a simulated disk, in virtual time: records with keys are written, shards split and
 * merge, calls fail, iterators and subscriptions end, and the process is killed and started again from its latest checkpoint,
 * with another parallelism. The job's sink keeps all that it is given as its state, so that at the end each record must be
 * there once, and each key's records in order.
 */
import { RecordAggregator } from 'aws-kinesis-agg'

import type { Checkpoint, CheckpointStorage, StoredCheckpoint } from '../../core/checkpoint/checkpoint.ts'
import { executionOptions } from '../../core/config/execution-options.ts'
import { CheckpointError } from '../../core/errors.ts'
import { Job } from '../../core/job/job.ts'
import type { SinkWriter, SinkWriterContext } from '../../core/sink/sink.ts'
import type { ReaderContext, SourceReader } from '../../core/source/source.ts'
import { KinesisStreamsSource } from '../../core/source/kinesis-streams-source.ts'
import { KinesisEmulator, VirtualClock } from '../../emulator/index.ts'
import type { Fault } from '../../emulator/index.ts'
import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../core/fakes/graphs.ts'
import { Incarnation } from './incarnation.ts'
import { inProcessStream } from './in-process-stream.ts'
import { Random } from './random.ts'

const STREAM = 'flights'
const STEPS = 60
/** Virtual time in which everything that was written must have arrived once the faults are over. */
const PATIENCE_MS = 300_000

interface Arrived {
  readonly key: string
  readonly n: number
  /** In the order of arrival, over all lives. */
  readonly order: number
}

interface ListedShard {
  readonly ShardId: string
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string }
  readonly SequenceNumberRange: { readonly EndingSequenceNumber?: string }
}

const startOf = (shard: ListedShard): bigint => BigInt(shard.HashKeyRange.StartingHashKey)
const endOf = (shard: ListedShard): bigint => BigInt(shard.HashKeyRange.EndingHashKey)

export interface SimulationResult {
  readonly records: number
  readonly kills: number
  readonly stops: number
  readonly reshards: number
  readonly restarts: number
}

/** Its readers hand out a few records at a time, as they do for a slow function: positions lie anywhere in a batch. */
class HesitantSource extends KinesisStreamsSource {
  readonly #random: Random

  constructor(random: Random, ...rest: ConstructorParameters<typeof KinesisStreamsSource>) {
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

class SimulatedDisk implements CheckpointStorage {
  readonly location = 'disk'
  readonly #stored = new Map<number, string>()
  readonly #savepoints = new Map<string, string>()
  readonly #latencyMs: number

  constructor(latencyMs: number) {
    this.#latencyMs = latencyMs
  }

  /** As a process sees it: a write takes time, and is whole or not there. */
  seenBy(life: Incarnation): CheckpointStorage {
    const { location } = this
    return {
      location,
      store: async checkpoint => {
        await life.latency(this.#latencyMs)
        return life.mortal(this.store(checkpoint))
      },
      storeSavepoint: async checkpoint => {
        await life.latency(this.#latencyMs)
        return life.mortal(this.storeSavepoint(checkpoint))
      },
      load: path => this.load(path),
      lastCheckpointId: () => this.lastCheckpointId(),
      remove: id => this.remove(id),
    }
  }

  get isEmpty(): boolean {
    return this.#stored.size === 0
  }

  async store(checkpoint: Checkpoint): Promise<string> {
    this.#stored.set(checkpoint.checkpointId, JSON.stringify(checkpoint))
    return `chk-${checkpoint.checkpointId}`
  }

  async storeSavepoint(checkpoint: Checkpoint): Promise<string> {
    const path = `savepoint-${this.#savepoints.size}`
    this.#savepoints.set(path, JSON.stringify(checkpoint))
    return path
  }

  async load(path: string): Promise<StoredCheckpoint> {
    const saved = this.#savepoints.get(path)
    if (saved !== undefined) return { checkpoint: JSON.parse(saved) as Checkpoint, path }
    const id = path === 'latest' ? await this.lastCheckpointId() : Number(path.slice('chk-'.length))
    const text = this.#stored.get(id)
    if (text === undefined) throw new CheckpointError('CHECKPOINT_NOT_FOUND', `no checkpoint ${path}`)
    return { checkpoint: JSON.parse(text) as Checkpoint, path: `chk-${id}` }
  }

  async lastCheckpointId(): Promise<number> {
    return Math.max(0, ...this.#stored.keys())
  }

  async remove(checkpointId: number): Promise<void> {
    this.#stored.delete(checkpointId)
  }
}

export class SourceSimulation {
  readonly #random: Random
  readonly #clock = new VirtualClock()
  readonly #kinesis: KinesisEmulator
  readonly #startedAt = this.#clock.now()
  readonly #disk: SimulatedDisk
  readonly #fanOut: boolean
  readonly #configuration: Readonly<Record<string, string>>
  readonly #keys: string[]
  readonly #inOrder: boolean
  /** How many records of each key were written. */
  readonly #written = new Map<string, number>()
  #life!: Incarnation
  #job: Job | null = null
  #writers = new Map<number, Arrived[]>()
  #arrivals = 0
  #slowSink = 0
  #kills = 0
  #stops = 0
  #reshards = 0
  #restarts = 0
  readonly #log: string[] = []

  constructor(seed: number) {
    const random = (this.#random = new Random(seed))
    this.#disk = new SimulatedDisk(random.pick([1, 100, 700]))
    this.#fanOut = random.chance(0.4)
    this.#keys = Array.from({ length: random.int(1, 8) }, (_, i) => `key ${i}`)
    this.#kinesis = KinesisEmulator.inProcess({
      streams: { [STREAM]: random.int(1, 4) },
      clock: this.#clock,
      limits: random.chance(0.3),
      updateDelayMs: random.pick([0, 0, 700]),
      consumerCreateDelayMs: random.pick([0, 1500]),
      consumerDeleteDelayMs: random.pick([0, 1500]),
      emptyEventIntervalMs: 3000,
      maxEventBytes: random.pick([64, 1 << 20]),
    })
    this.#inOrder = random.chance(0.9)
    this.#configuration = {
      // Nothing was written before the job was first submitted: both mean all that there is.
      'source.init.position': random.pick(['TRIM_HORIZON', 'LATEST']),
      [executionOptions.submittedAt.key]: String(this.#startedAt),
      'source.reader.type': this.#fanOut ? 'EFO' : 'POLLING',
      'source.efo.consumer.name': 'me',
      'source.deaggregate': 'true',
      'source.shard.discovery.interval': random.pick(['1 s', '10 s']),
      'source.shard.get-records.max-record-count': String(random.pick([1, 2, 5, 10_000])),
      'shardline.source.max-concurrent-reads': String(random.pick([1, 2, 8])),
      'execution.checkpointing.interval': random.pick(['100 ms', '500 ms', '2 s']),
      'execution.checkpointing.timeout': '5 s',
      'execution.checkpointing.tolerable-failed-checkpoints': '1000000',
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.attempts': '1000000',
      'restart-strategy.fixed-delay.delay': '100 ms',
    }
  }

  /** @throws Error saying what was lost, came twice, or came out of order */
  async run(): Promise<SimulationResult> {
    await this.#live()
    for (let step = 0; step < STEPS; step++) {
      await this.#step()
      await this.#pass(this.#random.chance(0.1) ? this.#random.int(2000, 15_000) : this.#random.int(1, 400))
    }
    await this.#settleDown()
    this.#verify()
    this.#life.kill()
    const [records, kills, stops] = [this.#arrivals, this.#kills, this.#stops]
    return { records, kills, stops, reshards: this.#reshards, restarts: this.#restarts }
  }

  /** What was done, newest last. */
  get log(): readonly string[] {
    return this.#log
  }

  async #step(): Promise<void> {
    const what = this.#random.weighted({
      put: 30,
      reshard: 8,
      fault: 14,
      kill: 8,
      stop: 2,
      slow: 10,
      expire: 2,
      fail: 3,
      wait: 8,
    })
    this.#log.push(`${this.#at} ${what}`)
    switch (what) {
      case 'put': {
        this.#put()
        return
      }
      case 'reshard':
        return this.#reshard()
      case 'fault':
        this.#fault()
        return
      case 'kill':
        return this.#kill()
      case 'stop':
        return this.#stop()
      case 'slow':
        this.#slowSink = this.#random.pick([0, 20, 200, 900])
        return
      case 'expire':
        await this.#pass(310_000, 10_000)
        return
      case 'fail':
        this.#failNextWrite = true
        return
      case 'wait':
    }
  }

  #failNextWrite = false

  /** `savepoint`: what the first try starts from; null: the latest checkpoint. */
  async #live(savepoint: string | null = null): Promise<void> {
    for (let path = savepoint; ; path = null) {
      const life = new Incarnation(this.#clock, this.#random)
      this.#life = life
      this.#writers = new Map()
      const parallelism = this.#random.int(1, 3)
      const from = path ?? (this.#disk.isEmpty ? null : 'latest')
      const restored = from === null ? {} : { 'execution.state-recovery.path': from }
      const streamArn = this.#kinesis.streamArn(STREAM)
      const preserveShardOrder = this.#inOrder
      const graph = graphOf(
        [
          sourceT(1, { source: kinesisSourceSpec({ streamArn, preserveShardOrder }) }),
          sinkT(2, [1], { sink: kinesisSinkSpec() }),
        ],
        { parallelism, configuration: { ...this.#configuration, ...restored } },
      )
      const job = new Job(graph, {
        clock: life,
        locals: new Map(),
        functions: null,
        print: () => undefined,
        checkpointStorage: this.#disk.seenBy(life),
        kinesisSource: (spec, configuration) =>
          new HesitantSource(this.#random, spec, configuration, life, {
            proxyFactory: () => inProcessStream(this.#kinesis, STREAM, life),
          }),
        kinesisSink: () => ({
          validate: () => Promise.resolve(),
          createWriter: context => this.#writer(life, context),
        }),
      })
      this.#job = job
      const started = job.start().then(
        () => true,
        (error: unknown) => {
          this.#log.push(`start failed: ${(error as Error).message}`)
          return false
        },
      )
      const outcome: { started: boolean | null } = { started: null }
      void started.then(ok => (outcome.started = ok))
      for (let i = 0; i < 4000 && outcome.started === null; i++) await this.#pass(50)
      if (outcome.started === true) {
        this.#log.push(`${this.#at} runs with parallelism ${parallelism} from ${String(job.restoredFrom)}`)
        return
      }
      if (outcome.started === null) throw new Error('the job neither starts nor fails to')
      // What fails before the job runs is final; whoever started it starts it again.
      this.#restarts++
      life.kill()
    }
  }

  #writer(life: Incarnation, { subtask, restored }: SinkWriterContext): SinkWriter {
    const arrived = restored.flatMap(s => s.json as Arrived[])
    if (subtask === 0) this.#writers = new Map()
    this.#writers.set(subtask, arrived)
    return {
      write: async batch => {
        // One write is slow where another is quick, so that what must not overtake gets its chance to.
        const delayMs = this.#random.int(0, this.#slowSink)
        if (delayMs > 0) await new Promise<void>(resolve => life.schedule(delayMs, resolve))
        if (this.#failNextWrite) {
          this.#failNextWrite = false
          throw new Error('the sink failed')
        }
        this.#log.push(`${this.#at} subtask ${subtask} got ${batch.positions!.shardId}: ${batch.values().join(' ')}`)
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

  get #at(): string {
    return ((this.#clock.now() - this.#startedAt) / 1000).toFixed(3)
  }

  #put(): void {
    for (let i = this.#random.int(1, 6); i > 0; i--) {
      const key = this.#random.pick(this.#keys)
      const count = this.#random.chance(0.3) ? this.#random.int(2, 5) : 1
      const data = Array.from({ length: count }, () => this.#nextOf(key))
      this.#kinesis.put(STREAM, [{ partitionKey: key, data: count === 1 ? data[0]! : aggregated(key, data) }])
    }
  }

  #nextOf(key: string): string {
    const n = this.#written.get(key) ?? 0
    this.#written.set(key, n + 1)
    return JSON.stringify({ key, n })
  }

  async #reshard(): Promise<void> {
    const { Shards } = await this.#listShards()
    const open = Shards.filter(s => s.SequenceNumberRange.EndingSequenceNumber === undefined)
    const pairs = open.flatMap(a => open.filter(b => endOf(a) + 1n === startOf(b)).map(b => [a, b] as const))
    try {
      if (pairs.length > 0 && (open.length > 7 || this.#random.chance(0.5))) {
        const [a, b] = this.#random.pick(pairs)
        this.#log.push(`merge ${a.ShardId} ${b.ShardId}`)
        const input = { StreamName: STREAM, ShardToMerge: a.ShardId, AdjacentShardToMerge: b.ShardId }
        await this.#kinesis.call('MergeShards', input)
      } else {
        const shard = this.#random.pick(open)
        const middle = (startOf(shard) + endOf(shard)) / 2n
        this.#log.push(`split ${shard.ShardId}`)
        const input = { StreamName: STREAM, ShardToSplit: shard.ShardId, NewStartingHashKey: String(middle) }
        await this.#kinesis.call('SplitShard', input)
      }
      this.#reshards++
    } catch (error) {
      // Still UPDATING after the last one.
      this.#log.push(`no reshard: ${(error as Error).message}`)
    }
  }

  /** By somebody whom no fault strikes. */
  async #listShards(): Promise<{ readonly Shards: readonly ListedShard[] }> {
    for (;;) {
      const outcome: { answer: unknown; over: boolean } = { answer: null, over: false }
      this.#kinesis
        .call('ListShards', { StreamName: STREAM })
        .then(
          answer => (outcome.answer = answer),
          () => undefined,
        )
        .finally(() => (outcome.over = true))
      while (!outcome.over) await this.#pass(20)
      if (outcome.answer !== null) return outcome.answer as { readonly Shards: readonly ListedShard[] }
    }
  }

  #fault(): void {
    const [operation, fault] = this.#random.pick<readonly [string, Fault]>([
      ['GetRecords', { kind: 'throttle' }],
      ['GetRecords', { kind: 'error' }],
      ['GetRecords', { kind: 'reset', when: 'before' }],
      ['GetRecords', { kind: 'reset', when: 'after' }],
      ['GetRecords', { kind: 'expired-iterator' }],
      ['GetRecords', { kind: 'slow', delayMs: this.#random.int(10, 3000) }],
      ['GetShardIterator', { kind: 'throttle' }],
      ['ListShards', { kind: 'error' }],
      ['ListShards', { kind: 'slow', delayMs: this.#random.int(10, 3000) }],
      ['DescribeStreamSummary', { kind: 'error' }],
      ['DescribeStreamConsumer', { kind: 'throttle' }],
      ['SubscribeToShard', { kind: 'throttle' }],
      ['SubscribeToShard', { kind: 'reset', when: 'after' }],
      ['SubscribeToShard', { kind: 'silence', afterEvents: this.#random.int(0, 2) }],
      ['SubscribeToShard', { kind: 'cut', afterEvents: this.#random.int(0, 2) }],
      ['SubscribeToShard', { kind: 'early-end', afterEvents: this.#random.int(0, 2) }],
      ['SubscribeToShard', { kind: 'event-error', afterEvents: this.#random.int(0, 2) }],
    ])
    const times = this.#random.int(1, 4)
    this.#log.push(`${operation} ${JSON.stringify(fault)} ${times} times`)
    this.#kinesis.faults.inject({ operation, times, fault })
  }

  async #kill(): Promise<void> {
    this.#kills++
    this.#life.kill()
    // Whoever watches over it takes a moment.
    await this.#pass(this.#random.int(0, 2000))
    await this.#live()
  }

  /** With a savepoint, from which the next life starts; without, if something goes wrong on the way. */
  async #stop(): Promise<void> {
    const outcome: { path: string | null | undefined } = { path: undefined }
    this.#job!.stopWithSavepoint().then(
      path => (outcome.path = path),
      (error: unknown) => {
        this.#log.push(`not stopped: ${(error as Error).message}`)
        outcome.path = null
      },
    )
    for (let i = 0; i < 4000 && outcome.path === undefined; i++) await this.#pass(50)
    if (outcome.path === undefined) throw new Error('the job does not stop')
    this.#log.push(`${this.#at} stopped with ${String(outcome.path)}`)
    if (outcome.path !== null) this.#stops++
    this.#life.kill()
    await this.#live(outcome.path)
  }

  async #settleDown(): Promise<void> {
    this.#kinesis.faults.clear()
    this.#slowSink = 0
    this.#failNextWrite = false
    const expected = [...this.#written.values()].reduce((a, b) => a + b, 0)
    for (let passed = 0; passed < PATIENCE_MS; passed += 500) {
      if (this.#arrived().length >= expected) break
      await this.#pass(500, 100)
    }
    await this.#pass(1000)
  }

  #arrived(): Arrived[] {
    return [...this.#writers.values()].flat()
  }

  #verify(): void {
    const byKey = new Map<string, Arrived[]>()
    for (const a of this.#arrived()) byKey.set(a.key, [...(byKey.get(a.key) ?? []), a])
    const wrong: string[] = []
    for (const [key, count] of this.#written) {
      const got = (byKey.get(key) ?? []).sort((a, b) => (this.#inOrder ? a.order - b.order : a.n - b.n)).map(a => a.n)
      const expected = Array.from({ length: count }, (_, n) => n)
      if (got.join() !== expected.join()) wrong.push(`${key}: wrote 0 to ${count - 1}, got ${got.join()}`)
    }
    const alarms = (this.#job?.explain() ?? []).filter(s => s.alarm).map(s => `${s.shardId} ${s.reason}`)
    if (wrong.length > 0 || alarms.length > 0) throw new Error([...wrong, ...alarms].join('\n'))
  }

  /** Lets virtual time pass; what is woken runs between the steps. */
  async #pass(ms: number, stepMs = 50): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.#clock.advance(Math.min(stepMs, left))
      for (let i = 0; i < 2; i++) await new Promise<void>(resolve => setImmediate(resolve))
    }
  }
}

function aggregated(key: string, data: readonly string[]): Uint8Array {
  const aggregator = new RecordAggregator()
  for (const text of data) aggregator.addUserRecord({ partitionKey: key, data: Buffer.from(text) })
  return aggregator.build()!.data
}
