/** Whole jobs with state by key: exact whatever fails, and at another parallelism. */
import { mkdtempSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'

import {
  StreamExecutionEnvironment,
  ValueStateDescriptor,
  KeyedProcessFunction,
  WatermarkStrategy,
} from '../../../../core/index.ts'
import type { KeyedProcessContext, OnTimerContext, RuntimeContext, ValueState } from '../../../../core/index.ts'
import type { JobGraph } from '../../../../core/graph/job-graph.ts'
import type { LocalFunction } from '../../../../core/operators/job-facilities.ts'
import type { KinesisEmulator } from '../../../../emulator/index.ts'
import {
  edgeT,
  functionT,
  graphOf,
  kinesisSinkSpec,
  kinesisSourceSpec,
  sinkT,
  sourceT,
  strategyOf,
} from '../../fakes/graphs.ts'
import { emulator, eventually, jobOf, numbered, pointedAt, StatefulSink } from '../../fakes/jobs.ts'

const KEYS = 20

class Count extends KeyedProcessFunction<number, string, string> {
  #count!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor<number>('count'))
  }

  processElement(_value: string, context: KeyedProcessContext<number>) {
    this.#count.update((this.#count.value() ?? 0) + 1)
    context.timerService().registerEventTimeTimer(Number.MAX_SAFE_INTEGER)
    return [`${context.getCurrentKey()}:${this.#count.value()}`]
  }

  override onTimer(_timestampMs: number, context: OnTimerContext<number>) {
    return [`last ${context.getCurrentKey()}:${this.#count.value()}`]
  }
}

/** Counts the values of both inputs in one state. */
class CountBoth {
  readonly #count = new Count()
  open(context: RuntimeContext): void {
    this.#count.open(context)
  }
  processElement1(value: string, context: KeyedProcessContext<number>) {
    return this.#count.processElement(value, context)
  }
  processElement2(value: string, context: KeyedProcessContext<number>) {
    return this.#count.processElement(value, context)
  }
  onTimer(timestampMs: number, context: OnTimerContext<number>) {
    return this.#count.onTimer(timestampMs, context)
  }
}

let failAt: number | null = null
let seen = 0
const locals = new Map<string, LocalFunction>([
  ['key', (v: string) => Number(v.slice(1)) % KEYS],
  ['count', () => new Count()],
  ['countBoth', () => new CountBoth()],
  ['firstHalf', (v: string) => Number(v.slice(1)) % (2 * KEYS) < KEYS],
  ['secondHalf', (v: string) => Number(v.slice(1)) % (2 * KEYS) >= KEYS],
  [
    'fail',
    (v: string) => {
      if (++seen === failAt) throw new Error('now and then')
      return v
    },
  ],
])

function counting(kinesis: KinesisEmulator, parallelism: number, configuration: Record<string, string>): JobGraph {
  const local = (localId: string) => ({ type: 'local', localId }) as const
  return graphOf(
    [
      sourceT(1, {
        source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }),
        watermarkStrategy: strategyOf({ type: 'monotonous', idlenessMs: 100 }),
      }),
      functionT(2, [1], { kind: 'map', function: local('fail') }),
      functionT(3, [2], { kind: 'key_by', function: local('key') }),
      functionT(4, [3], { kind: 'process', function: local('count'), partitioning: 'hash', uid: 'count' }),
      sinkT(5, [4], { sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out') }), uid: 'sink', parallelism: 1 }),
    ],
    { parallelism, configuration: pointedAt(kinesis, configuration) },
  )
}

