/**
 * The sink: a source that can be rewound gives records with keys, and while requests are lost, refused in part, throttled and
 * slow, shards split and merge, and the process is killed and started again with another parallelism, every record must come to
 * lie in the stream, and twice only where an answer was lost or a restore went back behind it (see sink-account.ts).
 */
import { deaggregateSync } from 'aws-kinesis-agg'
import { createHash } from 'node:crypto'

import { ServiceError } from '../../core/foundation/errors.ts'
import type { KinesisStreamsSinkSpec } from '../../core/connectors/kinesis/kinesis-streams-sink-spec.ts'
import type { EntryRun, PutRecordsOptions, PutRecordsResult } from '../../core/aws/kinesis/put-records-codec.ts'
import type { SinkStreamProxy } from '../../core/aws/kinesis/stream-proxy.ts'
import { KinesisStreamsSinkConnector } from '../../core/connectors/kinesis/sink/kinesis-streams-sink-connector.ts'
import type { Sink } from '../../core/operators/sink.ts'
import { ConnectionReset, KinesisEmulator, KinesisError, VirtualClock } from '../../emulator/index.ts'
import type { FaultRule, WireObject } from '../../emulator/index.ts'
import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../core/fakes/graphs.ts'
import { inProcessStream } from './in-process-stream.ts'
import type { Incarnation } from './incarnation.ts'
import { LogSource } from './log-source.ts'
import type { LogPosition } from './log-source.ts'
import { Random } from './random.ts'
import { Simulation } from './simulation.ts'
import type { Submission } from './simulation.ts'
import { idOf, SinkAccount } from './sink-account.ts'
import type { Client, PutRequest, UserRecord } from './sink-account.ts'
import type { Checkpoint, CheckpointStorage } from '../../core/checkpoint/checkpoint.ts'
import { kindsWith } from '../core/fakes/jobs.ts'
import type { FakeKinesis } from '../core/fakes/jobs.ts'

const STREAM = 'out'

const modes = {
  plain: {},
  ordered: { 'sink.ordering': 'PARTITION_KEY' },
  aggregated: { 'sink.aggregation.enabled': 'true', 'sink.aggregation.max-size': '2000' },
}

interface HashKeyRange {
  readonly starting: bigint
  readonly ending: bigint
}

type KinesisSinkFactory = NonNullable<FakeKinesis['kinesisSink']>

/** What the network does to the answers that come next; the service has done its work by then. */
type AnswerFault = { readonly kind: 'lost' } | { readonly kind: 'late'; readonly delayMs: number }

interface WireEntry {
  readonly Data: Uint8Array
  readonly PartitionKey: string
}

interface WireAnswer extends WireObject {
  readonly Records: { readonly ShardId?: string; readonly ErrorCode?: string }[]
}

type Step = 'emit' | 'fault' | 'fail'

export class SinkSimulation extends Simulation<Step> {
  protected readonly weights = { emit: 30, reshard: 6, fault: 22, kill: 7, stop: 2, fail: 3, wait: 8 }
  readonly #spec: KinesisStreamsSinkSpec
  readonly #keys: readonly string[]
  /** What the source gives, by split. */
  readonly #splits: string[][]
  readonly #counts = new Map<string, number>()
  readonly #expected = new Set<string>()
  readonly #account: SinkAccount
  readonly #mode: keyof typeof modes
  /** What the service, or the sink itself, will never take. */
  readonly #poison = new Set<string>()
  readonly #ranges = new Map<string, HashKeyRange>()
  #answerFaults: AnswerFault[] = []
  #failNextPoll = false
  #marks = 0
  #source!: LogSource

  constructor(seed: number) {
    const random = new Random(seed)
    const clock = new VirtualClock()
    const kinesis = KinesisEmulator.inProcess({
      streams: { [STREAM]: random.int(1, 4) },
      clock,
      limits: random.chance(0.3),
      updateDelayMs: random.pick([0, 0, 700]),
    })
    super({ random, clock, kinesis, streamName: STREAM })
    this.#keys = Array.from({ length: random.int(1, 12) }, (_, i) => `key ${i}`)
    this.#splits = Array.from({ length: random.int(1, 4) }, () => [])
    const maxBatchSize = random.pick([1, 3, 10, 500])
    const maxRecordSizeInBytes = 400
    this.#mode = random.pick(['plain', 'plain', 'ordered', 'ordered', 'aggregated'])
    this.#spec = kinesisSinkSpec({
      streamArn: kinesis.streamArn(STREAM),
      configuration: {
        'sink.request.timeout': random.pick(['10 min', '10 min', '400 ms', '2 s']),
        ...modes[this.#mode],
      },
      partitionKeyGenerator:
        random.chance(0.9) || this.#mode === 'ordered' ? { type: 'local', localId: 'key' } : { type: 'fixed' },
      deadLetters: random.chance(0.4) ? { type: 'local', localId: 'letters' } : null,
      maxBatchSize,
      maxInFlightRequests: random.pick([1, 2, 5, 50]),
      maxBufferedRequests: maxBatchSize + random.pick([1, 5, 1000]),
      maxBatchSizeInBytes: random.pick([maxRecordSizeInBytes, 1500, 5 << 20]),
      maxTimeInBufferMs: random.pick([10, 100, 1000]),
      maxRecordSizeInBytes,
    })
    const next = ({ key, n }: UserRecord): number => {
      let after = n + 1
      while (this.#poison.has(idOf({ key, n: after }))) after++
      return after
    }
    this.#account = new SinkAccount(this.#spec, this.#mode === 'ordered' ? next : null, () => clock.now())
  }

