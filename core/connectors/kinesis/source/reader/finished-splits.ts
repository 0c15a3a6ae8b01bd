/**
 * The finished splits of a reader, which stay in its snapshots until two things have happened: the enumerator has the event, so that
 * its own state contains the end; and a checkpoint that contains the end, in one state or the other, is complete. A crash at any
 * instant then neither reads a split again nor leaves its children waiting.
 */
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'

interface FinishedSplit {
  readonly split: KinesisShardSplit
  /** The newest checkpoint of the reader when the split finished. That checkpoint does not contain the end. */
  readonly afterCheckpoint: number
  reported: boolean
}

export class FinishedSplits {
  #splits: FinishedSplit[] = []
  #lastCheckpoint = 0

  add(split: KinesisShardSplit): void {
    this.#splits.push({ split, afterCheckpoint: this.#lastCheckpoint, reported: false })
  }

  /** The enumerator has the event of the shard's end. */
  markReported(shardId: string): void {
    for (const finished of this.#splits) if (finished.split.shardId === shardId) finished.reported = true
  }

  /** The splits that the snapshot for this checkpoint must contain. */
  snapshot(checkpointId: number): KinesisShardSplit[] {
    this.#lastCheckpoint = checkpointId
    return this.#splits.map(f => f.split)
  }

  notifyCheckpointComplete(checkpointId: number): void {
    this.#splits = this.#splits.filter(f => !f.reported || checkpointId <= f.afterCheckpoint)
  }
}
