import t from 'tap'

import {
  CoProcessFunction,
  KeyedCoProcessFunction,
  KeyedProcessFunction,
  OutputTag,
  ProcessFunction,
  StreamExecutionEnvironment,
  ValueStateDescriptor,
} from '../../../core/index.ts'
import type { KeyedProcessContext, OnTimerContext, RuntimeContext, ValueState } from '../../../core/index.ts'
import type { ProcessContext } from '../../../core/index.ts'
import { WatermarkStrategy } from '../../../core/index.ts'

const environment = (parallelism = 1): StreamExecutionEnvironment =>
  StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(parallelism)

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const value of values) collected.push(value)
  return collected
}

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

t.test('a function of two streams gets the values of each by its own method', async t => {
  class Both extends CoProcessFunction<number, string, string> {
    *processElement1(value: number) {
      yield `n${value}`
    }
    *processElement2(value: string) {
      yield `s${value}`
    }
  }
  const env = environment(2)
  const results = await all(
    env
      .fromCollection([1, 2, 3])
      .connect(env.fromCollection(['a', 'b']))
      .process(Both)
      .executeAndCollect(),
  )
  t.same(results.sort(), ['n1', 'n2', 'n3', 'sa', 'sb'])
})

t.test('two keyed streams share state and timers by key, at any parallelism', async t => {
  interface Order {
    readonly id: string
    readonly at: number
  }
  /** Joins an order with its payment. A timer reports an order that was not paid. */
  class Join extends KeyedCoProcessFunction<string, Order, Order, string> {
    #order!: ValueState<number>
    override open(context: RuntimeContext): void {
      this.#order = context.getState(new ValueStateDescriptor<number>('order'))
    }
    *processElement1({ at }: Order, context: KeyedProcessContext<string>) {
      this.#order.update(at)
      context.timerService().registerEventTimeTimer(at + 1000)
      if (context.getCurrentKey() === 'never') yield 'a key that no order has'
    }
    *processElement2({ id, at }: Order, context: KeyedProcessContext<string>) {
      const ordered = this.#order.value()
      if (ordered === null) return
      context.timerService().deleteEventTimeTimer(ordered + 1000)
      yield `${id} paid after ${at - ordered}`
    }
    override *onTimer(_timestampMs: number, context: OnTimerContext<string>) {
      yield `${context.getCurrentKey()} unpaid`
    }
  }
  const strategy = WatermarkStrategy.forMonotonousTimestamps<Order>().withTimestampAssigner(order => order.at)
  const env = environment(3)
  const ids = numbers(20).map(i => `o${i}`)
  const orders = env
    .fromCollection(ids.map((id, i) => ({ id, at: i })))
    .assignTimestampsAndWatermarks(strategy)
    .keyBy(order => order.id)
  // Payments come behind their orders: a stream of a later stage.
  const payments = env
    .fromCollection(ids.filter((_, i) => i % 2 === 0).map((id, i) => ({ id, at: 2 * i + 5 })))
    .map(payment => payment)
    .assignTimestampsAndWatermarks(strategy)
    .keyBy(payment => payment.id)
  const results = await all(orders.connect(payments).process(Join).executeAndCollect())
  const paid = results.filter(r => r.includes('paid after'))
  const unpaid = results.filter(r => r.endsWith(' unpaid'))
  // Which of the two streams comes first is not fixed, so a payment may come before its order.
  t.equal(new Set([...paid.map(r => r.split(' ')[0]!), ...unpaid.map(r => r.split(' ')[0]!)]).size, 20)
  t.ok(unpaid.length >= 10)
})

t.test('streams of which one alone is keyed are not connected', async t => {
  class Both extends CoProcessFunction<number, number, number> {
    processElement1(value: number) {
      return [value]
    }
    processElement2(value: number) {
      return [value]
    }
  }
  const env = environment()
  const one = env.fromCollection([1])
  t.throws(
    () =>
      one
        .keyBy(n => n)
        .connect(one)
        .process(Both),
    { message: /must both be keyed, or neither/ },
  )
})

t.test('a side output has the values that a process function gives it, and the main output has the others', async t => {
  const late = new OutputTag<string>('late')
  class Split extends ProcessFunction<number, number> {
    *processElement(value: number, context: ProcessContext) {
      if (value % 2 === 0) yield value
      else context.output(late, `odd ${value}`)
    }
  }
  const env = environment(2)
  const split = env.fromCollection(numbers(6)).process(Split)
  const side = split.getSideOutput(late).map(text => text.toUpperCase())
  split.print('even')
  t.same((await all(side.executeAndCollect())).sort(), ['ODD 1', 'ODD 3', 'ODD 5'])
})

t.test('values of timers go to side outputs too', async t => {
  const timers = new OutputTag<string>('timers')
  class Timer extends KeyedProcessFunction<string, string, string> {
    processElement(_value: string, context: KeyedProcessContext<string>): void {
      context.timerService().registerEventTimeTimer(5)
    }
    override onTimer(timestampMs: number, context: OnTimerContext<string>): void {
      context.output(timers, `${context.getCurrentKey()} at ${timestampMs}`)
    }
  }
  const stream = environment()
    .fromCollection(['a', 'b', 'a'])
    .keyBy(v => v)
    .process(Timer)
  t.same((await all(stream.getSideOutput(timers).executeAndCollect())).sort(), ['a at 5', 'b at 5'])
})

t.test('only a process function has side outputs', async t => {
  const stream = environment()
    .fromCollection([1])
    .map(n => n)
  t.throws(() => stream.getSideOutput(new OutputTag('x')), {
    code: 'GRAPH_INVALID',
    message: /'Map' has no side outputs/,
  })
})

t.test('partitioners: which subtask gets which value', async t => {
  class Where extends ProcessFunction<number, string> {
    #subtask = -1
    override open(context: RuntimeContext): void {
      this.#subtask = context.getIndexOfThisSubtask()
    }
    *processElement(value: number) {
      yield `${value}@${this.#subtask}`
    }
  }
  const through = async (
    partition: (env: StreamExecutionEnvironment) => ReturnType<StreamExecutionEnvironment['fromCollection']>,
  ) =>
    (await all(
      partition(environment(3))
        .process(Where as never)
        .executeAndCollect(),
    )) as string[]
  t.same((await through(env => env.fromCollection(numbers(2)).broadcast())).sort(), [
    '0@0',
    '0@1',
    '0@2',
    '1@0',
    '1@1',
    '1@2',
  ])
  t.same((await through(env => env.fromCollection(numbers(3)).global())).sort(), ['0@0', '1@0', '2@0'])
  t.same(
    (
      await through(env =>
        env.fromCollection(numbers(4)).partitionCustom(
          (key: number, n) => key % n,
          v => v * 2,
        ),
      )
    ).sort(),
    ['0@0', '1@2', '2@1', '3@0'],
  )
  const shuffled = await through(env => env.fromCollection(numbers(300)).shuffle())
  t.same(
    shuffled.map(r => Number(r.split('@')[0])).sort((a, b) => a - b),
    numbers(300),
  )
  t.same(new Set(shuffled.map(r => r.split('@')[1])).size, 3)
  const rescaled = await through(env => env.fromCollection(numbers(30)).rescale())
  t.same(new Set(rescaled.map(r => r.split('@')[1])).size, 3)
  await t.rejects(
    through(env =>
      env.fromCollection([1]).partitionCustom(
        () => 7,
        v => v,
      ),
    ),
    {
      message: /A custom partitioner returned 7\. It must return a whole number from 0 to 2/,
    },
  )
})
