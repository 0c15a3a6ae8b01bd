import fc from 'fast-check'
import t from 'tap'

import type { OperatorState } from '../../../../core/checkpoint/operator-state.ts'
import { KeyedProcessFunction, ProcessFunction } from '../../../../core/operators/process/process-function.ts'
import type {
  KeyedProcessContext,
  OnTimerContext,
  ProcessContext,
  RuntimeContext,
} from '../../../../core/operators/process/process-function.ts'
import { Types } from '../../../../core/api/types/types.ts'
import { instanceOf, runnable } from '../../../../core/operators/process/process.ts'
import { keyGroupRange, readKeyedState } from '../../../../core/operators/keyed-state/keyed-state.ts'
import { ProcessOperator } from '../../../../core/operators/process/process-operator.ts'
import type { ProcessOptions } from '../../../../core/operators/process/process-operator.ts'
import {
  AggregatingStateDescriptor,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueStateDescriptor,
} from '../../../../core/operators/keyed-state/state.ts'
import type { ValueState } from '../../../../core/operators/keyed-state/state.ts'
import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import { keyGroupOf } from '../../../../schemas/contracts/key-codec.ts'
import { ManualClock, settle } from '../../fakes/manual-clock.ts'
import { operatorOf } from '../../fakes/operators.ts'
import { NotedOutput } from '../../fakes/outputs.ts'

const MAX_PARALLELISM = 8

type AnyProcessFunction = KeyedProcessFunction<unknown, unknown, unknown>

const optionsOf = (overrides: Partial<ProcessOptions> = {}): ProcessOptions => ({
  operatorName: 'Count',
  taskName: 'Count -> Sink',
  subtask: 0,
  parallelism: 1,
  maxParallelism: MAX_PARALLELISM,
  attempt: 0,
  keyed: true,
  restored: null,
  ...overrides,
})

/** Values as they come behind a keyBy of their first letter. */
async function keyed(values: readonly string[], timestamps: readonly number[] | null = null): Promise<RecordBatch> {
  const keyBy = await operatorOf('key_by', (v: string) => v[0])
  const output = new NotedOutput()
  await keyBy.open(output, output)
  const timestamp = timestamps === null ? null : Float64Array.from(timestamps)
  await keyBy.process(RecordBatch.ofValues(values, { timestamp }), 0)
  const batch = output.batches[0]!
  const keys = batch.keys!
  const groups = Uint16Array.from(values, (_, i) =>
    keyGroupOf(keys.bytes, keys.offset[i]!, keys.length[i]!, MAX_PARALLELISM),
  )
  return batch.withKeys(keys.withGroups(groups))
}

async function opened(fn: AnyProcessFunction, overrides: Partial<ProcessOptions> = {}, clock = new ManualClock(1000)) {
  const calls = runnable(fn, [(value, context) => fn.processElement(value, context)])
  const operator = new ProcessOperator(calls, optionsOf(overrides), clock)
  const output = new NotedOutput()
  await operator.open(output, output)
  return { operator, output, clock }
}

const any = (fn: unknown): AnyProcessFunction => fn as AnyProcessFunction

/** How often a key has come; a timer at the value's time and 10 tells it again. */
class Count extends KeyedProcessFunction<string, string, string> {
  #count!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor<number>('count'))
  }

  *processElement(_value: string, context: KeyedProcessContext<string>) {
    this.#count.update((this.#count.value() ?? 0) + 1)
    const timestamp = context.timestamp()
    if (timestamp !== null) context.timerService().registerEventTimeTimer(timestamp + 10)
    yield `${context.getCurrentKey()}${this.#count.value()}`
  }

  override *onTimer(timestampMs: number, context: OnTimerContext<string>) {
    yield `${context.getCurrentKey()}@${timestampMs}=${this.#count.value()} ${context.timeDomain()}`
  }
}

t.test('state belongs to the key of the value', async t => {
  const { operator, output } = await opened(any(new Count()))
  await operator.process(await keyed(['a', 'b', 'a', 'b', 'a']))
  t.same(output.values, ['a1', 'b1', 'a2', 'b2', 'a3'])
})

t.test('timers fire when a watermark passes them, in the order of their times, and before it goes on', async t => {
  const { operator, output } = await opened(any(new Count()))
  await operator.process(await keyed(['b', 'a', 'a', 'b'], [5, 1, 1, 90]))
  await operator.advance({ type: 'watermark', timestampMs: 14 })
  await operator.advance({ type: 'status', idle: true })
  await operator.advance({ type: 'watermark', timestampMs: 15 })
  await operator.advance({ type: 'watermark', timestampMs: Infinity })
  t.same(output.seen.slice(4), [
    'a@11=2 EVENT_TIME',
    'w14',
    'idle',
    'b@15=2 EVENT_TIME',
    'w15',
    'b@100=2 EVENT_TIME',
    'wInfinity',
  ])
  t.same(
    output.batches.map(b => [...b.timestamp!]),
    [[5, 1, 1, 90], [11], [15], [100]],
  )
})

