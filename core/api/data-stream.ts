/** A stream of values, and what can be said of it. Nothing runs before `execute`. */
import { ConfigurationError, GraphError } from '../foundation/errors.ts'
import type { FunctionOperation, Partitioning, Transformation } from '../graph/job-graph.ts'
import type { LocalFunction } from '../operators/functions/local-function-operator.ts'
import type { KeyedProcessFunction, ProcessFunction } from '../operators/process/process-function.ts'
import { ReduceFunction } from '../operators/process/reduce-function.ts'
import { CollectQueue } from './collect-queue.ts'
import type { GraphAssembler, Mutable } from './graph-assembler.ts'
import type { KinesisFirehoseSink } from './kinesis-firehose-sink-builder.ts'
import { KinesisStreamsSink } from './kinesis-streams-sink-builder.ts'
import type { StreamExecutionEnvironment } from './stream-execution-environment.ts'
import type { WatermarkStrategy } from './watermark-strategy.ts'
import { programError } from './program-error.ts'

/** An operator whose name, uid and parallelism can still be set. */
class Settable {
  protected readonly transformation: Mutable<Transformation>

  constructor(transformation: Mutable<Transformation>) {
    this.transformation = transformation
  }

  name(name: string): this {
    this.transformation.name = name
    return this
  }

  /** Names the operator's state, so that it is found again when the program has changed around it. */
  uid(uid: string): this {
    this.transformation.uid = uid
    return this
  }

  setParallelism(parallelism: number): this {
    if (!Number.isInteger(parallelism) || parallelism < 1)
      throw new ConfigurationError(`Parallelism must be a positive whole number, not ${parallelism}.`)
    this.transformation.parallelism = parallelism
    return this
  }
}

export class DataStreamSink extends Settable {}

/** The class of a process function, or a function that makes one: each parallel instance has its own. */
export type Made<F> = (new () => F) | (() => F)

/** Operations whose values are those that they are given. */
const PASSING: readonly FunctionOperation[] = ['filter', 'key_by']

export class DataStream<T> extends Settable {
  readonly #environment: StreamExecutionEnvironment
  readonly #assembler: GraphAssembler
  readonly #partitioning: Partitioning | null

  constructor(
    environment: StreamExecutionEnvironment,
    assembler: GraphAssembler,
    transformation: Mutable<Transformation>,
    partitioning: Partitioning | null = null,
  ) {
    super(transformation)
    this.#environment = environment
    this.#assembler = assembler
    this.#partitioning = partitioning
  }

  map<U>(fn: (value: T) => U): DataStream<U> {
    return this.transform<U>('map', 'Map', fn)
  }

  filter(fn: (value: T) => boolean): DataStream<T> {
    return this.transform<T>('filter', 'Filter', fn)
  }

  flatMap<U>(fn: (value: T) => Iterable<U>): DataStream<U> {
    return this.transform<U>('flat_map', 'FlatMap', fn)
  }

  /** A function that sees each value's time, and how far event time has come. */
  process<O>(made: Made<ProcessFunction<T, O>>): DataStream<O> {
    return this.transform<O>('process', 'Process', made as LocalFunction)
  }

