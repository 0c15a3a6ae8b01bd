/**
 * What the job asks of any source: an enumerator that finds and hands out splits (one a job), and a reader a subtask.
 * Both are called from the job's event loop only. A reader's positions are those of the records it handed out by `poll`.
 */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { SplitEnd } from '../event-time/split-end.ts'
import type { StartContext } from '../aws/service/stream-readiness.ts'
import type { RecordBatch } from '../foundation/record-batch/record-batch.ts'
import type { PoisonedRecordHandler } from './poisoned-record-handler.ts'
import type { ShardMetrics } from '../metrics/shard-metrics.ts'

/** `Split` is what the enumerator hands to readers, `Event` what readers send to the enumerator. */
export interface Source<Split = unknown, Event = unknown> {
  /** True where the input ends by itself; such a job's checkpoints are of no use once it has finished. */
  readonly bounded: boolean
  /** Most subtasks that make sense; null: any number. */
  readonly maxParallelism: number | null
  /** Whether its records can be read, as far as that shows before the first of them. */
  validate?(context?: StartContext): Promise<void>
  createEnumerator(context: EnumeratorContext<Split>): SourceEnumerator<Event>
  createReader(context: ReaderContext<Event>): SourceReader<Split>
  /** For one subtask of a function that completes the schema. `null` when an exception of the function fails the job. */
  poisonedRecords?(): PoisonedRecordHandler | null
  /** The job has ended for good: gives back what it holds at the service. Called once, after all readers are closed. */
  dispose?(): Promise<void>
}

export interface EnumeratorContext<Split = unknown> {
  readonly parallelism: number
  /** Hands splits to the reader of a subtask. */
  addSplits(subtask: number, splits: readonly Split[]): void
  /** Tells every reader that it will get no more splits. */
  noMoreSplits(): void
  /** Ends the attempt with this error. */
  fail(error: unknown): void
  /** Something that a user should read. */
  warn?(message: string): void
}

export interface SourceEnumerator<Event = unknown> {
  /** Finds the first splits and hands them out. `restored`: the enumerator's and all readers' state, or null for a fresh start. */
  start(restored: RestoredSource | null): Promise<void>
  handleSourceEvent(subtask: number, event: Event): void
  snapshot(checkpointId: number): OperatorState
  /** Everything that it knows of, and whom it gave it to. */
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
  /** null: nobody's. */
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
  /** Something that a user should read. */
  warn?(message: string): void
}

export interface SourceReader<Split = unknown> {
  /** Turns the records that `poll` returns into values. `null` when `poll` returns values. */
  readonly emitter: BatchDeserializer | null
  addSplits(splits: readonly Split[]): void
  noMoreSplits(): void
  /**
   * At most `maxRecords` of one split, which from now on count as emitted. Default: all that are ready. After the last batch of a
   * split that has children comes its end, for the job to send behind the records. `null` when nothing is ready.
   */
  poll(maxRecords?: number): PolledBatch | SplitEnd | null
  /** Ids of the splits whose records still come, in a stable order: a watermark waits for each of them. */
  readonly activeSplits: readonly string[]
  /** Paused splits are not polled, and read no further than their buffer; what was not named stays as it is. */
  pauseOrResumeSplits(pause: readonly string[], resume: readonly string[]): void
  /** Resolves when `poll` or `finished` may answer something new. */
  available(): Promise<void>
  /** No batch will ever come again. */
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