  protected act(step: Step): void {
    switch (step) {
      case 'emit':
        this.#emit(this.random.chance(0.03) && this.#isQuick ? 1500 : this.random.int(1, 40))
        return
      case 'fault':
        this.#fault()
        return
      case 'fail':
        this.#failNextPoll = true
        this.#source.grown()
    }
  }

  /** Whether so many records at a time get through that thousands do before all patience is lost. */
  get #isQuick(): boolean {
    return (this.#mode === 'ordered' ? this.#keys.length : this.#spec.maxBatchSize) >= 8
  }

  protected submission(life: Incarnation): Submission {
    this.#source = new LogSource(this.#splits, this.random, {
      attempt: () => this.#account.attempt(),
      started: mark => {
        this.note(`an attempt from ${mark === null ? 'nothing' : `mark ${mark}`}`)
        this.#account.started(mark)
      },
      mark: () => this.#marks++,
      poll: () => {
        if (!this.#failNextPoll) return
        this.#failNextPoll = false
        throw new Error('the source failed')
      },
    })
    return {
      graph: (parallelism, configuration) =>
        graphOf([sourceT(1, { source: kinesisSourceSpec() }), sinkT(2, [1], { sink: this.#spec })], {
          parallelism,
          configuration,
        }),
      services: {
        locals: new Map([['key', (value: unknown) => recordOf(String(value)).key]]),
        kinds: kindsWith({
          kinesisSource: () => this.#source,
          kinesisSink: (spec, configuration) => this.#sink(life, spec, configuration),
        }),
      },
    }
  }

  #sink(life: Incarnation, ...[spec, configuration]: Parameters<KinesisSinkFactory>): Sink {
    let client: Client | null = null
    const sink = new KinesisStreamsSinkConnector(spec, configuration, life, {
      key: value => recordOf(String(value)).key,
      deadLetters: async letters => {
        await life.latency()
        if (this.random.chance(0.05)) throw new Error('the letters cannot be kept')
        for (const { data } of letters) this.#account.deadLetter(recordOf(data.toString()))
      },
      proxyFactory: () => (client === null ? inProcessStream(this.kinesis, STREAM, life) : this.#proxy(life, client)),
      random: () => this.random.next(),
    })
    return {
      validate: () => sink.validate(),
      createWriter: context => {
        const mine = (client = this.#account.client())
        const writer = sink.createWriter(context)
        client = null
        return {
          write: batch => writer.write(batch),
          snapshot: async () => {
            const state = await writer.snapshot()
            this.#account.snapshotTaken(mine, state)
            return state
          },
          finish: async () => {
            await writer.finish()
            mine.finished = true
          },
          metrics: () => writer.metrics(),
          close: () => writer.close(),
        }
      },
    }
  }

  #proxy(life: Incarnation, client: Client): SinkStreamProxy {
    return {
      ...inProcessStream(this.kinesis, STREAM, life),
      putRecords: (runs, options) => this.#put(life, client, runs, options),
      close: () => (client.closed = true),
    }
  }

  async #put(
    life: Incarnation,
    client: Client,
    runs: readonly EntryRun[],
    options?: PutRecordsOptions,
  ): Promise<PutRecordsResult> {
    if (client.closed) throw new ServiceError('ENDPOINT_UNREACHABLE', 'the client is closed')
    const entries = runs.flatMap(entriesOf)
    const bytes = entries.reduce((sum, e) => sum + e.Data.length + Buffer.byteLength(e.PartitionKey), 0)
    const request = this.#account.sent(
      client,
      entries.flatMap(e => unpacked(e).map(p => p.record)),
      entries.length,
      bytes,
    )
    const lost = (): void => this.#account.lost(request)
    const forget = life.onDeath(lost)
    options?.signal?.addEventListener('abort', () => this.#account.givenUp(request), { once: true })
    const stream = inProcessStream(
      {
        call: (operation, input) => this.#serve(life, request, operation, input!),
        subscribe: input => this.kinesis.subscribe(input),
        streamArn: name => this.kinesis.streamArn(name),
      },
      STREAM,
      life,
    )
    try {
      const result = await stream.putRecords(runs, options)
      if (client.closed) lost()
      else this.#account.acknowledged(request)
      return result
    } catch (error) {
      lost()
      throw error
    } finally {
      forget()
    }
  }

