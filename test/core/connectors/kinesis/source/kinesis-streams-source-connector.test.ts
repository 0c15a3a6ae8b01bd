import fc from 'fast-check'
import t from 'tap'

import type { OperatorState } from '../../../../../core/checkpoint/operator-state.ts'
import { Configuration } from '../../../../../core/foundation/config/configuration.ts'
import type { KinesisStreamsSourceSpec } from '../../../../../core/connectors/kinesis/kinesis-streams-source-spec.ts'
import { KinesisStreamsSourceConnector } from '../../../../../core/connectors/kinesis/source/kinesis-streams-source-connector.ts'
import type { SourceEnumerator, SourceReader } from '../../../../../core/operators/source.ts'
import { arnOf, FakeStream, shardIdOf } from '../../../fakes/fake-stream.ts'
import { ManualClock, settle } from '../../../fakes/manual-clock.ts'
import { pollBatch } from '../../../fakes/splits.ts'

const specOf = (overrides: Partial<KinesisStreamsSourceSpec> = {}): KinesisStreamsSourceSpec => ({
  type: 'kinesis-streams',
  streamArn: arnOf('flights'),
  streamName: null,
  configuration: { 'source.init.position': 'TRIM_HORIZON', 'source.shard.get-records.max-record-count': '2' },
  deserializationSchema: { type: 'simple-string', charset: 'UTF-8' },
  deadLetters: null,
  shardAssigner: { type: 'uniform' },
  preserveShardOrder: true,
  ...overrides,
})

/** The reader of what an earlier attempt emitted. */
const EARLIER = -1

interface Emitted {
  readonly value: string
  readonly shardId: string
  readonly reader: number
}

interface PendingCheckpoint {
  readonly id: number
  readonly enumerator: OperatorState
  readonly readers: (OperatorState | null)[]
  /** How much each reader had emitted at its barrier. */
  readonly emitted: number[]
}

/**
 * A job in small: the enumerator and the readers of one attempt, and an output that goes back with a restore, as the state of
 * an exactly-once job does. Steps may come in any order that a job allows, and in some that it does not.
 */
class MiniJob {
  readonly stream: FakeStream
  readonly source: KinesisStreamsSourceConnector
  readonly failures: unknown[] = []
  output: Emitted[] = []
  ended = false
  #enumerator!: SourceEnumerator
  #readers: SourceReader[] = []
  #pending: PendingCheckpoint | null = null
  #completed: { enumerator: OperatorState; readers: OperatorState[]; output: Emitted[] } | null = null
  #nextCheckpoint = 1

  constructor(stream: FakeStream, spec = specOf()) {
    this.stream = stream
    this.source = new KinesisStreamsSourceConnector(spec, new Configuration(), stream.clock, {
      proxyFactory: () => stream.sourceProxy(),
    })
  }

  async start(parallelism: number): Promise<void> {
    this.#pending = null
    this.output = [...(this.#completed?.output ?? [])]
    this.ended = false
    const readers: SourceReader[] = []
    const fail = (error: unknown): void => void this.failures.push(error)
    this.#enumerator = this.source.createEnumerator({
      parallelism,
      addSplits: (subtask, splits) => readers[subtask]!.addSplits(splits),
      noMoreSplits: () => {
        this.ended = true
        readers.forEach(r => r.noMoreSplits())
      },
      fail,
    })
    const sendEvent = (subtask: number) => (event: unknown) => this.#enumerator.handleSourceEvent(subtask, event)
    for (let subtask = 0; subtask < parallelism; subtask++)
      readers.push(this.source.createReader({ subtask, sendEvent: sendEvent(subtask), fail }))
    this.#readers = readers
    await this.#enumerator.start(this.#completed)
    await settle()
  }

