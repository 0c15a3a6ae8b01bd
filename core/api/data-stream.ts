/** A stream of values, and its transformations. Nothing runs before `execute`. */
import { GraphError } from '../foundation/errors.ts'
import type { PayloadType } from '../foundation/record-batch/payload-type.ts'
import type { PartitionerSpec } from '../graph/partitioner-spec.ts'
import type { LocalFunction } from '../operators/job-facilities.ts'
import type { OutputTag, ProcessFunction } from '../operators/process/process-function.ts'
import { CollectQueue } from './collect-queue.ts'
import { ConnectedStreams } from './connected-streams.ts'
import type { KeyedStream } from './keyed-stream.ts'
import type { KinesisFirehoseSink } from './kinesis-firehose-sink-builder.ts'
import { KinesisStreamsSink } from './kinesis-streams-sink-builder.ts'
import { programError } from './program-error.ts'
import { DataStreamSink, Settable } from './settable.ts'
import type { StreamContext } from './stream-context.ts'
import { edgeOf, originOf } from './stream-origin.ts'
import type { StreamOrigin } from './stream-origin.ts'
import type { WatermarkStrategy } from './watermark-strategy.ts'

/** The class of a process function, or a function that makes one: each parallel instance has its own. */
export type Made<F> = (new () => F) | (() => F)

export class DataStream<T> extends Settable {
  protected readonly context: StreamContext
  protected readonly origin: StreamOrigin

  constructor(context: StreamContext, origin: StreamOrigin) {
    super(origin.transformation)
    this.context = context
    this.origin = origin
  }

  map<U>(fn: (value: T) => U): DataStream<U> {
    return this.add<U>('map', 'Map', fn, { deserializesFor: null })
  }

  filter(fn: (value: T) => boolean): DataStream<T> {
    return this.add<T>('filter', 'Filter', fn, {}, this.origin.output)
  }

  flatMap<U>(fn: (value: T) => Iterable<U>): DataStream<U> {
    return this.add<U>('flat_map', 'FlatMap', fn, { deserializesFor: null })
  }

  /** A function that sees each value's timestamp and the watermark, and has side outputs. */
  process<O>(made: Made<ProcessFunction<T, O>>): DataStream<O> {
    return this.add<O>('process', 'Process', made as LocalFunction, { sideOutputs: {} })
  }

  /**
   * Groups the values by a key: null, a boolean, number, bigint, string, bytes, Date, or an array or plain object of these. What
   * follows has state and timers for each key.
   */
  keyBy<K>(selector: (value: T) => K): KeyedStream<K, T> {
    const { output } = this.origin
    const transformation = this.context.assembler.add({
      kind: 'key_by',
      name: 'Key By',
      inputs: [edgeOf(this.origin)],
      function: this.context.assembler.localFunction(selector),
      output,
    })
    return this.context.keyedStream<K, T>({ ...originOf(transformation, output), partitioner: { type: 'hash' } }, this)
  }

  /** Two streams for one operator, which sees both. */
  connect<U>(other: DataStream<U>): ConnectedStreams<T, U> {
    return new ConnectedStreams<T, U>(this.context, this.origin, other.origin)
  }

  /** The values that the process function of this stream emits to a side output. */
  getSideOutput<X>(tag: OutputTag<X>): DataStream<X> {
    const { sideOutputs } = this.transformation as { sideOutputs?: Record<string, PayloadType> }
    if (sideOutputs === undefined)
      throw new GraphError(`'${this.transformation.name}' has no side outputs: only a process function has.`)
    sideOutputs[tag.id] = 'object'
    return this.context.dataStream<X>({ ...originOf(this.transformation), tag: tag.id })
  }

  /** Gives the values their timestamps, and the stream its watermarks. Watermarks of the source end here. */
  assignTimestampsAndWatermarks(strategy: WatermarkStrategy<T>): DataStream<T> {
    const { output } = this.origin
    const transformation = this.context.assembler.add({
      kind: 'watermarks',
      name: 'Timestamps/Watermarks',
      inputs: [edgeOf(this.origin)],
      watermarkStrategy: strategy.toSpec(assigner => this.context.assembler.local(assigner)),
      output,
    })
    return this.context.dataStream<T>(originOf(transformation, output))
  }

  /** Values go to all subtasks in turn. */
  rebalance(): DataStream<T> {
    return this.partitioned({ type: 'rebalance' })
  }

  /** Values go in turn to the subtasks that are the share of the sending subtask. */
  rescale(): DataStream<T> {
    return this.partitioned({ type: 'rescale' })
  }

  /** Values go to random subtasks. */
  shuffle(): DataStream<T> {
    return this.partitioned({ type: 'shuffle' })
  }

  /** Every value goes to every subtask. */
  broadcast(): DataStream<T> {
    return this.partitioned({ type: 'broadcast' })
  }

  /** Every value goes to the first subtask. */
  global(): DataStream<T> {
    return this.partitioned({ type: 'global' })
  }

  /** Values stay with the subtask of the same index. */
  forward(): DataStream<T> {
    return this.partitioned({ type: 'forward' })
  }

  /** @param partitioner takes the key of a value and the number of subtasks, and returns the index of a subtask */
  partitionCustom<K>(
    partitioner: (key: K, numPartitions: number) => number,
    keySelector: (value: T) => K,
  ): DataStream<T> {
    const choose = (value: T, numPartitions: number): number => partitioner(keySelector(value), numPartitions)
    return this.partitioned(this.context.assembler.localFunction(choose))
  }

  sinkTo(sink: KinesisStreamsSink | KinesisFirehoseSink): DataStreamSink {
    const name = sink instanceof KinesisStreamsSink ? 'Sink: Kinesis' : 'Sink: Firehose'
    return this.#sink(
      name,
      sink.toSpec(key => this.context.assembler.local(key)),
    )
  }

  /** Writes each value to standard output. With an identifier or several subtasks it has Flink's prefix. */
  print(identifier: string | null = null): DataStreamSink {
    return this.#sink('Sink: Print', { type: 'print', identifier })
  }

  /**
   * Runs the job and gives its values as they come. Leaving the loop early stops the job.
   *
   * @example for await (const flight of stream.executeAndCollect()) console.log(flight)
   */
  async *executeAndCollect(jobName?: string): AsyncGenerator<T, void, undefined> {
    const calledFrom = new Error()
    const queue = new CollectQueue<T>()
    this.add('collect', 'Collect', (values: readonly T[]) => queue.put(values))
    const job = await this.context.executeAsync(jobName)
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

  protected partitioned(partitioner: PartitionerSpec): DataStream<T> {
    return this.context.dataStream<T>({ ...this.origin, partitioner })
  }

  /** Adds an operator that takes this stream. `fn`: its function, or `null` when the engine has it. */
  protected add<U>(
    kind: string,
    name: string,
    fn: LocalFunction | null,
    fields: Readonly<Record<string, unknown>> = {},
    output: PayloadType = 'object',
  ): DataStream<U> {
    const transformation = this.context.assembler.add({
      kind,
      name,
      inputs: [edgeOf(this.origin)],
      function: fn === null ? null : this.context.assembler.localFunction(fn),
      output,
      ...fields,
    })
    return this.context.dataStream<U>(originOf(transformation, output))
  }

  #sink(name: string, sink: object): DataStreamSink {
    const inputs = [edgeOf(this.origin)]
    return new DataStreamSink(this.context.assembler.add({ kind: 'sink', name, inputs, sink }))
  }
}