  /** The service, and the way back from it. */
  async #serve(life: Incarnation, request: PutRequest, operation: string, input: WireObject): Promise<WireObject> {
    if (request.records.some(r => this.#poison.has(idOf(r))))
      throw new KinesisError('ValidationException', '1 validation error detected: a record is poison')
    const answer = (await this.kinesis.call(operation, input)) as WireAnswer
    const entries = input['Records'] as unknown as readonly WireEntry[]
    const taken: UserRecord[] = []
    for (const [i, { ShardId }] of answer.Records.entries())
      if (ShardId !== undefined) taken.push(...this.#read(entries[i]!, this.#rangeOf(ShardId)))
    this.#account.executed(request, taken)
    const fault = this.#answerFaults.shift()
    switch (fault?.kind) {
      case 'lost':
        throw new ConnectionReset(operation)
      case 'late':
        await new Promise<void>(resolve => life.schedule(fault.delayMs, resolve))
    }
    return answer
  }

  /** As Amazon's library reads: an aggregate is dropped whole if one of its records does not belong to the shard. */
  #read(entry: WireEntry, { starting, ending }: HashKeyRange): readonly UserRecord[] {
    const packed = unpacked(entry)
    const belongs = ({ hashKey }: Packed): boolean => hashKey >= starting && hashKey <= ending
    return isAggregate(entry) && !packed.every(belongs) ? [] : packed.map(p => p.record)
  }

  #rangeOf(shardId: string): HashKeyRange {
    if (!this.#ranges.has(shardId))
      for (const shard of this.kinesis.records(STREAM))
        this.#ranges.set(shard.shardId, {
          starting: BigInt(shard.startingHashKey),
          ending: BigInt(shard.endingHashKey),
        })
    return this.#ranges.get(shardId)!
  }

  #emit(count: number): void {
    for (let i = 0; i < count; i++) {
      const at = this.random.int(0, this.#keys.length - 1)
      const key = this.#keys[at]!
      const n = this.#counts.get(key) ?? 0
      this.#counts.set(key, n + 1)
      this.#expected.add(idOf({ key, n }))
      const spoilt =
        this.#spec.deadLetters === null || this.random.chance(0.98)
          ? null
          : this.random.pick(this.#mode === 'aggregated' ? ['large'] : ['large', 'odd'])
      if (spoilt !== null) this.#poison.add(idOf({ key, n }))
      const padding =
        spoilt === 'large' ? 'x'.repeat(400) : this.random.chance(0.2) ? 'x'.repeat(this.random.int(1, 300)) : ''
      // A key is always of one split, so that its records are given in order.
      this.#splits[at % this.#splits.length]!.push(JSON.stringify({ key, n, padding }))
    }
    this.#source.grown()
  }

  #fault(): void {
    const times = this.random.int(1, 4)
    const kind = this.random.pick([
      'throttle',
      'error',
      'reset',
      'partial',
      'hot shard',
      'slow',
      'lost',
      'late',
      'control',
    ])
    const delayMs = this.random.pick([20, 300, 3000])
    this.note(`${kind} ${times} times, ${delayMs} ms`)
    const inject = (fault: FaultRule['fault'], rule: Partial<FaultRule> = {}): void =>
      void this.kinesis.faults.inject({ operation: 'PutRecords', times, fault, ...rule })
    switch (kind) {
      case 'throttle':
        inject({ kind: 'throttle' })
        return
      case 'error':
        inject({ kind: 'error' })
        return
      case 'reset':
        inject({ kind: 'reset', when: 'before' })
        return
      case 'partial': {
        const code = this.random.pick(['ProvisionedThroughputExceededException', 'InternalFailure'])
        const some = new Random(this.random.int(0, 1 << 30))
        inject({ kind: 'partial', code, where: () => some.chance(0.4) })
        return
      }
      case 'hot shard': {
        const open = this.kinesis.records(STREAM).filter(s => s.open)
        const { shardId } = this.random.pick(open)
        const message = `Rate exceeded for shard ${shardId} in stream ${STREAM} under account 000000000000.`
        inject({ kind: 'partial', message }, { shardId, times: this.random.int(1, 12) })
        return
      }
      case 'slow':
        inject({ kind: 'slow', delayMs })
        return
      case 'lost':
        for (let i = 0; i < times; i++) this.#answerFaults.push({ kind: 'lost' })
        return
      case 'late':
        for (let i = 0; i < times; i++) this.#answerFaults.push({ kind: 'late', delayMs })
        return
      case 'control':
        inject({ kind: 'error' }, { operation: this.random.pick(['DescribeStreamSummary', 'ListShards']), times: 1 })
    }
  }

  protected override watched(storage: CheckpointStorage): CheckpointStorage {
    return {
      ...storage,
      store: (checkpoint, beforeComplete) => {
        this.#account.stored(checkpoint)
        return storage.store(checkpoint, beforeComplete)
      },
      storeSavepoint: (checkpoint, directory, beforeComplete) => {
        this.#account.stored(checkpoint)
        this.#checkDrained(checkpoint)
        return storage.storeSavepoint(checkpoint, directory, beforeComplete)
      },
    }
  }

  /** A job that is stopped has written all that its source had given. */
  #checkDrained({ operators }: Checkpoint): void {
    const { written, deadLetters, wrong } = this.#account
    for (const { enumerator, subtasks } of operators)
      for (const position of enumerator === null ? [] : subtasks.flatMap(s => s!.json as LogPosition[]))
        for (const text of this.#splits[position.split]!.slice(0, position.emitted)) {
          const id = idOf(recordOf(text))
          if (!(this.#poison.has(id) ? deadLetters : written).has(id))
            wrong.push(`${id} was not written when the job was stopped`)
        }
  }

  protected calm(): void {
    this.#answerFaults = []
    this.#failNextPoll = false
  }

  protected settled(): boolean {
    return this.#account.written.size + this.#account.deadLetters.size >= this.#expected.size
  }

  protected verify(): void {
    const { written, wrong, excused, deadLetters } = this.#account
    const inStream = new Map<string, number>()
    const last = new Map<string, number>()
    // By id and by place: a key's records in the order in which they were written, for its shards come one after the other.
    for (const { shardId, records } of this.kinesis.records(STREAM))
      for (const { data, partitionKey } of records)
        for (const record of this.#read({ Data: data, PartitionKey: partitionKey }, this.#rangeOf(shardId))) {
          const id = idOf(record)
          inStream.set(id, (inStream.get(id) ?? 0) + 1)
          if (inStream.get(id)! > 1 || this.#mode !== 'ordered') continue
          const before = last.get(record.key) ?? -1
          if (record.n < before) wrong.push(`${record.key}: ${record.n} came first after ${before}`)
          last.set(record.key, record.n)
        }
    for (const [id, count] of inStream)
      if (written.get(id) !== count) wrong.push(`${id} is ${count} times in the stream, not ${String(written.get(id))}`)
    for (const id of this.#expected)
      if (!(this.#poison.has(id) ? deadLetters : inStream).has(id)) wrong.push(`${id} was lost`)
    for (const [id, count] of inStream)
      if (count > 1 && !excused.has(id)) wrong.push(`${id} was written ${count} times`)
    this.totals['records'] = this.#expected.size
    this.totals['deadLetters'] = deadLetters.size
    this.totals['duplicates'] = [...inStream.values()].reduce((sum, count) => sum + count - 1, 0)
    if (wrong.length === 0) return
    const { state, cause } = this.job!.status
    throw new Error([this.#mode, ...wrong.slice(0, 20), `the job is ${state}: ${String(cause)}`].join('\n'))
  }
}

const recordOf = (text: string): UserRecord => JSON.parse(text) as UserRecord

const hashOf = (key: string): bigint => BigInt(`0x${createHash('md5').update(key).digest('hex')}`)

const isAggregate = ({ Data }: WireEntry): boolean => Data.length > 4 && Data[0] === 0xf3 && Data[1] === 0x89

interface Packed {
  readonly record: UserRecord
  readonly hashKey: bigint
}

function unpacked(entry: WireEntry): Packed[] {
  const data = Buffer.from(entry.Data)
  const packed = (text: string, key: string): Packed => ({ record: recordOf(text), hashKey: hashOf(key) })
  if (!isAggregate(entry)) return [packed(data.toString(), entry.PartitionKey)]
  const all: Packed[] = []
  const wrapped = { data: data.toString('base64'), partitionKey: entry.PartitionKey, sequenceNumber: '' }
  deaggregateSync(wrapped, true, (error, records) => {
    if (error) throw error
    for (const r of records ?? []) all.push(packed(Buffer.from(r.data, 'base64').toString(), r.partitionKey))
  })
  return all
}

function entriesOf(run: EntryRun): WireEntry[] {
  return Array.from({ length: run.to - run.from }, (_, j) => {
    const [data, key] = [run.dataOffset[run.from + j]!, run.keyOffset[run.from + j]!]
    return {
      Data: run.slab.subarray(data, data + run.dataLength[run.from + j]!),
      PartitionKey: run.keySlab.utf8Slice(key, key + run.keyLength[run.from + j]!),
    }
  })
}
