/**
 * One shard as a unit of work, and how far it has been emitted. The split's id holds the stream's ARN, so that the state of
 * one stream is never taken for another's. This is what travels in a checkpoint; each version is golden in the tests.
 */
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'
import type { StartingPosition } from '../../../../aws/kinesis/stream-proxy.ts'

export const SPLIT_STATE_VERSION = 2

/** Where to read on: after the last record that was emitted, which may lie in the middle of an aggregate. */
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
  /** What enhanced fan-out said to go on after; it moves on in shards that nobody writes to. null: go by `position`. */
  readonly continuationSequenceNumber: string | null
  /**
   * When the last record that was emitted arrived at the service, epoch milliseconds; after a rewind, the time that it was rewound
   * to. null: none was, or it is not known.
   */
  readonly lastArrivalMs: number | null
  /** All of its records were emitted. */
  readonly finished: boolean
}

/** The split after the records of `batch`. `continuationSequenceNumber`: set where nothing of its answer is left. */
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

/** What the service is asked for, to read on at `position`. */
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

/** Stable order: by id, which for shards is the order of their creation. */
export function bySplitId(a: { readonly splitId: string }, b: { readonly splitId: string }): number {
  return a.splitId < b.splitId ? -1 : a.splitId > b.splitId ? 1 : 0
}
