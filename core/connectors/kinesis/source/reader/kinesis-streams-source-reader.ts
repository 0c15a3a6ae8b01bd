/**
 * The splits of one subtask: takes their batches in turn, and remembers how far each was emitted.
 *
 * When a shard ends, the reader emits the end of its split behind the last batch. Only when that marker has passed all operators
 * does the enumerator receive the event that lets the children start. A finished split stays in the snapshots until a checkpoint
 * that contains it is complete and the enumerator has the event. So every checkpoint records that the split is finished, in one
 * state or the other: a crash at any instant neither reads a shard again nor leaves its children waiting.
 */
import type { OperatorState } from '../../../../checkpoint/operator-state.ts'
import type { Clock } from '../../../../foundation/clock.ts'
import { ShardlineError } from '../../../../foundation/errors.ts'
import type { SourceStreamProxy } from '../../../../aws/kinesis/stream-proxy.ts'
import { SplitEnd } from '../../../../event-time/split-end.ts'
import type { RecordBatch } from '../../../../foundation/record-batch/record-batch.ts'
import type { RecordEmitter } from '../emitter/record-emitter.ts'
import type { ShardAssignment, SplitEvent } from '../split/split-events.ts'
import type {
  PolledBatch,
  ReaderContext,
  SourceReader,
  SourceReaderMetrics,
} from '../../../../operators/source/source.ts'
import type { ShardMetrics } from '../../../../metrics/shard-metrics.ts'
import type { RecordLosses } from '../emitter/record-losses.ts'
import type { ShardLosses } from '../../../../metrics/shard-metrics.ts'
import { advance, placeOf } from '../split/kinesis-shard-split.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'
import { writeSplits } from '../split/split-state.ts'
import { FanOutShardReader } from './fan-out-shard-reader.ts'
import type { FanOutOptions } from './fan-out-shard-reader.ts'
import { Permits } from './permits.ts'
import { PollingShardReader } from './polling-shard-reader.ts'
import type { PollingOptions } from './polling-shard-reader.ts'
import type { FetchEnd, ShardReader } from './shard-reader.ts'
import { Signal } from '../../../../foundation/signal.ts'

export interface SourceReaderOptions extends PollingOptions, FanOutOptions {
  readonly maxConcurrentReads: number
  /** A shard is polled where enhanced fan-out is refused. */
  readonly fallsBackToPolling: boolean
}

/** Enhanced fan-out is refused for good: no permission, no consumer, or not to be had. */
const REFUSALS: readonly string[] = ['ACCESS_DENIED', 'CONSUMER_NOT_FOUND', 'VALIDATION_FAILED']

/** A stream that is resharded for years ends many shards; the metrics show the last of them. */
const FINISHED_SHARDS_SHOWN = 100

interface ActiveSplit {
  split: KinesisShardSplit
  reader: ShardReader
  paused: boolean
  /** What was read and not yet handed out. */
  rest: { readonly batch: RecordBatch; readonly end: FetchEnd | null; readonly continuation: string | null } | null
  records: number
  bytes: number
}

interface EndedSplit {
  readonly splitId: string
  readonly event: SplitEvent
}

interface FinishedSplit {
  readonly split: KinesisShardSplit
  /** The newest checkpoint of this reader when it finished: that one does not hold it as finished. */
  readonly afterCheckpoint: number
  /** The enumerator has the event: its state in later checkpoints contains the end of this split. */
  reported: boolean
}

export class KinesisStreamsSourceReader implements SourceReader<ShardAssignment> {
  readonly #proxy: SourceStreamProxy
  readonly #options: SourceReaderOptions
  readonly #context: ReaderContext<SplitEvent>
  readonly #clock: Clock
  readonly #permits: Permits
  readonly emitter: RecordEmitter
  readonly #losses: RecordLosses
  readonly #active: ActiveSplit[] = []
  #stopped: ActiveSplit[] = []
  #finishedSplits: FinishedSplit[] = []
  readonly #finishedMetrics: ReadShard[] = []
  #next = 0
  #lastCheckpoint = 0
  #noMoreSplits = false
  #closed = false
  /** Ends that follow the batch of the last poll. */
  readonly #ends: EndedSplit[] = []
  /** Ids of the splits that have ended and that the enumerator still counts as read. */
  readonly #ending = new Set<string>()
  readonly #changed = new Signal()

