/**
 * Unpacks the aggregates in the answers of a shard. Records of an aggregate that were emitted before a restart are left out. If
 * unpacking is off, aggregates are passed on as they are, with one warning.
 */
import { deaggregate, looksAggregated } from '../../../../../schemas/kpl/aggregated-record.ts'
import type { HashKeyRange } from '../../../../../schemas/kpl/aggregated-record.ts'
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'
import type { RecordLosses } from '../emitter/record-losses.ts'
import { placeOf } from '../split/kinesis-shard-split.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'

export class Unpacking {
  aggregates = 0
  readonly #split: KinesisShardSplit
  readonly #range: HashKeyRange
  readonly #enabled: boolean
  readonly #warn: (message: string) => void
  readonly #losses: RecordLosses
  /** Set until the aggregate that contains the position has been read. */
  #resumesWithin: { readonly sequenceNumber: string; readonly subSequenceNumber: number } | null
  #warned = false

  constructor(split: KinesisShardSplit, enabled: boolean, warn: (message: string) => void, losses: RecordLosses) {
    this.#split = split
    this.#range = { starting: BigInt(split.startingHashKey), ending: BigInt(split.endingHashKey) }
    this.#enabled = enabled
    this.#warn = warn
    this.#losses = losses
    this.#resumesWithin = split.position.type === 'WITHIN_AGGREGATE' ? split.position : null
  }

  /** The result may be empty. */
  unpack(batch: RecordBatch): RecordBatch {
    if (batch.count === 0) return batch
    if (!this.#enabled) {
      this.#warnOfAggregate(batch)
      return batch
    }
    const unpacked = deaggregate(batch, this.#range)
    this.aggregates += unpacked.aggregates
    if (unpacked.droppedUserRecords > 0)
      this.#losses.add('droppedUserRecords', placeOf(this.#split), unpacked.droppedUserRecords)
    return this.#resumesWithin === null ? unpacked.batch : this.#skipEmitted(unpacked.batch)
  }

  #skipEmitted(batch: RecordBatch): RecordBatch {
    const { sequenceNumber, subSequenceNumber } = this.#resumesWithin!
    this.#resumesWithin = null
    const positions = batch.positions!
    let from = 0
    while (
      from < batch.count &&
      positions.sequenceNumber(from) === sequenceNumber &&
      (positions.subSequenceNumber(from) ?? Infinity) <= subSequenceNumber
    )
      from++
    return batch.slice(from, batch.count)
  }

  #warnOfAggregate(batch: RecordBatch): void {
    if (this.#warned || !looksAggregated(batch, 0)) return
    this.#warned = true
    const { splitId, shardId } = this.#split
    this.#warn(
      `Shard ${shardId} of ${splitId.slice(0, splitId.lastIndexOf('/'))} holds records that the Kinesis Producer Library has aggregated; they are passed on as they are. Set source.deaggregate to true to get the records that are in them.`,
    )
  }
}