  stop(): void {
    this.#enumerator.close()
    for (const reader of this.#readers) reader.close()
  }

  poll(n: number): boolean {
    const reader = n % this.#readers.length
    const batch = pollBatch(this.#readers[reader]!)?.batch ?? null
    batch?.values().forEach((value, i) => {
      this.output.push({ value: String(value), shardId: batch.positions!.at(i).shardId, reader })
    })
    return batch !== null
  }

  trigger(): void {
    const id = this.#nextCheckpoint++
    const readers = this.#readers.map(() => null)
    this.#pending = { id, enumerator: carried(this.#enumerator.snapshot(id)), readers, emitted: [] }
  }

  barrier(n: number): void {
    const reader = n % this.#readers.length
    if (this.#pending === null || this.#pending.readers[reader] !== null) return
    this.#pending.readers[reader] = carried(this.#readers[reader]!.snapshot(this.#pending.id))
    this.#pending.emitted[reader] = this.output.filter(e => e.reader === reader).length
  }

  complete(): void {
    const { id, enumerator, readers, emitted } = this.#pending ?? {
      readers: [null],
      emitted: [],
      id: 0,
      enumerator: null,
    }
    if (enumerator === null || readers.includes(null)) return
    const seen = this.#readers.map(() => 0)
    const output = this.output.filter(e => e.reader === EARLIER || seen[e.reader]!++ < emitted[e.reader]!)
    const before = output.map(e => ({ ...e, reader: EARLIER }))
    this.#completed = { enumerator, readers: readers as OperatorState[], output: before }
    for (const reader of this.#readers) reader.notifyCheckpointComplete(id)
    this.#pending = null
  }
}

const carried = (state: OperatorState): OperatorState => JSON.parse(JSON.stringify(state)) as OperatorState

const step = fc.tuple(
  fc.constantFrom(
    'put',
    'put',
    'poll',
    'poll',
    'poll',
    'split',
    'merge',
    'trigger',
    'barrier',
    'barrier',
    'complete',
    'crash',
    'wait',
    'expire',
  ),
  fc.nat({ max: 1000 }),
)

async function runToTheEnd(job: MiniJob, parallelism: number, total: () => number): Promise<void> {
  for (let i = 0; i < 400 && job.output.length < total(); i++) {
    for (let r = 0; r < parallelism; r++) while (job.poll(r)) await settle()
    await job.stream.clock.pass(500)
  }
}

function check(job: MiniJob, put: ReadonlyMap<string, readonly string[]>): void {
  const { output, stream, failures } = job
  if (failures.length > 0) throw failures[0]
  const first = new Map<string, number>()
  const last = new Map<string, number>()
  const byShard = new Map<string, string[]>()
  output.forEach(({ value, shardId }, i) => {
    byShard.set(shardId, [...(byShard.get(shardId) ?? []), value])
    if (!first.has(shardId)) first.set(shardId, i)
    last.set(shardId, i)
  })
  for (const [shardId, values] of put) {
    const got = byShard.get(shardId) ?? []
    if (got.join() !== values.join()) throw new Error(`${shardId}: put ${values.join()}; read ${got.join()}`)
    for (const parent of stream.parentsOf(shardId))
      if ((last.get(parent) ?? -1) > (first.get(shardId) ?? Infinity))
        throw new Error(`${shardId} was read before the end of its parent ${parent}`)
  }
}

t.test(
  'no record is lost, read twice or out of order, however checkpoints, reshards and crashes interleave',
  async t => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 80, size: 'max' }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        async (steps, shards, namesChildren) => {
          const stream = new FakeStream(new ManualClock(), { shards })
          stream.namesChildren = namesChildren
          const job = new MiniJob(stream)
          const put = new Map<string, string[]>()
          let parallelism = 1
          let count = 0
          const putInto = (shardId: string): void => {
            const value = `v${count++}`
            put.set(shardId, [...(put.get(shardId) ?? []), value])
            stream.put(shardId, value)
          }
          await job.start(parallelism)
          for (const [what, n] of steps) {
            const open = stream.openShardIds[n % stream.openShardIds.length]!
            const pairs = stream.adjacentPairs()
            if (what === 'put') putInto(open)
            else if (what === 'poll') job.poll(n)
            else if (what === 'split' && stream.shardIds.length < 20) stream.split(open)
            else if (what === 'merge' && pairs.length > 0) stream.merge(...pairs[n % pairs.length]!)
            else if (what === 'trigger') job.trigger()
            else if (what === 'barrier') job.barrier(n)
            else if (what === 'complete') job.complete()
            else if (what === 'wait') await stream.clock.pass(n * 20, 250)
            else if (what === 'expire') stream.expireIterators()
            else if (what === 'crash') {
              job.stop()
              parallelism = 1 + (n % 3)
              await job.start(parallelism)
            }
            await settle()
          }
          for (const shardId of stream.openShardIds) putInto(shardId)
          await runToTheEnd(job, parallelism, () => count)
          job.stop()
          check(job, put)
        },
      ),
      { numRuns: 200 },
    )
    t.pass('held')
  },
)

t.test(
  'a split that ends between the snapshots of the enumerator and of its reader is neither lost nor read again',
  async t => {
    const stream = new FakeStream(new ManualClock())
    const job = new MiniJob(stream)
    const [root] = stream.shardIds as [string]
    await job.start(1)
    stream.put(root, 'a')
    const [child] = stream.split(root) as [string, string]
    stream.put(child, 'b')
    await settle()
    job.trigger() // the enumerator thinks that the root is being read
    job.poll(0) // its last record
    job.barrier(0) // the reader says that it is finished
    job.complete()
    job.poll(0) // only now the enumerator hears of it
    job.stop()
    await job.start(1)
    await runToTheEnd(job, 1, () => 2)
    job.stop()
    t.same(
      job.output.map(e => e.value),
      ['a', 'b'],
    )
  },
)