  /**
   * Groups the values by a key: null, a boolean, number, bigint, string, bytes, Date, or an array or plain object of these. What
   * follows has state and timers for each key.
   */
  keyBy<K>(selector: (value: T) => K): KeyedStream<K, T> {
    const t = this.transform('key_by', 'Key By', selector)
    return new KeyedStream<K, T>(this.#environment, this.#assembler, t.transformation, this)
  }

  /** Gives the values their event time, and what follows its watermarks; those of the source end here. */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): DataStream<T> {
    const t = this.#assembler.add({
      kind: 'watermarks',
      name: 'Timestamps/Watermarks',
      parallelism: null,
      inputs: [this.#edge()],
      watermarkStrategy: strategy.toSpec(assigner => this.#assembler.local(assigner)),
      output: this.transformation.kind === 'sink' ? 'object' : this.transformation.output,
    })
    return new DataStream<T>(this.#environment, this.#assembler, t)
  }

  /** Shares the values evenly among the subtasks that follow. */
  rebalance(): DataStream<T> {
    return new DataStream<T>(this.#environment, this.#assembler, this.transformation, 'rebalance')
  }

  sinkTo(sink: KinesisStreamsSink | KinesisFirehoseSink): DataStreamSink {
    return new DataStreamSink(
      this.#sink(
        sink instanceof KinesisStreamsSink ? 'Sink: Kinesis' : 'Sink: Firehose',
        sink.toSpec(key => this.#assembler.local(key)),
      ),
    )
  }

  /** Writes each value to standard output; with an identifier or several subtasks, behind Flink's prefix. */
  print(identifier: string | null = null): DataStreamSink {
    return new DataStreamSink(this.#sink('Sink: Print', { type: 'print', identifier }))
  }

  /**
   * Runs the job and gives its values as they come. Leaving the loop early stops the job.
   *
   * @example for await (const flight of stream.executeAndCollect()) console.log(flight)
   */
  async *executeAndCollect(jobName?: string): AsyncGenerator<T, void, undefined> {
    const calledFrom = new Error()
    const queue = new CollectQueue<T>()
    this.transform('collect', 'Collect', (values: readonly T[]) => queue.put(values))
    const job = await this.#environment.executeAsync(jobName)
    job.result().then(
      () => queue.end(),
      (error: unknown) => queue.fail(programError(error, calledFrom)),
    )
    try {
      yield* queue
    } finally {
      queue.end()
      await job.cancel('now')
    }
  }

  protected transform<U>(operation: FunctionOperation, name: string, fn: LocalFunction): DataStream<U> {
    const t = this.#assembler.add({
      kind: 'function',
      name,
      operation,
      parallelism: null,
      inputs: [this.#edge()],
      function: this.#assembler.localFunction(fn),
      output:
        PASSING.includes(operation) && this.transformation.kind !== 'sink' ? this.transformation.output : 'object',
      deserializesFor: null,
    })
    return new DataStream<U>(this.#environment, this.#assembler, t)
  }

  #sink(name: string, sink: (Transformation & { kind: 'sink' })['sink']): Mutable<Transformation> {
    return this.#assembler.add({
      kind: 'sink',
      name,
      parallelism: null,
      inputs: [this.#edge()],
      sink,
    })
  }

  #edge(): { from: number; partitioning: Partitioning | null } {
    return { from: this.transformation.id, partitioning: this.#partitioning }
  }
}

/** All values of one key go to the same subtask, in their order, and share state and timers. */
export class KeyedStream<K, T> extends DataStream<T> {
  readonly #origin: DataStream<T>

  constructor(
    environment: StreamExecutionEnvironment,
    assembler: GraphAssembler,
    keyBy: Mutable<Transformation>,
    origin: DataStream<T>,
  ) {
    super(environment, assembler, keyBy, 'hash')
    this.#origin = origin
  }

  override process<O>(made: Made<KeyedProcessFunction<K, T, O>>): DataStream<O> {
    return this.transform<O>('process', 'KeyedProcess', made as LocalFunction)
  }

  /** Combines each value with what came before under its key: one result for each value. */
  reduce(reduce: (a: T, b: T) => T): DataStream<T> {
    return this.transform<T>('process', 'Reduce', () => new ReduceFunction<K, T>(reduce))
  }

  /** Groups the values by another key instead. */
  override keyBy<L>(selector: (value: T) => L): KeyedStream<L, T> {
    return this.#origin.keyBy(selector)
  }

  override name(): never {
    throw new GraphError('Set name for KeyedStream is not supported.')
  }

  override uid(): never {
    throw new GraphError('Set uid for KeyedStream is not supported.')
  }

  override setParallelism(): never {
    throw new GraphError('Set parallelism for KeyedStream is not supported.')
  }

  override rebalance(): never {
    throw new GraphError('Cannot override partitioning for KeyedStream.')
  }
}
