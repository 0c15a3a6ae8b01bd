/** The keyed state that functions use. It belongs to the key of the current record or timer. */
import { typeText } from '../../../schemas/contracts/type-text.ts'
import type { TypeSpec } from '../../foundation/type-spec.ts'
import type { StateKind } from './keyed-state.ts'

/** A type of `Types`, such as `Types.LONG()`. */
export interface StateType<T> {
  readonly spec: TypeSpec
  readonly valueType?: T
}

export interface AnyStateDescriptor {
  readonly name: string
  readonly kind: StateKind
  /** The text of the type. `null` when the program declares no type. */
  readonly type: string | null
}

/**
 * Names a state: it is found again under this name after a restart. The type is optional. With one, a job does not start from a
 * checkpoint in which the state has another type; values are not converted.
 */
abstract class StateDescriptor implements AnyStateDescriptor {
  abstract readonly kind: StateKind
  readonly name: string
  readonly type: string | null

  constructor(name: string, type: TypeSpec | undefined) {
    this.name = name
    this.type = type === undefined ? null : typeText(type)
  }
}

export class ValueStateDescriptor<T> extends StateDescriptor {
  readonly kind = 'value'
  declare readonly valueType?: T

  constructor(name: string, type?: StateType<T>) {
    super(name, type?.spec)
  }
}

export class ListStateDescriptor<T> extends StateDescriptor {
  readonly kind = 'list'
  declare readonly valueType?: T

  constructor(name: string, elementType?: StateType<T>) {
    super(name, elementType === undefined ? undefined : { type: 'LIST', element: elementType.spec })
  }
}

export class MapStateDescriptor<K, V> extends StateDescriptor {
  readonly kind = 'map'
  declare readonly valueType?: readonly [K, V]

  constructor(name: string, keyType?: StateType<K>, valueType?: StateType<V>) {
    const typed = keyType !== undefined && valueType !== undefined
    super(name, typed ? { type: 'MAP', key: keyType.spec, value: valueType.spec } : undefined)
  }
}

export class ReducingStateDescriptor<T> extends StateDescriptor {
  readonly kind = 'reducing'
  readonly reduce: (a: T, b: T) => T

  constructor(name: string, reduce: (a: T, b: T) => T, type?: StateType<T>) {
    super(name, type?.spec)
    this.reduce = reduce
  }
}

/** Flink's `AggregateFunction` without `merge`, because no operator merges accumulators. */
export interface AggregateFunction<I, A, O> {
  createAccumulator(): A
  add(value: I, accumulator: A): A
  getResult(accumulator: A): O
}

export class AggregatingStateDescriptor<I, A, O> extends StateDescriptor {
  readonly kind = 'aggregating'
  readonly aggregate: AggregateFunction<I, A, O>

  constructor(name: string, aggregate: AggregateFunction<I, A, O>, accumulatorType?: StateType<A>) {
    super(name, accumulatorType?.spec)
    this.aggregate = aggregate
  }
}

/** Every value must be one that `structuredClone` can copy, because snapshots copy it. */
export interface ValueState<T> {
  /** `null` when no value is set. */
  value(): T | null
  update(value: T): void
  clear(): void
}

export interface ListState<T> {
  get(): readonly T[]
  add(value: T): void
  addAll(values: Iterable<T>): void
  update(values: Iterable<T>): void
  clear(): void
}

export interface MapState<K, V> {
  get(key: K): V | null
  put(key: K, value: V): void
  putAll(entries: Iterable<readonly [K, V]>): void
  remove(key: K): void
  contains(key: K): boolean
  entries(): IterableIterator<[K, V]>
  keys(): IterableIterator<K>
  values(): IterableIterator<V>
  isEmpty(): boolean
  clear(): void
}

export interface AppendingState<I, O> {
  /** `null` when no value was added. */
  get(): O | null
  add(value: I): void
  clear(): void
}

export interface KeyedStateStore {
  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T>
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>
  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V>
  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): AppendingState<T, T>
  getAggregatingState<I, A, O>(descriptor: AggregatingStateDescriptor<I, A, O>): AppendingState<I, O>
}
