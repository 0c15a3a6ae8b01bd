/**
 * The splits of a checkpoint. The states of the readers overlay the state of the enumerator, because the readers took their
 * snapshots later.
 */
import type { StreamSummary } from '../../../../aws/kinesis/stream-proxy.ts'
import { CheckpointError, ServiceError } from '../../../../foundation/errors.ts'
import type { RestoredSource } from '../../../../operators/source.ts'
import { bySplitId } from '../split/kinesis-shard-split.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'
import { readSplits } from '../split/split-state.ts'
import { readEnumeratorState } from './enumerator-state.ts'

/** Creation times are compared with this tolerance: some endpoints round them to seconds. */
const CREATION_TOLERANCE_MS = 1000
/** How many shards a warning names. A stream may have thousands. */
const MISSED_SHARDS_NAMED = 5

/** By shard id, with `finished` of the newest state. @throws CheckpointError CHECKPOINT_UNREADABLE */
export function restoredSplits({ enumerator, readers }: RestoredSource): Map<string, KinesisShardSplit> {
  const splits = new Map<string, KinesisShardSplit>()
  const shards = enumerator === null ? [] : readEnumeratorState(enumerator).shards
  for (const { split, status } of shards) splits.set(split.shardId, { ...split, finished: status === 'FINISHED' })
  for (const reader of readers) for (const split of readSplits(reader)) splits.set(split.shardId, split)
  return splits
}

/** @throws CheckpointError of another stream; ServiceError STREAM_RECREATED */
export function checkSameStream({ enumerator }: RestoredSource, summary: StreamSummary): void {
  if (enumerator === null) return
  const { streamName, streamArn } = summary
  const state = readEnumeratorState(enumerator)
  if (state.streamArn !== streamArn)
    throw new CheckpointError(
      'CHECKPOINT_UNREADABLE',
      `The checkpoint holds positions in ${state.streamArn}, but the source reads ${streamArn}. Start without the checkpoint, or give the source a new uid.`,
      { details: { stream: streamName } },
    )
  const known = state.creationTimeMs > 0 && summary.creationTimeMs > 0
  if (known && Math.abs(state.creationTimeMs - summary.creationTimeMs) > CREATION_TOLERANCE_MS)
    throw new ServiceError(
      'STREAM_RECREATED',
      `Stream ${streamName} was created at ${new Date(summary.creationTimeMs).toISOString()}, but the checkpoint was made of one created at ${new Date(state.creationTimeMs).toISOString()}: its positions mean nothing here. Start without the checkpoint, or give the source a new uid.`,
      { details: { stream: streamName } },
    )
}

/** Whether records behind the position of a split may have passed the retention of the stream. `nowMs`: the service's time. */
export function mayHaveExpired(
  { lastArrivalMs }: KinesisShardSplit,
  { retentionMs }: StreamSummary,
  nowMs: number,
): boolean {
  return lastArrivalMs !== null && retentionMs !== null && lastArrivalMs + retentionMs < nowMs
}

/** The warning that records of these shards may have been missed. */
export function missedRecordsWarning(
  splits: readonly KinesisShardSplit[],
  { streamName, retentionMs }: StreamSummary,
): string {
  const named = [...splits]
    .sort(bySplitId)
    .slice(0, MISSED_SHARDS_NAMED)
    .map(({ shardId, lastArrivalMs }) =>
      lastArrivalMs === null ? shardId : `${shardId} (after ${new Date(lastArrivalMs).toISOString()})`,
    )
  const more = splits.length - named.length
  const retention = retentionMs === null ? 'a limited time' : `${retentionMs / 3_600_000} hours`
  return `Stream ${streamName} keeps records for ${retention}, and the checkpoint is older: records may have been missed in ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}. Reading goes on at the oldest record that is left.`
}
