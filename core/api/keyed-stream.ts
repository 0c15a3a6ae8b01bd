/** A stream whose values are grouped by a key: those of one key go to the same subtask, in their order, and share state and timers. */
import { GraphError } from '../foundation/errors.ts'
import type { LocalFunction } from '../operators/job-facilities.ts'
import type { KeyedProcessFunction } from '../operators/process/process-function.ts'
import { DataStream } from './data-stream.ts'
import type { Made } from './data-stream.ts'
import type { StreamContext } from './stream-context.ts'
import type { StreamOrigin } from './stream-origin.ts'

/** The position of a field: its name, or its index in an array. 0 is the whole value where a value has no fields. */
export type FieldPosition = string | number

export class KeyedStream<K, T> extends DataStream<T> {
  readonly #keyed: DataStream<T>

  /** `keyed`: the stream before `keyBy`. */
  constructor(context: StreamContext, origin: StreamOrigin, keyed: DataStream<T>) {
    super(context, origin)
    this.#keyed = keyed
  }

  override process<O>(made: Made<KeyedProcessFunction<K, T, O>>): DataStream<O> {
    return this.add<O>('process', 'KeyedProcess', made as LocalFunction, { sideOutputs: {} })
  }

  /** Combines each value with the values before it under its key. It gives one result for each value. */
  reduce(reduce: (a: T, b: T) => T): DataStream<T> {
    return this.add<T>('reduce', 'Reduce', reduce)
  }

  /** The first value of the key, with the sum of the field. */
  sum(position: FieldPosition = 0): DataStream<T> {
    return this.#aggregate('sum', 'Sum', position)
  }

  /** The first value of the key, with the least field. */
  min(position: FieldPosition = 0): DataStream<T> {
    return this.#aggregate('min', 'Min', position)
  }

  /** The first value of the key, with the greatest field. */
  max(position: FieldPosition = 0): DataStream<T> {
    return this.#aggregate('max', 'Max', position)
  }

  /** The value with the least field, the first of equal ones. */
  minBy(position: FieldPosition = 0): DataStream<T> {
    return this.#aggregate('min_by', 'Min By', position)
  }

  /** The value with the greatest field, the first of equal ones. */
  maxBy(position: FieldPosition = 0): DataStream<T> {
    return this.#aggregate('max_by', 'Max By', position)
  }

  /** Groups the values by another key instead. */
  override keyBy<L>(selector: (value: T) => L): KeyedStream<L, T> {
    return this.#keyed.keyBy(selector)
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

  protected override partitioned(): never {
    throw new GraphError('Cannot override partitioning for KeyedStream.')
  }

  #aggregate(kind: string, name: string, position: FieldPosition): DataStream<T> {
    return this.add<T>(kind, name, null, { position })
  }
}
