/** Checkpoints in memory, with failures on demand. */
import { CheckpointError } from '../../../core/errors.ts'
import type { Checkpoint, CheckpointStorage, StoredCheckpoint } from '../../../core/checkpoint/checkpoint.ts'

export class MemoryCheckpointStorage implements CheckpointStorage {
  readonly location = 'memory'
  readonly stored = new Map<number, Checkpoint>()
  readonly removed: number[] = []
  readonly savepoints: StoredCheckpoint[] = []
  storeError: Error | null = null
  removeError: Error | null = null
  /** While set, storing waits for it. */
  gate: Promise<void> | null = null

  async store(checkpoint: Checkpoint): Promise<string> {
    if (this.gate !== null) await this.gate
    if (this.storeError !== null) throw this.storeError
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
}
