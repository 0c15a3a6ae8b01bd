/**
 * Handles records that the schema of a source cannot read. By default the first of them fails the job. With a dead letter handler
 * they become dead letters, with their bytes and their position. With `shardline.source.poison-records: skip` they are left out
 * and counted.
 */
import type { PoisonedRecord } from '../../../../../schemas/contracts/batch-codec.ts'
import { messageOf, RecordError, ShardlineError } from '../../../../foundation/errors.ts'
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'
import type { PoisonedRecordHandler } from '../../../../operators/poisoned-record-handler.ts'
import type { DeadLetterDestination } from '../../../dead-letters/dead-letter-destination.ts'
import type { DeadLetter } from '../../../../operators/dead-letter.ts'
import type { RecordLosses } from './record-losses.ts'

export interface PoisonedRecordsOptions {
  readonly poisonRecords: 'fail' | 'skip'
  /** `null` when the source has no dead letter handler. */
  readonly deadLetters: DeadLetterDestination | null
  /** Counts the records that do not fail the job, and warns of them. */
  readonly losses: RecordLosses
}

/** How many bytes of a record a message shows. */
const SHOWN_BYTES = 32
const ADVICE =
  ' A dead letter handler would take such records; with shardline.source.poison-records: skip they are left out.'

export class PoisonedRecords implements PoisonedRecordHandler {
  readonly #options: PoisonedRecordsOptions
  #count = 0

  constructor(options: PoisonedRecordsOptions) {
    this.#options = options
  }

  /** Records that were left out or became dead letters. */
  get count(): number {
    return this.#count
  }

  /** Resolves when every record has been handled. @throws ShardlineError if the records fail the job */
  async settle(batch: RecordBatch, poisoned: readonly PoisonedRecord[]): Promise<void> {
    const [first] = poisoned
    if (first === undefined) return
    const { deadLetters, poisonRecords, losses } = this.#options
    if (deadLetters !== null) await deliver(deadLetters, batch, poisoned)
    else if (poisonRecords === 'fail') throw unreadable(batch, first, ADVICE)
    this.#count += poisoned.length
    const { stream = '', shardId = '' } = batch.positions ?? {}
    const kind = deadLetters === null ? 'skippedRecords' : 'deadLetters'
    losses.add(kind, { stream, shardId }, poisoned.length, () => unreadable(batch, first).message)
  }

  close(): void {
    void this.#options.deadLetters?.close()
  }
}

async function deliver(
  destination: DeadLetterDestination,
  batch: RecordBatch,
  poisoned: readonly PoisonedRecord[],
): Promise<void> {
  try {
    await destination.put(poisoned.map(record => deadLetterOfRecord(batch, record)))
  } catch (cause) {
    if (cause instanceof ShardlineError && cause.code === 'FUNCTION_FAILED') throw cause
    throw new ShardlineError(
      'DEAD_LETTERS_FAILED',
      `${unreadable(batch, poisoned[0]!).message} It could not be stored as a dead letter: ${messageOf(cause)}`,
      { cause },
    )
  }
}

function deadLetterOfRecord(batch: RecordBatch, { i, error }: PoisonedRecord): DeadLetter {
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
  let where = ''
  if (position !== undefined) {
    const { stream, shardId, sequenceNumber, subSequenceNumber } = position
    const place = subSequenceNumber === null ? '' : `, place ${subSequenceNumber} in its aggregate`
    where = ` at stream ${stream}, ${shardId}, sequence number ${sequenceNumber}${place}`
  }
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
