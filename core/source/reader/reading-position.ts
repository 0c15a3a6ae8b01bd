/**
 * Where a shard is read on. Enhanced fan-out's continuation goes before the last record's number, because it moves on where
 * nobody writes; where the service does not take a number any more, the next best place is tried, and the last of them is the
 * oldest record, with a warning of what may have been missed.
 */
import type { ShardlineError } from '../../errors.ts'
import type { StartingPosition } from '../../kinesis/stream-proxy.ts'
import { startingPositionOf } from '../split/kinesis-shard-split.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'

export class ReadingPosition {
  readonly #split: KinesisShardSplit
  readonly #warn: (message: string) => void
  #current: StartingPosition
  /** Where to go on if the current one is refused; null: at the oldest record. */
  #fallback: StartingPosition | null = null

  constructor(split: KinesisShardSplit, warn: (message: string) => void) {
    this.#split = split
    this.#warn = warn
    this.#current = startingPositionOf(split.position)
    if (split.continuationSequenceNumber === null) return
    this.#fallback = this.#current
    this.#current = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: split.continuationSequenceNumber }
  }

  get current(): StartingPosition {
    return this.#current
  }

  /** All up to this number was read. */
  advance(sequenceNumber: string): void {
    this.#current = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }
    this.#fallback = null
  }

  /** Whether the error refuses the current position; then another is current. */
  retreat(error: ShardlineError): boolean {
    const refused = this.#current
    if (!('sequenceNumber' in refused) || !refusesPosition(error)) return false
    const { shardId, lastArrivalMs } = this.#split
    if (this.#fallback === null)
      this.#warn(
        `Shard ${shardId}: the service does not take the sequence number ${refused.sequenceNumber} any more, so its records have passed their retention. It is read on from the oldest record that is left; what lay between may have been missed${lastArrivalMs === null ? '' : ` (from ${new Date(lastArrivalMs).toISOString()} on)`}.`,
      )
    this.#current = this.#fallback ?? { type: 'TRIM_HORIZON' }
    this.#fallback = null
    return true
  }
}

/** Errors of just these names: to go back for any other reason (a proxy's page, a key that KMS refuses) would read all again. */
function refusesPosition(error: ShardlineError): boolean {
  const name = error.details['errorName']
  return error.code === 'VALIDATION_FAILED' && (name === 'InvalidArgumentException' || name === 'ValidationException')
}
