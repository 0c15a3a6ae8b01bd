/** A stream of values, and what can be said of it. Nothing runs before `execute`. */
import { ConfigurationError } from '../errors.ts'
import type { FunctionOperation, Partitioning, Transformation } from '../job-graph/job-graph.ts'
import { CollectQueue } from './collect-queue.ts'
import type { GraphAssembler, Mutable } from './graph-assembler.ts'
import type { KinesisStreamsSink } from './kinesis-streams-sink-builder.ts'
import type { StreamExecutionEnvironment } from './stream-execution-environment.ts'
import type { WatermarkStrategy } from './watermark-strategy.ts'

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
    return this.#function<U>('map', 'Map', fn)
  }

  filter(fn: (value: T) => boolean): DataStream<T> {
    return this.#function<T>('filter', 'Filter', fn)
  }

  flatMap<U>(fn: (value: T) => Iterable<U>): DataStream<U> {
    return this.#function<U>('flat_map', 'FlatMap', fn)
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

  sinkTo(sink: KinesisStreamsSink): DataStreamSink {
    return new DataStreamSink(
      this.#sink(
        'Sink: Kinesis',
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
    const queue = new CollectQueue<T>()
    this.#function('collect', 'Collect', ((values: readonly T[]) => queue.put(values)) as never)
    const job = await this.#environment.executeAsync(jobName)
    job.result().then(
      () => queue.end(),
      (error: unknown) => queue.fail(error),
    )
    try {
      yield* queue
    } finally {
      queue.end()
      await job.cancel('now')
    }
  }

  #function<U>(operation: FunctionOperation, name: string, fn: (value: T) => unknown): DataStream<U> {
    const t = this.#assembler.add({
      kind: 'function',
      name,
      operation,
      parallelism: null,
      inputs: [this.#edge()],
      function: this.#assembler.localFunction(fn),
      output: operation === 'filter' && this.transformation.kind !== 'sink' ? this.transformation.output : 'object',
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
