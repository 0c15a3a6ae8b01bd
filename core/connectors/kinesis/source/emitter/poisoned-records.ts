/**
 * What becomes of records that a source's schema cannot read: the first fails the job, they are left out and counted, or they go to
 * the dead letters with their bytes and where they lay.
 */
import type { PoisonedRecord } from '../../../../../schemas/contracts/batch-codec.ts'
import { RecordError, ShardlineError, messageOf } from '../../../../foundation/errors.ts'
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'
import type { DeadLetter, DeadLetters } from '../../../dead-letters/dead-letters.ts'
import type { PoisonedRecordHandler } from '../../../../operators/source/poisoned-record-handler.ts'
import type { RecordLosses } from './record-losses.ts'

export interface PoisonedRecordsOptions {
  readonly poisonRecords: 'fail' | 'skip'
  /** Null if the source has no dead letter handler. */
  readonly deadLetters: DeadLetters | null
  /** Counts those that do not fail the job, and warns of them. */
  readonly losses: RecordLosses
}

/** Of a record that cannot be read, so many bytes are shown. */
const SHOWN_BYTES = 32
const ADVICE =
  ' A dead letter handler would take such records, and shardline.source.poison-records: skip leave them out.'

export class PoisonedRecords implements PoisonedRecordHandler {
  readonly #options: PoisonedRecordsOptions
  #count = 0

  constructor(options: PoisonedRecordsOptions) {
    this.#options = options
  }

  /** Those that were left out, or went to the dead letters. */
  get count(): number {
    return this.#count
  }

  /** Resolves when nothing more is to be done for them. @throws ShardlineError if they fail the job */
  async settle(batch: RecordBatch, poisoned: readonly PoisonedRecord[]): Promise<void> {
    const [first] = poisoned
    if (first === undefined) return
    const { deadLetters, poisonRecords, losses } = this.#options
    if (deadLetters !== null) await this.#bury(deadLetters, batch, poisoned)
    else if (poisonRecords === 'fail') throw unreadable(batch, first, ADVICE)
    this.#count += poisoned.length
    const { stream = '', shardId = '' } = batch.positions ?? {}
    const kind = deadLetters === null ? 'skippedRecords' : 'deadLetters'
    losses.add(kind, { stream, shardId }, poisoned.length, () => unreadable(batch, first).message)
  }

  close(): void {
    void this.#options.deadLetters?.close()
  }

  async #bury(to: DeadLetters, batch: RecordBatch, poisoned: readonly PoisonedRecord[]): Promise<void> {
    try {
      await to.put(poisoned.map(record => letterOf(batch, record)))
    } catch (cause) {
      if (cause instanceof ShardlineError && cause.code === 'FUNCTION_FAILED') throw cause
      throw new ShardlineError(
        'DEAD_LETTERS_FAILED',
        `${unreadable(batch, poisoned[0]!).message} It could not be given to the dead letters either: ${messageOf(cause)}`,
        { cause },
      )
    }
  }
}

function letterOf(batch: RecordBatch, { i, error }: PoisonedRecord): DeadLetter {
  const position = batch.positions?.at(i) ?? null
  return {
    stream: position?.stream ?? '',
    code: error.code,
    message: error.message,
    partitionKey: position?.partitionKey ?? null,
    explicitHashKey: null,
    data: batch.record(i),
    position,
  }
}

function unreadable(batch: RecordBatch, { i, error }: PoisonedRecord, advice = ''): RecordError {
  const position = batch.positions?.at(i)
  const where =
    position === undefined
      ? ''
      : ` at stream ${position.stream}, ${position.shardId}, sequence number ${position.sequenceNumber}${position.subSequenceNumber === null ? '' : `, place ${position.subSequenceNumber} in its aggregate`}`
  return new RecordError(
    error.code,
    `The record${where} cannot be read: ${error.message.replace(/\.?$/, '.')} ${firstBytes(batch.record(i))}${advice}`,
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
