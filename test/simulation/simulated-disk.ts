/** Where the checkpoints of a simulation lie. What a process had stored stays when it is killed. */
import { deserialize, serialize } from 'node:v8'

import type { Checkpoint, CheckpointStorage, StoredCheckpoint } from '../../core/checkpoint/checkpoint.ts'
import { CheckpointError } from '../../core/foundation/errors.ts'
import { MemoryLeaseStore } from '../core/fakes/memory-lease-store.ts'
import type { Incarnation } from './incarnation.ts'

export class SimulatedDisk {
  readonly #leases = new MemoryLeaseStore()
  readonly #stored = new Map<number, Buffer>()
  readonly #savepoints = new Map<string, Buffer>()
  readonly #latencyMs: number

  constructor(latencyMs: number) {
    this.#latencyMs = latencyMs
  }

  get isEmpty(): boolean {
    return this.#stored.size === 0
  }

  /** As a process sees it: a write takes time, and is whole or not there. */
  seenBy(life: Incarnation): CheckpointStorage {
    return {
      location: 'disk',
      store: async (checkpoint, beforeComplete) => {
        const bytes = serialize(checkpoint)
        await life.latency(this.#latencyMs)
        await beforeComplete?.()
        this.#stored.set(checkpoint.checkpointId, bytes)
        return `chk-${checkpoint.checkpointId}`
      },
      storeSavepoint: async checkpoint => {
        const bytes = serialize(checkpoint)
        await life.latency(this.#latencyMs)
        const path = `savepoint-${this.#savepoints.size}`
        this.#savepoints.set(path, bytes)
        return path
      },
      load: async path => this.#load(path),
      lastCheckpointId: async () => this.#lastCheckpointId,
      remove: async id => {
        this.#stored.delete(id)
      },
      list: async () => [],
      removeEntry: async () => undefined,
      readLease: async () => this.#leases.read(),
      openLeases: async () => this.#leases,
    }
  }

  #load(path: string): StoredCheckpoint {
    const id = path === 'latest' ? this.#lastCheckpointId : Number(path.slice('chk-'.length))
    const bytes = this.#savepoints.get(path) ?? this.#stored.get(id)
    if (bytes === undefined) throw new CheckpointError('CHECKPOINT_NOT_FOUND', `no checkpoint ${path}`)
    const found = this.#savepoints.has(path) ? path : `chk-${id}`
    return { checkpoint: deserialize(bytes) as Checkpoint, path: found }
  }

  get #lastCheckpointId(): number {
    return Math.max(0, ...this.#stored.keys())
  }
}