t.test('timers of processing time fire by the clock, as a mail', async t => {
  class Later extends KeyedProcessFunction<string, string, string> {
    processElement(_: string, context: KeyedProcessContext<string>): void {
      const timers = context.timerService()
      timers.registerProcessingTimeTimer(timers.currentProcessingTime() + 100)
      timers.registerProcessingTimeTimer(timers.currentProcessingTime() + 50)
      timers.deleteProcessingTimeTimer(timers.currentProcessingTime() + 50)
    }
    override onTimer(timestampMs: number, context: OnTimerContext<string>) {
      return [`${timestampMs} ${context.timeDomain()} ${context.timerService().currentWatermark()}`]
    }
  }
  const { operator, output, clock } = await opened(any(new Later()))
  await operator.process(await keyed(['a', 'a']))
  t.same(clock.armed, [100])
  clock.advance(100)
  t.same(output.seen, [], 'not before its turn')
  await output.readMail()
  t.same(output.seen, ['1100 PROCESSING_TIME -Infinity'])
  t.equal(output.batches[0]!.timestamp![0], -Infinity)
  t.same(clock.armed, [])
})

t.test(
  'a restored timer of processing time that is late fires at once; the end of input drops those to come',
  async t => {
    class Later extends KeyedProcessFunction<string, string, string> {
      processElement(value: string, context: KeyedProcessContext<string>): void {
        context.timerService().registerProcessingTimeTimer(Number(value.slice(1)))
      }
      override onTimer = (timestampMs: number) => [String(timestampMs)]
    }
    const first = await opened(any(new Later()))
    await first.operator.process(await keyed(['a1500', 'b9000']))
    const stored = (await first.operator.snapshot())!
    const restored = readKeyedState([stored], [0, MAX_PARALLELISM - 1], 'v8', 'Later')
    const second = await opened(any(new Later()), { restored }, new ManualClock(5000))
    second.clock.advance(0)
    await second.output.readMail()
    t.same(second.output.seen, ['1500'])
    t.same(second.clock.armed, [4000])
    await second.operator.finish()
    t.same(second.clock.armed, [])
  },
)

t.test('a timer that registers one that is due already fires it too, and many go on in batches', async t => {
  class Chained extends KeyedProcessFunction<string, string, number> {
    processElement(_: string, context: KeyedProcessContext<string>): void {
      context.timerService().registerEventTimeTimer(1)
    }
    override onTimer(timestampMs: number, context: OnTimerContext<string>) {
      if (timestampMs < 2500) context.timerService().registerEventTimeTimer(timestampMs + 1)
      return [timestampMs]
    }
  }
  const { operator, output } = await opened(any(new Chained()))
  await operator.process(await keyed(['a']))
  await operator.advance({ type: 'watermark', timestampMs: 5000 })
  t.same(
    output.batches.map(b => b.count),
    [1000, 1000, 500],
  )
})

t.test('every kind of state comes back from a snapshot, to whom it belongs', async t => {
  class All extends KeyedProcessFunction<string, string, unknown> {
    #read!: () => unknown[]
    #add!: (value: string) => void

    override open(context: RuntimeContext): void {
      const value = context.getState(new ValueStateDescriptor<Date>('value'))
      const list = context.getListState(new ListStateDescriptor<string>('list'))
      const map = context.getMapState(new MapStateDescriptor('map', Types.STRING(), Types.INT()))
      const sum = context.getReducingState(new ReducingStateDescriptor<number>('sum', (a, b) => a + b, Types.INT()))
      const mean = context.getAggregatingState(
        new AggregatingStateDescriptor<number, number[], number>('mean', {
          createAccumulator: () => [],
          add: (v, all) => [...all, v],
          getResult: all => all.reduce((a, b) => a + b, 0) / all.length,
        }),
      )
      this.#read = () => [value.value(), [...list.get()], [...map.entries()], sum.get(), mean.get()]
      this.#add = text => {
        value.update(new Date(text.length))
        list.add(text)
        map.put(text, (map.get(text) ?? 0) + 1)
        sum.add(text.length)
        mean.add(text.length)
      }
    }

    processElement(text: string): unknown[] {
      if (text.length > 1) this.#add(text)
      return [this.#read()]
    }
  }
  const first = await opened(any(new All()))
  await first.operator.process(await keyed(['aa', 'aaaa', 'bb']))
  const stored = (await first.operator.snapshot())!
  t.match(stored, { type: 'keyed-state', version: 2 })
  t.same((stored.json as { states: unknown }).states, {
    value: { kind: 'value', type: null },
    list: { kind: 'list', type: null },
    map: { kind: 'map', type: 'MAP<STRING, INT>' },
    sum: { kind: 'reducing', type: 'INT' },
    mean: { kind: 'aggregating', type: null },
  })
  const restored = readKeyedState([stored], [0, MAX_PARALLELISM - 1], 'v8', 'All')
  const second = await opened(any(new All()), { restored })
  await second.operator.process(await keyed(['a', 'b', 'c']))
  t.same(second.output.values, [
    [
      new Date(4),
      ['aa', 'aaaa'],
      [
        ['aa', 1],
        ['aaaa', 1],
      ],
      6,
      3,
    ],
    [new Date(2), ['bb'], [['bb', 1]], 2, 2],
    [null, [], [], null, null],
  ])
})

