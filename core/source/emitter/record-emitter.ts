/**
 * Between a reader and the operators: makes values of what was polled. A barrier comes behind what became of records that cannot
 * be read.
 */
import type { Deserializer, ReadBatch } from '../../../schemas/deserialization.ts'
import type { RecordBatch } from '../../record-batch/record-batch.ts'
import { PoisonedRecords } from './poisoned-records.ts'
import type { PoisonedRecordsOptions } from './poisoned-records.ts'

export class RecordEmitter {
  readonly #deserializer: Deserializer
  readonly #poisoned: PoisonedRecords

  constructor(deserializer: Deserializer, options: PoisonedRecordsOptions) {
    this.#deserializer = deserializer
    this.#poisoned = new PoisonedRecords(options)
  }

  get numRecordsInErrors(): number {
    return this.#poisoned.count
  }

  /** The values, of which there may be fewer or more than records. */
  emit(polled: RecordBatch): RecordBatch | Promise<RecordBatch> {
    const read = this.#deserializer.read(polled)
    if (read instanceof Promise) return read.then(result => this.#settled(polled, result))
    return read.poisoned.length === 0 ? read.batch : this.#settled(polled, read)
  }

  close(): void {
    this.#deserializer.close()
    this.#poisoned.close()
  }

  async #settled(polled: RecordBatch, { batch, poisoned }: ReadBatch): Promise<RecordBatch> {
    await this.#poisoned.settle(polled, poisoned)
    return batch
  }
}
