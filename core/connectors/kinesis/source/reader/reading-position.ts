/**
 * The position at which a shard is read on. The continuation of enhanced fan-out is used before the sequence number of the last record,
 * because it also advances without writes. If the service refuses a position, the next one is tried; the last one is the oldest
 * record, with a warning of the records that may have been missed.
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
  /** The position to try if the current one is refused. `null`: the oldest record. */
  #fallback: StartingPosition | null = null
  /** The last record that was read, and whether it is read again because it is an aggregate. */
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

  /** All records up to the last one of the batch were read. */
  received(batch: RecordBatch): void {
    if (batch.count === 0) return
    const sequenceNumber = batch.positions!.sequenceNumber(batch.count - 1)
    this.#last = { sequenceNumber, again: false }
    this.advance(sequenceNumber)
  }

  /** Reading continues after this number. Enhanced fan-out advances it without records too. */
  advance(sequenceNumber: string): void {
    this.#current = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }
    this.#fallback = null
  }

  /**
   * Checks that the first record comes after the last one that was read. Sequence numbers ascend within a shard, so other answers are
   * old or of another shard, and their records would be read twice.
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
   * Whether the error refuses the current position. Then the next position becomes current. `clockSlackMs`: how far the service's
   * clock may be behind the offset that is assumed.
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
   * The service refuses a time in its future. Its answers have the time in whole seconds, so the present of this machine may be up to
   * a second in its future. An earlier time is tried once. Up to a second of additional records are read, and none is missed.
   */
  #retreatInTime(timestampMs: number, clockSlackMs: number): boolean {
    if (this.#retreatedInTime || clockSlackMs <= 0) return false
    this.#retreatedInTime = true
    this.#current = { type: 'AT_TIMESTAMP', timestampMs: timestampMs - Math.ceil(clockSlackMs) }
    return true
  }
}

/** Only these errors refuse a position. After any other error, such as the page of a proxy, the position must stay. */
function refusesPosition(error: ShardlineError): boolean {
  const name = error.details['errorName']
  return error.code === 'VALIDATION_FAILED' && (name === 'InvalidArgumentException' || name === 'ValidationException')
}
