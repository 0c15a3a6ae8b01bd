/**
 * The state and timers of one keyed operator of this process: a table in memory for each state, with a row for each key.
 * Functions access the row of the current key. Snapshots copy all rows, by key group.
 *
 * A blob of the encoding `v8` is `v8.serialize` of
 *   {version: 1, states: {name: [[key, value], ...]}, eventTimers: [[key, timestamps], ...], processingTimers: the same}
 * A key is a string with one character for each of its canonical bytes. Node reads blobs that older versions of Node wrote.
 */
import { deserialize, serialize } from 'node:v8'

import { CheckpointError, messageOf } from '../../foundation/errors.ts'
import { STATE_REMEDY } from './keyed-state.ts'
import type { KeyedState, StateKind } from './keyed-state.ts'
import type {
  AggregatingStateDescriptor,
  AnyStateDescriptor,
  AppendingState,
  KeyedStateStore,
  ListState,
  ListStateDescriptor,
  MapState,
  MapStateDescriptor,
  ReducingStateDescriptor,
  ValueState,
  ValueStateDescriptor,
} from './state.ts'
import { TimerQueue } from './timer-queue.ts'

const BLOB_VERSION = 1

type Timers = (readonly [string, number[]])[]

interface Blob {
  readonly version: number
  readonly states: Record<string, (readonly [string, unknown])[]>
  readonly eventTimers: Timers
  readonly processingTimers: Timers
}

interface Table {
  readonly kind: StateKind
  /** The text of the type. `null` when the type is unknown. */
  type: string | null
  readonly rows: Map<string, unknown>
}

export class KeyedStateBackend implements KeyedStateStore {
  readonly eventTimers = new TimerQueue()
  readonly processingTimers = new TimerQueue()
  readonly #operatorName: string
  readonly #tables = new Map<string, Table>()
  #groups = new Map<string, number>()
  #key = ''

  constructor(operatorName: string) {
    this.#operatorName = operatorName
  }

  /** The key of the current record or timer: its canonical bytes as a string. */
  get key(): string {
    return this.#key
  }

  get keyGroup(): number {
    return this.#groups.get(this.#key)!
  }

  setKey(key: string, keyGroup: number): void {
    this.#key = key
    this.#groups.set(key, keyGroup)
  }

