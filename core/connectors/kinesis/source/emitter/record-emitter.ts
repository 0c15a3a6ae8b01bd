/**
 * Turns polled records into values. Records that cannot be read, by the schema or because their aggregate is damaged, are handled
 * before `emit` is done, so that a checkpoint barrier comes after their handling.
 */
import type { Deserializer, PoisonedRecord, ReadBatch } from '../../../../../schemas/contracts/batch-codec.ts'
import { recordMalformed } from '../../../../../schemas/contracts/value-codec.ts'
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'
import type { BatchDeserializer } from '../../../../operators/source.ts'
import { PoisonedRecords } from './poisoned-records.ts'
import type { PoisonedRecordsOptions } from './poisoned-records.ts'

export class RecordEmitter implements BatchDeserializer {
  readonly #deserializer: Deserializer
  readonly #poisoned: PoisonedRecords

  constructor(deserializer: Deserializer, options: PoisonedRecordsOptions) {
    this.#deserializer = deserializer
    this.#poisoned = new PoisonedRecords(options)
  }

  get numRecordsInErrors(): number {
    return this.#poisoned.count
  }

  /** There may be fewer or more values than records. */
  emit(polled: RecordBatch): RecordBatch | Promise<RecordBatch> {
    return polled.positions?.hasDamage === true ? this.#withoutDamaged(polled) : this.#read(polled)
  }

  #read(polled: RecordBatch): RecordBatch | Promise<RecordBatch> {
    const read = this.#deserializer.read(polled)
    if (read instanceof Promise) return read.then(result => this.#settled(polled, result))
    return read.poisoned.length === 0 ? read.batch : this.#settled(polled, read)
  }

  close(): void {
    this.#deserializer.close()
    this.#poisoned.close()
  }

  /** Handles the records of damaged aggregates like records that the schema cannot read. */
  async #withoutDamaged(polled: RecordBatch): Promise<RecordBatch> {
    const damaged: PoisonedRecord[] = []
    const whole: number[] = []
    for (let i = 0; i < polled.count; i++) {
      const damage = polled.positions!.damageOf(i)
      if (damage === null) whole.push(i)
      else damaged.push({ i, error: recordMalformed(damage) })
    }
    await this.#poisoned.settle(polled, damaged)
    return this.#read(polled.select(Uint32Array.from(whole)))
  }

  async #settled(polled: RecordBatch, { batch, poisoned }: ReadBatch): Promise<RecordBatch> {
    await this.#poisoned.settle(polled, poisoned)
    return batch
  }
}
