/**
 * Between a reader and the operators: makes values of what was polled. A record that the schema cannot read fails the job, is left
 * out, or goes to the dead letters, as the source says; a barrier comes behind what became of it.
 */
import type { Deserializer, PoisonedRecord, ReadBatch } from '../../../schemas/deserialization.ts'
import { ServiceError, ShardlineError } from '../../errors.ts'
import type { RecordBatch } from '../../record-batch/record-batch.ts'
import type { DeadLetter, DeadLetters } from '../../sink/dead-letters.ts'

export interface RecordEmitterOptions {
  readonly poisonRecords: 'fail' | 'skip'
  /** null: nobody takes poisoned records. */
  readonly deadLetters: DeadLetters | null
  readonly warn: (message: string) => void
}

/** Of a record that cannot be read, so many bytes are shown. */
const SHOWN_BYTES = 32

export class RecordEmitter {
  readonly #deserializer: Deserializer
  readonly #options: RecordEmitterOptions
  /** Records that were left out, or went to the dead letters. */
  #errors = 0

  constructor(deserializer: Deserializer, options: RecordEmitterOptions) {
    this.#deserializer = deserializer
    this.#options = options
  }

  get numRecordsInErrors(): number {
    return this.#errors
  }

  /** The values, of which there may be fewer or more than records. */
  emit(polled: RecordBatch): RecordBatch | Promise<RecordBatch> {
    const read = this.#deserializer.read(polled)
    if (read instanceof Promise) return read.then(result => this.#settled(polled, result))
    return read.poisoned.length === 0 ? read.batch : this.#settled(polled, read)
  }

  close(): void {
    this.#deserializer.close()
    void this.#options.deadLetters?.close()
  }

  async #settled(polled: RecordBatch, { batch, poisoned }: ReadBatch): Promise<RecordBatch> {
    const [first] = poisoned
    if (first === undefined) return batch
    const { deadLetters, poisonRecords, warn } = this.#options
    if (deadLetters !== null) await this.#bury(deadLetters, polled, poisoned)
    else if (poisonRecords === 'fail') throw unreadable(polled, first)
    else if (this.#errors === 0)
      warn(`${unreadable(polled, first).message} Such records are left out and counted (numRecordsInErrors).`)
    this.#errors += poisoned.length
    return batch
  }

  async #bury(to: DeadLetters, polled: RecordBatch, poisoned: readonly PoisonedRecord[]): Promise<void> {
    try {
      await to.put(poisoned.map(record => letterOf(polled, record)))
    } catch (cause) {
      if (cause instanceof ShardlineError && cause.code === 'FUNCTION_FAILED') throw cause
      throw new ShardlineError(
        'DEAD_LETTERS_FAILED',
        `${unreadable(polled, poisoned[0]!).message} It could not be given to the dead letters either: ${(cause as Error).message}`,
        { cause },
      )
    }
  }
}

function letterOf(polled: RecordBatch, { i, error }: PoisonedRecord): DeadLetter {
  const position = polled.positions?.at(i) ?? null
  return {
    stream: position?.stream ?? '',
    code: error.code,
    message: error.message,
    partitionKey: position?.partitionKey ?? null,
    explicitHashKey: null,
    data: polled.value(i) as Buffer,
    position,
  }
}

function unreadable(polled: RecordBatch, { i, error }: PoisonedRecord): ServiceError {
  const position = polled.positions?.at(i)
  const where =
    position === undefined
      ? ''
      : ` at stream ${position.stream}, ${position.shardId}, sequence number ${position.sequenceNumber}${position.subSequenceNumber === null ? '' : `, place ${position.subSequenceNumber} in its aggregate`}`
  return new ServiceError(
    error.code,
    `The record${where} cannot be read: ${error.message} ${firstBytes(polled.value(i) as Buffer)}`,
    { cause: error, details: { ...error.details, ...(position === undefined ? {} : { position }) } },
  )
}

function firstBytes(data: Buffer): string {
  if (data.length === 0) return 'It is empty.'
  const shown = data.subarray(0, SHOWN_BYTES)
  const isText = shown.every(byte => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09)
  const text = isText ? JSON.stringify(shown.toString('latin1')) : (shown.toString('hex').match(/../g) ?? []).join(' ')
  return data.length > SHOWN_BYTES
    ? `Its ${data.length} bytes begin with ${text}.`
    : `Its ${data.length} bytes are ${text}.`
}
