/**
 * One shard as a unit of work, and how far it has been emitted. The split's id holds the stream's ARN, so that the state of
 * one stream is never taken for another's. This is what travels in a checkpoint; version 1 is golden in the tests.
 */
import type { StartingPosition } from '../../kinesis/stream-proxy.ts'

export const SPLIT_STATE_VERSION = 1

export interface KinesisShardSplit {
  readonly splitId: string
  readonly streamArn: string
  readonly shardId: string
  readonly parentShardIds: readonly string[]
  /** Decimal, 0 to 2^128 - 1, both ends inclusive. */
  readonly startingHashKey: string
  readonly endingHashKey: string
  /** Where to read on: after the last record that was emitted. */
  readonly position: StartingPosition
  /** All of its records were emitted. */
  readonly finished: boolean
}

export function splitIdOf(streamArn: string, shardId: string): string {
  return `${streamArn}/${shardId}`
}

/** Stable order: by id, which for shards is the order of their creation. */
export function bySplitId(a: { readonly splitId: string }, b: { readonly splitId: string }): number {
  return a.splitId < b.splitId ? -1 : a.splitId > b.splitId ? 1 : 0
}
