/**
 * One shard as a unit of work, with the position up to which it has been emitted. The id contains the ARN of the stream, so that the
 * state of one stream is never used for another. Checkpoints contain this object; the tests have golden bytes of each version.
 */
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'
import type { StartingPosition } from '../../../../aws/kinesis/stream-proxy.ts'

export const SPLIT_STATE_VERSION = 2

/** Where to continue: after the last record that was emitted, which may be in the middle of an aggregate. */
export type SplitPosition =
  | StartingPosition
  | { readonly type: 'WITHIN_AGGREGATE'; readonly sequenceNumber: string; readonly subSequenceNumber: number }

export interface KinesisShardSplit {
  readonly splitId: string
  readonly streamArn: string
  readonly shardId: string
  readonly parentShardIds: readonly string[]
  /** Decimal, 0 to 2^128 - 1, both ends inclusive. */
  readonly startingHashKey: string
  readonly endingHashKey: string
  readonly position: SplitPosition
  /** The continuation of enhanced fan-out, which advances in shards without writes too. `null`: `position` applies. */
  readonly continuationSequenceNumber: string | null
  /**
   * When the last record that was emitted arrived at the service, epoch milliseconds. After a rewind, the time of the rewind. `null` when
   * no record was emitted or the time is not known.
   */
  readonly lastArrivalMs: number | null
  /** Whether all records of the shard were emitted. */
  readonly finished: boolean
}

/** The split after the records of `batch`. `continuationSequenceNumber` is set when the whole answer was emitted. */
export function advance(
  split: KinesisShardSplit,
  batch: RecordBatch,
  continuationSequenceNumber: string | null,
): KinesisShardSplit {
  const last = batch.count - 1
  const positions = batch.positions!
  const sequenceNumber = positions.sequenceNumber(last)
  const subSequenceNumber = positions.subSequenceNumber(last)
  return {
    ...split,
    position:
      subSequenceNumber === null || positions.endsRecord(last)
        ? { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }
        : { type: 'WITHIN_AGGREGATE', sequenceNumber, subSequenceNumber },
    continuationSequenceNumber,
    lastArrivalMs: batch.timestamp?.[last] ?? null,
  }
}

/** The position to ask the service for. */
export function startingPositionOf(position: SplitPosition): StartingPosition {
  return position.type === 'WITHIN_AGGREGATE'
    ? { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: position.sequenceNumber }
    : position
}

/** The names of a split's stream and shard. */
export function placeOf({ streamArn, shardId }: KinesisShardSplit): {
  readonly stream: string
  readonly shardId: string
} {
  return { stream: streamArn.slice(streamArn.lastIndexOf('/') + 1), shardId }
}

export function splitIdOf(streamArn: string, shardId: string): string {
  return `${streamArn}/${shardId}`
}

/** Orders by id. For shards this is the order of their creation. */
export function bySplitId(a: { readonly splitId: string }, b: { readonly splitId: string }): number {
  return a.splitId < b.splitId ? -1 : a.splitId > b.splitId ? 1 : 0
}