t.test(
  'stopping at latest, what was in the stream when the job was submitted is read, through reshards, and then it ends',
  async t => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('put', 'split', 'merge'), fc.nat()), { maxLength: 25, size: 'max' }),
        async steps => {
          const stream = new FakeStream(new ManualClock(), { shards: 2 })
          let count = 0
          const reshape = (what: string, n: number): void => {
            const open = stream.openShardIds[n % stream.openShardIds.length]!
            const pairs = stream.adjacentPairs()
            if (what === 'put') stream.put(open, `v${count++}`)
            else if (what === 'split') stream.split(open)
            else if (pairs.length > 0) stream.merge(...pairs[n % pairs.length]!)
          }
          for (const [what, n] of steps) {
            reshape(what, n)
            stream.clock.advance(1)
          }
          const expected = count
          const configuration = { ...specOf().configuration, 'shardline.source.stop-at': 'latest' }
          const job = new MiniJob(stream, specOf({ configuration }))
          stream.clock.advance(1)
          for (const [what, n] of steps.slice(0, 5)) reshape(what, n) // too late
          await job.start(2)
          for (let i = 0; i < 100 && !job.ended; i++) {
            for (let r = 0; r < 2; r++) while (job.poll(r)) await settle()
            await stream.clock.pass(500)
          }
          job.stop()
          const read = job.output.map(e => Number(e.value.slice(1))).sort((a, b) => a - b)
          if (!job.ended) throw new Error('it did not end')
          if (read.join() !== Array.from({ length: expected }, (_, i) => i).join())
            throw new Error(`read ${read.join()} of ${expected}`)
        },
      ),
      { numRuns: 60 },
    )
    t.pass('held')
  },
)

t.test(
  'options that are not valid are errors of the constructor, and a schema that cannot be opened is one of validate',
  async t => {
    const make = (overrides: Partial<KinesisStreamsSourceSpec>) => () =>
      new KinesisStreamsSourceConnector(specOf(overrides), new Configuration(), new ManualClock())
    t.throws(make({ streamArn: 'flights' }), { code: 'CONFIGURATION_INVALID', message: /'flights' is not the ARN/ })
    t.throws(make({ configuration: { 'source.reader.type': 'EFO' } }), {
      message: /EFO, which needs source.efo.consumer.name/,
    })
    t.throws(make({ configuration: { 'source.shard.discovery.interval': 'often' } }), { code: 'CONFIGURATION_INVALID' })
    t.throws(make({ configuration: { 'source.init.position': 'AT_TIMESTAMP' } }), { message: /source.init.timestamp/ })
    t.throws(make({ configuration: { 'shardline.source.stop-at': 'soon' } }), { message: /stop-at/ })
    const klingon = make({ deserializationSchema: { type: 'simple-string', charset: 'klingon' } })()
    await t.rejects(klingon.validate(), { code: 'CONFIGURATION_INVALID', message: /klingon/ })
  },
)

t.test("the source's configuration overrides the job's", async t => {
  const stream = new FakeStream(new ManualClock())
  let seen: Record<string, string> = {}
  const job = new Configuration({ 'aws.endpoint': 'http://job', 'aws.region': 'eu-west-1' })
  const source = new KinesisStreamsSourceConnector(
    specOf({ configuration: { 'aws.endpoint': 'http://own' } }),
    job,
    stream.clock,
    {
      proxyFactory: (_, configuration) => {
        seen = configuration.toObject()
        return stream.sourceProxy()
      },
    },
  )
  source.createReader({ subtask: 0, sendEvent: () => undefined, fail: () => undefined }).close()
  t.match(seen, { 'aws.endpoint': 'http://own', 'aws.region': 'eu-west-1' })
})

t.test('LATEST is the instant of the first submission, even for an engine that took over later', async t => {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  const submitted = new Configuration({ 'shardline.job.submitted-at': String(clock.now()) })
  await clock.pass(1000, 1000)
  stream.put(shardIdOf(0), 'while nobody was reading')
  await clock.pass(1000, 1000)
  const source = new KinesisStreamsSourceConnector(specOf({ configuration: {} }), submitted, clock, {
    proxyFactory: () => stream.sourceProxy(),
  })
  const seen: unknown[] = []
  const reader = source.createReader({ subtask: 0, sendEvent: () => undefined, fail: () => undefined })
  const enumerator = source.createEnumerator({
    parallelism: 1,
    addSplits: (_, splits) => reader.addSplits(splits),
    noMoreSplits: () => undefined,
    fail: error => t.fail(String(error)),
  })
  await enumerator.start(null)
  await settle()
  const polled = pollBatch(reader)
  if (polled !== null) seen.push(...(await reader.emitter!.emit(polled.batch)).values())
  t.same(seen, ['while nobody was reading'])
  enumerator.close()
  reader.close()
})