  constructor(
    proxy: SourceStreamProxy,
    options: SourceReaderOptions,
    emitter: RecordEmitter,
    context: ReaderContext<SplitEvent>,
    clock: Clock,
    losses: RecordLosses,
  ) {
    this.#proxy = proxy
    this.#options = options
    this.emitter = emitter
    this.#context = context
    this.#clock = clock
    this.#losses = losses
    this.#permits = new Permits(options.maxConcurrentReads)
  }

  addSplits(splits: readonly ShardAssignment[]): void {
    // The enumerator's state still holds what comes too late here.
    if (this.#closed) return
    for (const { split, consumerArn } of splits) {
      const reader = consumerArn === null ? this.#polling(split) : this.#fanOut(split, consumerArn)
      const active: ActiveSplit = { split, reader, paused: false, rest: null, records: 0, bytes: 0 }
      this.#active.push(active)
      this.#run(active)
    }
    this.#changed.notify()
  }

  noMoreSplits(): void {
    this.#noMoreSplits = true
    this.#changed.notify()
  }

  poll(maxRecords = Infinity): PolledBatch | SplitEnd | null {
    for (;;) {
      const end = this.#nextEnd()
      if (end !== null) return end
      const active = this.#nextReady()
      if (active === null) return null
      const batch = this.#handOut(active, maxRecords)
      if (batch !== null) return { splitId: active.split.splitId, batch }
    }
  }

  /** A split counts until the enumerator knows that it ended: children that this reader gets then take its place at once. */
  get activeSplits(): readonly string[] {
    return [...this.#active.map(a => a.split.splitId), ...this.#ending]
  }

  pauseOrResumeSplits(pause: readonly string[], resume: readonly string[]): void {
    const [paused, resumed] = [new Set(pause), new Set(resume)]
    for (const active of this.#active) {
      if (paused.has(active.split.splitId)) active.paused = true
      if (resumed.has(active.split.splitId)) active.paused = false
    }
    this.#changed.notify()
  }

  available(): Promise<void> {
    if (this.finished || this.#ends.length > 0 || this.#active.some(isReady)) return Promise.resolve()
    return this.#changed.waitAnew()
  }

  get finished(): boolean {
    return this.#closed || (this.#noMoreSplits && this.#active.length === 0 && this.#ending.size === 0)
  }

  stop(): void {
    this.#closed = true
    for (const { reader } of this.#active) reader.close()
    this.#proxy.close()
    this.#changed.notify()
  }

  snapshot(checkpointId: number): OperatorState {
    this.#lastCheckpoint = checkpointId
    return writeSplits([...this.#active, ...this.#stopped, ...this.#finishedSplits].map(s => s.split))
  }

  notifyCheckpointComplete(checkpointId: number): void {
    this.#finishedSplits = this.#finishedSplits.filter(f => !f.reported || checkpointId <= f.afterCheckpoint)
  }

  metrics(): SourceReaderMetrics {
    return {
      shards: [...[...this.#active, ...this.#stopped].map(metricsOf), ...this.#finishedMetrics].map(shard => ({
        ...shard,
        ...this.#losses.of(shard.stream, shard.shardId),
      })),
      numRecordsInErrors: this.emitter.numRecordsInErrors,
    }
  }

  close(): void {
    this.stop()
    this.emitter.close()
  }

  #polling(split: KinesisShardSplit): ShardReader {
    return new PollingShardReader(split, this.#options, {
      proxy: this.#proxy,
      clock: this.#clock,
      permits: this.#permits,
      onReady: () => this.#changed.notify(),
      warn: message => this.#context.warn?.(message),
      losses: this.#losses,
    })
  }

  #fanOut(split: KinesisShardSplit, consumerArn: string): ShardReader {
    return new FanOutShardReader(split, consumerArn, this.#options, {
      proxy: this.#proxy,
      clock: this.#clock,
      onReady: () => this.#changed.notify(),
      warn: message => this.#context.warn?.(message),
      losses: this.#losses,
    })
  }

  #run(active: ActiveSplit): void {
    const { reader } = active
    reader.run().catch((error: unknown) => {
      if (reader instanceof FanOutShardReader && this.#mayPollInstead(error)) this.#pollInstead(active, error)
      else this.#context.fail(error)
    })
  }

  #mayPollInstead(error: unknown): error is ShardlineError {
    return this.#options.fallsBackToPolling && error instanceof ShardlineError && REFUSALS.includes(error.code)
  }

