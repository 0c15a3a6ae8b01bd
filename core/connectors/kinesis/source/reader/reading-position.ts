/**
 * Where a shard is read on. Enhanced fan-out's continuation goes before the last record's number, because it moves on where
 * nobody writes; where the service does not take a number any more, the next best place is tried, and the last of them is the
 * oldest record, with a warning of what may have been missed.
 */
import { ServiceError } from '../../../../foundation/errors.ts'
import type { ShardlineError } from '../../../../foundation/errors.ts'
import { compareSequenceNumbers } from '../../../../aws/kinesis/sequence-numbers.ts'
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'
import type { StartingPosition } from '../../../../aws/kinesis/stream-proxy.ts'
import type { RecordLosses } from '../emitter/record-losses.ts'
import { placeOf, startingPositionOf } from '../split/kinesis-shard-split.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'

export class ReadingPosition {
  readonly #split: KinesisShardSplit
  readonly #losses: RecordLosses
  #current: StartingPosition
  #retreatedInTime = false
  /** Where to go on if the current one is refused; null: at the oldest record. */
  #fallback: StartingPosition | null = null
  /** The number of the last record that was read, and whether that record is read once more because it is an aggregate. */
  #last: { readonly sequenceNumber: string; readonly again: boolean } | null

  constructor(split: KinesisShardSplit, losses: RecordLosses) {
    this.#split = split
    this.#losses = losses
    this.#current = startingPositionOf(split.position)
    this.#last =
      'sequenceNumber' in split.position
        ? { sequenceNumber: split.position.sequenceNumber, again: this.#current.type === 'AT_SEQUENCE_NUMBER' }
        : null
    if (split.continuationSequenceNumber === null) return
    this.#fallback = this.#current
    this.#current = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: split.continuationSequenceNumber }
  }

  get current(): StartingPosition {
    return this.#current
  }

  /** Everything up to the last record of the batch was read. */
  received(batch: RecordBatch): void {
    if (batch.count === 0) return
    const sequenceNumber = batch.positions!.sequenceNumber(batch.count - 1)
    this.#last = { sequenceNumber, again: false }
    this.advance(sequenceNumber)
  }

  /** Reading goes on after this number. Enhanced fan-out moves it on where no records are written. */
  advance(sequenceNumber: string): void {
    this.#current = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }
    this.#fallback = null
  }

  /**
   * Sequence numbers ascend within a shard. An answer whose first record is not after the last one that was read is an older
   * answer, or one of another shard: its records would be read twice.
   * @throws ServiceError RESPONSE_INVALID
   */
  check(batch: RecordBatch, operation: string): void {
    if (batch.count === 0 || this.#last === null) return
    const first = batch.positions!.sequenceNumber(0)
    const order = compareSequenceNumbers(first, this.#last.sequenceNumber)
    if (order > 0 || (order === 0 && this.#last.again)) return
    throw new ServiceError(
      'RESPONSE_INVALID',
      `${operation} on shard ${this.#split.shardId} failed: the answer cannot be used: its first record has the sequence number ${first}, which is not after that of the last record, ${this.#last.sequenceNumber}.`,
      { details: { operation, shardId: this.#split.shardId } },
    )
  }

  /**
   * Whether the error refuses the current position; then another is current. `clockSlackMs`: how far the service's clock may be
   * behind what its answers allow to assume.
   */
  retreat(error: ShardlineError, clockSlackMs: number): boolean {
    const refused = this.#current
    if (!refusesPosition(error)) return false
    if (refused.type === 'AT_TIMESTAMP') return this.#retreatInTime(refused.timestampMs, clockSlackMs)
    if (!('sequenceNumber' in refused)) return false
    const { lastArrivalMs } = this.#split
    if (this.#fallback === null)
      this.#losses.add(
        'expiredPositions',
        placeOf(this.#split),
        1,
        () =>
          `The service does not take the sequence number ${refused.sequenceNumber} any more. The shard is read on from the oldest record that is left; what lay between may have been missed${lastArrivalMs === null ? '' : ` (from ${new Date(lastArrivalMs).toISOString()} on)`}.`,
      )
    this.#current = this.#fallback ?? { type: 'TRIM_HORIZON' }
    this.#fallback = null
    this.#last = null
    return true
  }

  /**
   * The service refuses a time that it has not reached. Its answers tell the time in whole seconds, so what is now for this
   * machine may be up to a second ahead for the service. Once, an earlier time is tried that cannot be ahead; records of up to that
   * second are read in addition, and none is missed.
   */
  #retreatInTime(timestampMs: number, clockSlackMs: number): boolean {
    if (this.#retreatedInTime || clockSlackMs <= 0) return false
    this.#retreatedInTime = true
    this.#current = { type: 'AT_TIMESTAMP', timestampMs: timestampMs - Math.ceil(clockSlackMs) }
    return true
  }
}

/** Errors of just these names: to go back for any other reason (a proxy's page, a key that KMS refuses) would read all again. */
function refusesPosition(error: ShardlineError): boolean {
  const name = error.details['errorName']
  return error.code === 'VALIDATION_FAILED' && (name === 'InvalidArgumentException' || name === 'ValidationException')
}