t.test('a name that was of another kind is an error that says so', async t => {
  const first = await opened(any(new Count()))
  await first.operator.process(await keyed(['a']))
  const restored = readKeyedState([(await first.operator.snapshot())!], [0, 7], 'v8', 'Count')
  class Other extends Count {
    override open(context: RuntimeContext): void {
      context.getListState(new ListStateDescriptor('count'))
    }
  }
  await t.rejects(opened(any(new Other()), { restored }), {
    code: 'CHECKPOINT_UNREADABLE',
    message: /state of 'Count' .*'count' is a value state in the checkpoint, and the function asks for a list state/,
  })
})

t.test('a state of another type is refused; one without a type, then or now, is not', async t => {
  const typed = (type?: ReturnType<typeof Types.INT> | ReturnType<typeof Types.LONG>) =>
    class extends Count {
      override open(context: RuntimeContext): void {
        super.open(context)
        context.getListState(new ListStateDescriptor<unknown>('typed', type))
      }
    }
  const stored = async (type?: Parameters<typeof typed>[0]) => {
    const { operator } = await opened(any(new (typed(type))()))
    await operator.process(await keyed(['a']))
    return readKeyedState([(await operator.snapshot())!], [0, MAX_PARALLELISM - 1], 'v8', 'Count')
  }
  const restored = await stored(Types.INT())
  await t.rejects(opened(any(new (typed(Types.LONG()))()), { restored }), {
    code: 'CHECKPOINT_UNREADABLE',
    message: /state of 'Count' cannot be restored: state 'typed' has the type LIST<INT> .* declares LIST<LONG>.*uid/,
  })
  await opened(any(new (typed(Types.INT()))()), { restored })
  await opened(any(new (typed())()), { restored })
  await opened(any(new (typed(Types.LONG()))()), { restored: await stored() })
})

t.test('a value that cannot be stored is named when it should be', async t => {
  class Bad extends Count {
    override open(context: RuntimeContext): void {
      const state = context.getState(new ValueStateDescriptor<unknown>('callback'))
      this.processElement = function* () {
        state.update(() => 1)
      }
    }
  }
  const { operator } = await opened(any(new Bad()))
  await operator.process(await keyed(['a']))
  await t.rejects(operator.snapshot(), { code: 'CHECKPOINT_FAILED', message: /'callback'.*cannot be stored/ })
})

t.test('without a key there is no state and no timer, but there is time', async t => {
  class Plain extends ProcessFunction<string, unknown> {
    processElement(value: string, context: ProcessContext) {
      return [value, context.timestamp(), context.timerService().currentWatermark()]
    }
  }
  const plain = await opened(any(new Plain()), { keyed: false })
  await plain.operator.process(RecordBatch.ofValues(['a']))
  await plain.operator.advance({ type: 'watermark', timestampMs: 7 })
  await plain.operator.process(RecordBatch.ofValues(['b'], { timestamp: Float64Array.of(5) }))
  t.same(plain.output.seen, ['a', null, -Infinity, 'w7', 'b', 5, 7])
  t.equal(await plain.operator.snapshot(), null)
  await t.rejects(opened(any(new Count()), { keyed: false }), {
    message: /only accessible by functions executed on a KeyedStream/,
  })
  class Timer extends Plain {
    override processElement(_: string, context: ProcessContext): never[] {
      context.timerService().registerEventTimeTimer(1)
      return []
    }
  }
  const timer = await opened(any(new Timer()), { keyed: false })
  t.throws(() => void timer.operator.process(RecordBatch.ofValues(['a'])), { message: /on a keyed stream only/ })
})

t.test('a class, or a function that makes one, gives an instance of its own each time', async t => {
  t.not(
    instanceOf(Count as never, ['processElement'], 'Count'),
    instanceOf(Count as never, ['processElement'], 'Count'),
  )
  t.ok(instanceOf(() => new Count(), ['processElement'], 'Count') instanceof Count)
  t.throws(() => instanceOf(() => 17, ['processElement'], 'Count'), {
    code: 'GRAPH_INVALID',
    message: /'Count' needs a process function/,
  })
})

