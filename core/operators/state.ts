/** State by key, as functions see it. It belongs to the key of the record, or the timer, that is being worked on. */
import type { StateKind } from './keyed-state.ts'

/** Names a state: it is found again under this name after a restart. */
abstract class StateDescriptor {
  abstract readonly kind: StateKind
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- the types are for the states that they name */
export class ValueStateDescriptor<T> extends StateDescriptor {
  readonly kind = 'value'
  declare readonly valueType?: T
}

export class ListStateDescriptor<T> extends StateDescriptor {
  readonly kind = 'list'
  declare readonly valueType?: T
}

/* eslint-enable @typescript-eslint/no-unnecessary-type-parameters */
export class MapStateDescriptor<K, V> extends StateDescriptor {
  readonly kind = 'map'
  declare readonly valueType?: readonly [K, V]
}

export class ReducingStateDescriptor<T> extends StateDescriptor {
  readonly kind = 'reducing'
  readonly reduce: (a: T, b: T) => T

  constructor(name: string, reduce: (a: T, b: T) => T) {
    super(name)
    this.reduce = reduce
  }
}

/** As Flink's `AggregateFunction`, without `merge`: nothing here merges accumulators. */
export interface AggregateFunction<I, A, O> {
  createAccumulator(): A
  add(value: I, accumulator: A): A
  getResult(accumulator: A): O
}

export class AggregatingStateDescriptor<I, A, O> extends StateDescriptor {
  readonly kind = 'aggregating'
  readonly aggregate: AggregateFunction<I, A, O>

  constructor(name: string, aggregate: AggregateFunction<I, A, O>) {
    super(name)
    this.aggregate = aggregate
  }
}

/** What snapshots hold must be what `structuredClone` can copy. */
export interface ValueState<T> {
  /** null: not set. */
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
  /** null: nothing was added. */
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
