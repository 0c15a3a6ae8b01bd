/** Which storage a place belongs to, by its scheme. What is restored, and savepoints, may lie elsewhere than the checkpoints. */
import type { Configuration } from '../foundation/config/configuration.ts'
import { checkpointKey } from './checkpoint-seal.ts'
import type { CheckpointKey } from './checkpoint-seal.ts'
import type { BeforeComplete, Checkpoint, CheckpointEntry, CheckpointStorage, StoredCheckpoint } from './checkpoint.ts'
import { FileCheckpointStorage } from './file-checkpoint-storage.ts'
import type { FoundLease, LeaseStore } from './lease-store.ts'
import { isS3Url, S3CheckpointStorage } from './s3-checkpoint-storage.ts'

/**
 * @param directory a local path, a `file://` URL, or `s3://bucket/prefix`
 * @param key what signs checkpoints, and must have signed what is loaded
 */
export function openCheckpointStorage(
  directory: string,
  jobName: string,
  configuration: Configuration,
  key: CheckpointKey | null = checkpointKey(configuration),
): CheckpointStorage {
  return new CheckpointStorages(directory, jobName, configuration, key)
}

class CheckpointStorages implements CheckpointStorage {
  readonly #own: CheckpointStorage
  readonly #open: (place: string) => CheckpointStorage
  readonly #ownIsS3: boolean

  constructor(directory: string, jobName: string, configuration: Configuration, key: CheckpointKey | null) {
    this.#open = place =>
      isS3Url(place)
        ? new S3CheckpointStorage(place, jobName, configuration, key)
        : new FileCheckpointStorage(place, jobName, key)
    this.#own = this.#open(directory)
    this.#ownIsS3 = isS3Url(directory)
  }

  get location(): string {
    return this.#own.location
  }

  async store(checkpoint: Checkpoint, beforeComplete?: BeforeComplete): Promise<string> {
    return this.#own.store(checkpoint, beforeComplete)
  }

  async storeSavepoint(
    checkpoint: Checkpoint,
    directory: string | null,
    beforeComplete?: BeforeComplete,
  ): Promise<string> {
    return this.#of(directory ?? 'latest').storeSavepoint(checkpoint, directory, beforeComplete)
  }

  async load(pathOrLatest: string): Promise<StoredCheckpoint> {
    return this.#of(pathOrLatest).load(pathOrLatest)
  }

  async lastCheckpointId(): Promise<number> {
    return this.#own.lastCheckpointId()
  }

  async remove(checkpointId: number): Promise<void> {
    await this.#own.remove(checkpointId)
  }

  async list(): Promise<readonly CheckpointEntry[]> {
    return this.#own.list()
  }

  async removeEntry(name: string): Promise<void> {
    await this.#own.removeEntry(name)
  }

  async openLeases(): Promise<LeaseStore | null> {
    return this.#own.openLeases()
  }

  async readLease(): Promise<FoundLease | null> {
    return this.#own.readLease()
  }

  #of(place: string): CheckpointStorage {
    return place === 'latest' || isS3Url(place) === this.#ownIsS3 ? this.#own : this.#open(place)
  }
}
