/**
 * The interface of a source: one enumerator for the job, which discovers and assigns splits, and one reader for each subtask. The
 * job calls both from its event loop only. The positions of a reader are those of the records that `poll` has returned.
 */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { SplitEnd } from '../event-time/split-end.ts'
import type { StartContext } from '../aws/service/stream-readiness.ts'
import type { RecordBatch } from '../foundation/record-batch/record-batch.ts'
import type { PoisonedRecordHandler } from './poisoned-record-handler.ts'
import type { ShardMetrics } from '../metrics/shard-metrics.ts'

/** The enumerator assigns a `Split` to a reader. A reader sends an `Event` to the enumerator. */
export interface Source<Split = unknown, Event = unknown> {
  /** Whether the input ends by itself. The checkpoints of a finished bounded job are removed. */
  readonly bounded: boolean
  /** The greatest useful number of subtasks. `null` when there is no limit. */
  readonly maxParallelism: number | null
  /** Checks before the first record that the source can be read. */
  validate?(context?: StartContext): Promise<void>
  createEnumerator(context: EnumeratorContext<Split>): SourceEnumerator<Event>
  createReader(context: ReaderContext<Event>): SourceReader<Split>
  /** For one subtask of a function that completes the schema. `null` when an exception of the function fails the job. */
  poisonedRecords?(): PoisonedRecordHandler | null
  /** Releases the resources that the source holds at the service. Called once, when the job has ended and all readers are closed. */
  dispose?(): Promise<void>
}

export interface EnumeratorContext<Split = unknown> {
  readonly parallelism: number
  /** Assigns splits to the reader of a subtask. */
  addSplits(subtask: number, splits: readonly Split[]): void
  /** Signals to every reader that no more splits are assigned. */
  noMoreSplits(): void
  /** Ends the attempt with this error. */
  fail(error: unknown): void
  /** Logs a warning for the user. */
  warn?(message: string): void
}

export interface SourceEnumerator<Event = unknown> {
  /**
   * Discovers and assigns the first splits.
   * @param restored the state of the enumerator and of all readers; `null` without a checkpoint
   */
  start(restored: RestoredSource | null): Promise<void>
  handleSourceEvent(subtask: number, event: Event): void
  snapshot(checkpointId: number): OperatorState
  /** Every known shard and the subtask that it is assigned to. */
  explain?(): readonly KnownShard[]
  close(): void
}

export interface KnownShard {
  readonly stream: string
  readonly shardId: string
  readonly parentShardIds: readonly string[]
  /** Decimal, both ends inclusive. */
  readonly startingHashKey: string
  readonly endingHashKey: string
  readonly status: 'UNASSIGNED' | 'ASSIGNED' | 'FINISHED'
  /** `null` when the shard is not assigned. */
  readonly subtask: number | null
  /** Parents whose records have not all been emitted. */
  readonly waitsFor: readonly string[]
}

export interface RestoredSource {
  readonly enumerator: OperatorState | null
  readonly readers: readonly OperatorState[]
}

export interface ReaderContext<Event = unknown> {
  readonly subtask: number
  sendEvent(event: Event): void
  fail(error: unknown): void
  /** Logs a warning for the user. */
  warn?(message: string): void
}

export interface SourceReader<Split = unknown> {
  /** Turns the records that `poll` returns into values. `null` when `poll` returns values. */
  readonly emitter: BatchDeserializer | null
  addSplits(splits: readonly Split[]): void
  noMoreSplits(): void
  /**
   * Returns at most `maxRecords` records of one split (default: all that are ready). They count as emitted from then on. After the
   * last batch of a split with children it returns the end of the split, which the job sends after the records. `null` when
   * nothing is ready.
   */
  poll(maxRecords?: number): PolledBatch | SplitEnd | null
  /** The ids of the splits that have not ended, in a stable order. A watermark waits for each of them. */
  readonly activeSplits: readonly string[]
  /** A paused split is not polled, and reads no more than its buffer holds. Splits that are not named keep their state. */
  pauseOrResumeSplits(pause: readonly string[], resume: readonly string[]): void
  /** Resolves when `poll` or `finished` may return another result. */
  available(): Promise<void>
  /** Whether the reader has returned its last batch. */
  readonly finished: boolean
  /** Ends the input at the next batch boundary. */
  stop(): void
  snapshot(checkpointId: number): OperatorState
  notifyCheckpointComplete(checkpointId: number): void
  metrics(): SourceReaderMetrics
  close(): void
}

export interface PolledBatch {
  readonly splitId: string
  readonly batch: RecordBatch
}

export interface SourceReaderMetrics {
  readonly shards: readonly ShardMetrics[]
  /** Records that could not be read, and did not fail the job. */
  readonly numRecordsInErrors: number
}

/** Turns polled records into values. There may be fewer or more values than records. */
export interface BatchDeserializer {
  emit(polled: RecordBatch): RecordBatch | Promise<RecordBatch>
}