/** The same counts from two halves of the stream, which are keyed and then connected. */
function countingTwoInputs(
  kinesis: KinesisEmulator,
  parallelism: number,
  configuration: Record<string, string>,
): JobGraph {
  const local = (localId: string) => ({ type: 'local', localId }) as const
  const hash = { type: 'hash' } as const
  const base = counting(kinesis, parallelism, configuration)
  const [source, map] = base.transformations
  return {
    ...base,
    transformations: [
      source!,
      map!,
      functionT(3, [2], { kind: 'filter', function: local('firstHalf') }),
      functionT(4, [2], { kind: 'filter', function: local('secondHalf') }),
      functionT(5, [3], { kind: 'key_by', function: local('key') }),
      functionT(6, [4], { kind: 'key_by', function: local('key') }),
      functionT(7, [], {
        kind: 'co_process',
        function: local('countBoth'),
        inputs: [edgeT(5, { partitioner: hash }), edgeT(6, { input: 1, partitioner: hash })],
        uid: 'count',
      }),
      sinkT(8, [7], { sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out') }), uid: 'sink', parallelism: 1 }),
    ],
  }
}

/** Each key's counts, from 1 and without a gap. */
const countsUpTo = (records: number): string[] =>
  Array.from({ length: records }, (_, i) => `${i % KEYS}:${Math.floor(i / KEYS) + 1}`).sort()

for (const [what, graphWith] of [
  ['counts by key', counting],
  ['counts by key over two inputs', countingTwoInputs],
] as const)
  t.test(`${what} are exact over failures, a drain, and a start at another parallelism`, async t => {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'shardline-keyed-'))
    const kinesis = await emulator(t, { streams: { flights: 4, out: 1 } })
    let total = 0
    const put = (n: number): void => {
      kinesis.put('flights', numbered(n, 'r', n, total))
      total += n
    }
    const conf = { 'execution.checkpointing.interval': '50 ms', 'execution.checkpointing.dir': directory }
    const sink = new StatefulSink()
    for (const [run, parallelism] of [2, 3, 1].entries()) {
      const configuration = run === 0 ? conf : { ...conf, 'execution.state-recovery.path': 'latest' }
      const { job } = jobOf(
        t,
        graphWith(kinesis, parallelism, {
          ...configuration,
          'restart-strategy.type': 'fixed-delay',
          'restart-strategy.fixed-delay.attempts': '5',
          'restart-strategy.fixed-delay.delay': '10 ms',
        }),
        {
          locals,
          kinesisSink: () => sink,
        },
      )
      await job.start()
      put(400)
      await eventually(() => sink.values.length >= total - 200)
      const before = job.metrics().checkpoints.completed
      await eventually(() => job.metrics().checkpoints.completed > before)
      failAt = seen + 50
      put(400)
      await eventually(() => sink.values.length >= total)
      t.equal(job.status.attempt, 1, 'it had failed once')
      failAt = null
      await job.cancel('drain')
      t.same([...sink.values].sort(), countsUpTo(total))
    }
  })

for (const [inputs, graphWith] of [
  ['one input', counting],
  ['two inputs', countingTwoInputs],
] as const)
  t.test(`the end of ${inputs} ends event time: timers that wait for it fire, once for each key`, async t => {
    const kinesis = await emulator(t, { streams: { flights: 4, out: 1 } })
    kinesis.put('flights', numbered(200))
    const sink = new StatefulSink()
    const graph = graphWith(kinesis, 2, { 'shardline.source.stop-at': 'latest' })
    const { job } = jobOf(t, graph, { locals, kinesisSink: () => sink })
    await job.start()
    await job.result()
    const last = sink.values.filter(v => v.startsWith('last'))
    t.same(last.sort(), Array.from({ length: KEYS }, (_, k) => `last ${k}:10`).sort())
    t.same(sink.values.slice(-KEYS).sort(), last.sort(), 'after everything else')
  })

t.test('as a program says it', async t => {
  const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(2)
  const byLetter = WatermarkStrategy.forMonotonousTimestamps<string>().withTimestampAssigner(v => Number(v.slice(1)))
  class Sessions extends KeyedProcessFunction<string, string, string> {
    processElement(_: string, context: KeyedProcessContext<string>): void {
      context.timerService().registerEventTimeTimer(context.timestamp()! + 10)
    }
    override onTimer(timestampMs: number, context: OnTimerContext<string>) {
      return [`${context.getCurrentKey()}${timestampMs}`]
    }
  }
  const out: string[] = []
  const stream = env
    .fromCollection(['a1', 'b2', 'a1', 'c30'])
    .assignTimestampsAndWatermarks(byLetter)
    .keyBy(v => v[0]!)
    .process(Sessions)
  for await (const value of stream.executeAndCollect()) out.push(value)
  t.same(out.sort(), ['a11', 'b12', 'c40'])
  const sums: number[] = []
  const reduced = env
    .fromCollection([1, 2, 3, 4])
    .keyBy(n => n % 2)
    .reduce((a, b) => a + b)
  for await (const value of reduced.executeAndCollect()) sums.push(value)
  t.same(sums.sort(), [1, 2, 4, 6])
  const keyed = env.fromCollection([1]).keyBy(n => n)
  t.throws(() => keyed.name(), { message: 'Set name for KeyedStream is not supported.' })
  t.throws(() => keyed.rebalance(), { message: 'Cannot override partitioning for KeyedStream.' })
})
