/**
 * Between a reader and the operators: makes values of what was polled. Records that cannot be read, by the schema or because their
 * aggregate is broken, are settled before `emit` is done, so that a barrier comes behind what became of them.
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

  /** The values, of which there may be fewer or more than records. */
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

  /** Records of broken aggregates go the way of those that the schema cannot read. */
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