  /** From what was emitted on: what was read ahead is read again. */
  #pollInstead(active: ActiveSplit, error: ShardlineError): void {
    if (this.#closed) return
    this.#context.warn?.(
      `Shard ${active.split.shardId} is polled from here on, because enhanced fan-out was refused: ${error.message}`,
    )
    active.rest = null
    active.reader = this.#polling(active.split)
    this.#run(active)
  }

  /** In turn, so that a full shard does not keep the others waiting. */
  #nextReady(): ActiveSplit | null {
    const n = this.#active.length
    for (let i = 0; i < n; i++) {
      const at = (this.#next + i) % n
      if (!isReady(this.#active[at]!)) continue
      this.#next = at + 1
      return this.#active[at]!
    }
    return null
  }

  /** Takes what is ready of a split. null: only its end was. */
  #handOut(active: ActiveSplit, maxRecords: number): RecordBatch | null {
    let taken = active.rest
    active.rest = null
    if (taken === null) {
      const { batch, end, continuationSequenceNumber } = active.reader.take()!
      if (batch === null) {
        if (continuationSequenceNumber !== null) active.split = { ...active.split, continuationSequenceNumber }
        if (end !== null) this.#end(active, end)
        return null
      }
      taken = { batch, end, continuation: continuationSequenceNumber }
    }
    const { batch, end, continuation } = taken
    const count = Math.min(batch.count, maxRecords)
    const out = batch.slice(0, count)
    active.split = advance(active.split, out, count < batch.count ? null : continuation)
    active.records += count
    active.bytes += out.byteLength
    if (count < batch.count) active.rest = { batch: batch.slice(count, batch.count), end, continuation }
    else if (end !== null) this.#end(active, end)
    return out
  }

  #end(active: ActiveSplit, end: FetchEnd): void {
    this.#active.splice(this.#active.indexOf(active), 1)
    const { shardId, splitId } = active.split
    this.#ending.add(splitId)
    if (end.type === 'stopped') {
      this.#stopped.push(active)
      this.#ends.push({ splitId, event: { type: 'stopped', shardId } })
      return
    }
    active.split = { ...active.split, finished: true }
    this.#finishedMetrics.push(metricsOf(active))
    if (this.#finishedMetrics.length > FINISHED_SHARDS_SHOWN) {
      const { stream, shardId: forgotten } = this.#finishedMetrics.shift()!
      this.#losses.forget(stream, forgotten)
    }
    this.#finishedSplits.push({ split: active.split, afterCheckpoint: this.#lastCheckpoint, reported: false })
    this.#ends.push({ splitId, event: { type: 'finished', shardId, childShards: end.childShards } })
  }

  /** The batch of the previous poll was emitted by now. A split that only stopped has no children, and needs no marker. */
  #nextEnd(): SplitEnd | null {
    for (let ended = this.#ends.shift(); ended !== undefined; ended = this.#ends.shift()) {
      const { splitId, event } = ended
      if (event.type === 'finished') return new SplitEnd(splitId, () => this.#report(splitId, event))
      this.#report(splitId, event)
    }
    return null
  }

  #report(splitId: string, event: SplitEvent): void {
    for (const finished of this.#finishedSplits) if (finished.split.shardId === event.shardId) finished.reported = true
    this.#context.sendEvent(event)
    this.#ending.delete(splitId)
    this.#changed.notify()
  }
}

function isReady({ paused, rest, reader }: ActiveSplit): boolean {
  return !paused && (rest !== null || reader.ready)
}

/** What the reader itself knows of a shard. */
type ReadShard = Omit<ShardMetrics, keyof ShardLosses>

function metricsOf({ split, reader, records, bytes }: ActiveSplit): ReadShard {
  return {
    ...placeOf(split),
    streamArn: split.streamArn,
    sequenceNumber: 'sequenceNumber' in split.position ? split.position.sequenceNumber : null,
    millisBehindLatest: reader.millisBehindLatest,
    records,
    bytes,
    finished: split.finished,
    activity: reader.activity,
    trouble: reader.trouble,
    lastAnswerAtMs: reader.lastAnswerAtMs,
    fetchIntervalMs: reader.fetchIntervalMs,
    throttles: reader.throttles,
  }
}
