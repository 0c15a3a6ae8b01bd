/** Checkpoints in memory, with failures on demand. */
import { CheckpointError } from '../../../core/foundation/errors.ts'
import type {
  BeforeComplete,
  Checkpoint,
  CheckpointEntry,
  CheckpointStorage,
  StoredCheckpoint,
} from '../../../core/checkpoint/checkpoint.ts'
import type { FoundLease, LeaseStore } from '../../../core/checkpoint/lease-store.ts'

export class MemoryCheckpointStorage implements CheckpointStorage {
  readonly location = 'memory'
  readonly stored = new Map<number, Checkpoint>()
  readonly removed: number[] = []
  readonly savepoints: StoredCheckpoint[] = []
  storeError: Error | null = null
  removeError: Error | null = null
  /** While set, storing waits for it. */
  gate: Promise<void> | null = null

  leases: LeaseStore | null = null

  async store(checkpoint: Checkpoint, beforeComplete?: BeforeComplete): Promise<string> {
    if (this.gate !== null) await this.gate
    if (this.storeError !== null) throw this.storeError
    await beforeComplete?.()
    this.stored.set(checkpoint.checkpointId, checkpoint)
    return `memory/chk-${checkpoint.checkpointId}`
  }

  async storeSavepoint(checkpoint: Checkpoint, directory: string | null): Promise<string> {
    if (this.storeError !== null) throw this.storeError
    this.savepoints.push({ checkpoint, path: `${directory ?? 'memory'}/savepoint` })
    return `${directory ?? 'memory'}/savepoint`
  }

  async load(path: string): Promise<StoredCheckpoint> {
    const id = path === 'latest' ? Math.max(...this.stored.keys()) : Number(path.slice('memory/chk-'.length))
    const checkpoint = this.stored.get(id)
    if (checkpoint === undefined) throw new CheckpointError('CHECKPOINT_NOT_FOUND', `no checkpoint ${path}`)
    return { checkpoint, path: `memory/chk-${id}` }
  }

  async lastCheckpointId(): Promise<number> {
    return Math.max(0, ...this.stored.keys())
  }

  async remove(checkpointId: number): Promise<void> {
    if (this.removeError !== null) throw this.removeError
    this.stored.delete(checkpointId)
    this.removed.push(checkpointId)
  }

  async list(): Promise<CheckpointEntry[]> {
    return [...this.stored.keys()].map(checkpointId => ({
      name: `chk-${checkpointId}`,
      path: `memory/chk-${checkpointId}`,
      checkpointId,
      complete: true,
      modifiedMs: 0,
      bytes: 0,
    }))
  }

  async removeEntry(name: string): Promise<void> {
    this.stored.delete(Number(name.slice('chk-'.length)))
  }

  async readLease(): Promise<FoundLease | null> {
    return (await this.leases?.read()) ?? null
  }

  async openLeases(): Promise<LeaseStore | null> {
    return this.leases
  }
}