t.test('counts are exact and timers fire once under any snapshots, restores and changes of parallelism', async t => {
  const step = fc.oneof(
    {
      arbitrary: fc.record({
        type: fc.constant('values' as const),
        keys: fc.array(fc.nat({ max: 9 }), { maxLength: 6 }),
      }),
      weight: 5,
    },
    { arbitrary: fc.record({ type: fc.constant('watermark' as const), by: fc.nat({ max: 30 }) }), weight: 2 },
    { arbitrary: fc.constant({ type: 'snapshot' as const }), weight: 2 },
    {
      arbitrary: fc.record({ type: fc.constant('crash' as const), parallelism: fc.integer({ min: 1, max: 4 }) }),
      weight: 1,
    },
  )
  class Job {
    parallelism = 2
    operators: Awaited<ReturnType<typeof opened>>[] = []
    /** What a sink that is exact would hold. */
    committed: unknown[] = []
    taken: unknown[] = []
    checkpoint: { states: OperatorState[]; taken: unknown[]; at: number; watermark: number } | null = null
    watermark = 0

    async start(parallelism: number): Promise<void> {
      this.parallelism = parallelism
      const stored = this.checkpoint?.states ?? []
      this.operators = []
      for (let subtask = 0; subtask < parallelism; subtask++) {
        const restored = readKeyedState(stored, keyGroupRange(subtask, parallelism, MAX_PARALLELISM), 'v8', 'Count')
        this.operators.push(await opened(any(new Count()), { subtask, parallelism, restored }))
      }
      this.taken = [...(this.checkpoint?.taken ?? [])]
      this.watermark = this.checkpoint?.watermark ?? 0
    }
    async values(keys: readonly number[], from: number): Promise<void> {
      if (keys.length === 0) return
      const batch = await keyed(
        keys.map(k => `${k}`),
        keys.map((_, i) => from + i),
      )
      for (let subtask = 0; subtask < this.parallelism; subtask++) {
        const mine = keys.flatMap((_, i) =>
          Math.floor((batch.keys!.group![i]! * this.parallelism) / MAX_PARALLELISM) === subtask ? [i] : [],
        )
        if (mine.length > 0) await this.operators[subtask]!.operator.process(batch.select(Uint32Array.from(mine)))
      }
      this.collect()
    }
    async advance(timestampMs: number): Promise<void> {
      this.watermark = timestampMs
      for (const { operator } of this.operators) await operator.advance({ type: 'watermark', timestampMs })
      this.collect()
    }
    collect(): void {
      for (const { output } of this.operators)
        this.taken.push(...output.seen.splice(0).filter(s => !String(s).startsWith('w')))
    }
  }
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
      const job = new Job()
      await job.start(2)
      const sent: number[] = []
      const input = steps.flatMap(s => (s.type === 'values' ? [s.keys] : []))
      let at = 0
      for (const s of steps) {
        if (s.type === 'values') {
          const from = sent.length
          if (at < input.length) {
            sent.push(...input[at]!)
            await job.values(input[at++]!, from)
          }
        } else if (s.type === 'watermark') await job.advance(job.watermark + s.by)
        else if (s.type === 'snapshot') {
          const states: OperatorState[] = []
          for (const { operator } of job.operators) states.push((await operator.snapshot())!)
          job.checkpoint = { states, taken: [...job.taken], at, watermark: job.watermark }
        } else {
          at = job.checkpoint?.at ?? 0
          sent.length = 0
          sent.push(...input.slice(0, at).flat())
          await job.start(s.parallelism)
        }
      }
      for (; at < input.length; at++) {
        const from = sent.length
        sent.push(...input[at]!)
        await job.values(input[at]!, from)
      }
      await job.advance(Infinity)
      const counts = new Map<number, number>()
      const expected = sent.map(k => {
        counts.set(k, (counts.get(k) ?? 0) + 1)
        return `${k}${counts.get(k)}`
      })
      const outputs = job.taken.filter(v => !String(v).includes('@')).map(String)
      if ([...outputs].sort().join() !== [...expected].sort().join())
        throw new Error(`${outputs.join()} for ${expected.join()}`)
      const timers = job.taken.filter(v => String(v).includes('@')).map(v => String(v).split('=')[0]!)
      const wanted = sent.map((k, i) => `${k}@${i + 10}`)
      if ([...timers].sort().join() !== [...wanted].sort().join())
        throw new Error(`${timers.join()} for ${wanted.join()}`)
    }),
    { numRuns: 150 },
  )
  await settle()
  t.pass('held')
})