  getState<T>(descriptor: ValueStateDescriptor<T>): ValueState<T> {
    const rows = this.#rows<T>(descriptor)
    return {
      value: () => rows.get(this.#key) ?? null,
      update: value => void rows.set(this.#key, value),
      clear: () => void rows.delete(this.#key),
    }
  }

  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T> {
    const rows = this.#rows<T[]>(descriptor)
    const addAll = (values: Iterable<T>): void => {
      const list = rows.get(this.#key)
      if (list === undefined) rows.set(this.#key, [...values])
      else for (const value of values) list.push(value)
    }
    return {
      get: () => rows.get(this.#key) ?? [],
      add: value => addAll([value]),
      addAll,
      update: values => void rows.set(this.#key, [...values]),
      clear: () => void rows.delete(this.#key),
    }
  }

  getMapState<K, V>(descriptor: MapStateDescriptor<K, V>): MapState<K, V> {
    const rows = this.#rows<Map<K, V>>(descriptor)
    const read = (): Map<K, V> => rows.get(this.#key) ?? new Map<K, V>()
    const write = (): Map<K, V> => {
      let map = rows.get(this.#key)
      if (map === undefined) rows.set(this.#key, (map = new Map<K, V>()))
      return map
    }
    return {
      get: key => read().get(key) ?? null,
      put: (key, value) => void write().set(key, value),
      putAll: entries => {
        for (const [key, value] of entries) write().set(key, value)
      },
      remove: key => {
        const map = read()
        map.delete(key)
        if (map.size === 0) rows.delete(this.#key)
      },
      contains: key => read().has(key),
      entries: () => read().entries(),
      keys: () => read().keys(),
      values: () => read().values(),
      isEmpty: () => read().size === 0,
      clear: () => void rows.delete(this.#key),
    }
  }

  getReducingState<T>(descriptor: ReducingStateDescriptor<T>): AppendingState<T, T> {
    const { reduce } = descriptor
    const rows = this.#rows<T>(descriptor)
    return {
      get: () => rows.get(this.#key) ?? null,
      add: value => void rows.set(this.#key, rows.has(this.#key) ? reduce(rows.get(this.#key)!, value) : value),
      clear: () => void rows.delete(this.#key),
    }
  }

  getAggregatingState<I, A, O>(descriptor: AggregatingStateDescriptor<I, A, O>): AppendingState<I, O> {
    const { aggregate } = descriptor
    const rows = this.#rows<A>(descriptor)
    return {
      get: () => (rows.has(this.#key) ? aggregate.getResult(rows.get(this.#key)!) : null),
      add: value => {
        const accumulator = rows.has(this.#key) ? rows.get(this.#key)! : aggregate.createAccumulator()
        rows.set(this.#key, aggregate.add(value, accumulator))
      },
      clear: () => void rows.delete(this.#key),
    }
  }

  /** Copies all state. The function can continue afterwards. */
  snapshot(): KeyedState {
    const blobs = new Map<number, Blob>()
    const groups = new Map<string, number>()
    const blobOf = (key: string): Blob => {
      const group = this.#groups.get(key)!
      groups.set(key, group)
      let blob = blobs.get(group)
      if (blob === undefined)
        blobs.set(group, (blob = { version: BLOB_VERSION, states: {}, eventTimers: [], processingTimers: [] }))
      return blob
    }
    for (const [name, { rows }] of this.#tables)
      for (const [key, value] of rows) (blobOf(key).states[name] ??= []).push([key, value])
    for (const which of ['eventTimers', 'processingTimers'] as const)
      for (const { key, timestampMs } of this[which]) blobOf(key)[which].push([key, [timestampMs]])
    // A key without state or timers is not stored.
    this.#groups = groups
    const states = Object.fromEntries([...this.#tables].map(([name, { kind, type }]) => [name, { kind, type }]))
    return {
      encoding: 'v8',
      states,
      keyGroups: new Map([...blobs].map(([group, blob]) => [group, this.#serialize(blob)])),
    }
  }

  restore({ states, keyGroups }: KeyedState): void {
    for (const [name, declared] of Object.entries(states)) this.#tables.set(name, { ...declared, rows: new Map() })
    for (const [keyGroup, bytes] of keyGroups) {
      const blob = deserialize(bytes) as Blob
      if (blob.version !== BLOB_VERSION) throw this.#unreadable(`a blob has the version ${blob.version}.`)
      for (const [name, entries] of Object.entries(blob.states))
        for (const [key, value] of entries) {
          this.#groups.set(key, keyGroup)
          this.#tables.get(name)!.rows.set(key, value)
        }
      for (const which of ['eventTimers', 'processingTimers'] as const)
        for (const [key, timestamps] of blob[which]) {
          this.#groups.set(key, keyGroup)
          for (const timestampMs of timestamps) this[which].register({ timestampMs, key, keyGroup })
        }
    }
  }

  #rows<T>({ name, kind, type }: AnyStateDescriptor): Map<string, T> {
    let table = this.#tables.get(name)
    if (table === undefined) this.#tables.set(name, (table = { kind, type, rows: new Map() }))
    if (table.kind !== kind)
      throw this.#unreadable(
        `state '${name}' is a ${table.kind} state in the checkpoint, and the function asks for a ${kind} state: ${STATE_REMEDY}`,
      )
    if (table.type !== null && type !== null && table.type !== type)
      throw this.#unreadable(
        `state '${name}' has the type ${table.type} in the checkpoint, and the function declares ${type}; the new type must not be incompatible with the old one. Declare ${table.type} again, or ${STATE_REMEDY}`,
      )
    table.type = type
    return table.rows as Map<string, T>
  }

  #serialize(blob: Blob): Buffer {
    try {
      return serialize(blob)
    } catch (cause) {
      const names = Object.keys(blob.states).join("', '")
      throw new CheckpointError(
        'CHECKPOINT_FAILED',
        `The state of '${this.#operatorName}' ('${names}') holds a value that cannot be stored: ${messageOf(cause)}`,
        { cause },
      )
    }
  }

  #unreadable(why: string): CheckpointError {
    return new CheckpointError(
      'CHECKPOINT_UNREADABLE',
      `The state of '${this.#operatorName}' cannot be restored: ${why}`,
    )
  }
}
