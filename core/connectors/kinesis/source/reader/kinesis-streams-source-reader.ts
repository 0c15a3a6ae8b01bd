/**
 * Reads the splits of one subtask: takes their batches in turn.
 *
 * When a shard ends, the reader emits the end of its split behind the last batch. Only when that marker has passed all operators
 * does the enumerator receive the event that lets the children start.
 */
import type { SourceStreamProxy } from '../../../../aws/kinesis/stream-proxy.ts'
import type { OperatorState } from '../../../../checkpoint/operator-state.ts'
import { SplitEnd } from '../../../../event-time/split-end.ts'
import type { Clock } from '../../../../foundation/clock.ts'
import { Signal } from '../../../../foundation/signal.ts'
import type { PolledBatch, ReaderContext, SourceReader, SourceReaderMetrics } from '../../../../operators/source.ts'
import type { RecordEmitter } from '../emitter/record-emitter.ts'
import type { RecordLosses } from '../emitter/record-losses.ts'
import type { ShardAssignment, SplitEvent } from '../split/split-events.ts'
import { writeSplits } from '../split/split-state.ts'
import { FinishedSplits } from './finished-splits.ts'
import { Permits } from './permits.ts'
import type { FetchEnd } from './shard-reader.ts'
import { SplitReader } from './split-reader.ts'
import type { SplitMetrics, SplitReaderCollaborators, SplitReaderOptions } from './split-reader.ts'

export interface SourceReaderOptions extends SplitReaderOptions {
  readonly maxConcurrentReads: number
}

export interface SourceReaderCollaborators {
  readonly proxy: SourceStreamProxy
  readonly emitter: RecordEmitter
  readonly context: ReaderContext<SplitEvent>
  readonly clock: Clock
  readonly losses: RecordLosses
}

/** A stream that is resharded for years ends many shards. The metrics show the last of them. */
const FINISHED_SHARDS_SHOWN = 100

interface EndedSplit {
  readonly splitId: string
  readonly event: SplitEvent
}

export class KinesisStreamsSourceReader implements SourceReader<ShardAssignment> {
  readonly emitter: RecordEmitter
  readonly #options: SourceReaderOptions
  readonly #proxy: SourceStreamProxy
  readonly #context: ReaderContext<SplitEvent>
  readonly #losses: RecordLosses
  readonly #splitCollaborators: SplitReaderCollaborators
  readonly #active: SplitReader[] = []
  /** Splits that were read up to the instant at which the source stops. */
  readonly #stopped: SplitReader[] = []
  readonly #finished = new FinishedSplits()
  readonly #finishedMetrics: SplitMetrics[] = []
  /** Index of the split whose turn is next. */
  #next = 0
  #noMoreSplits = false
  #closed = false
  /** Ends that follow the batch of the last poll. */
  readonly #ends: EndedSplit[] = []
  /** Ids of the splits that have ended, but whose end the enumerator does not know yet. */
  readonly #ending = new Set<string>()
  /** Notified when `poll` or `finished` may answer something new. */
  readonly #changed = new Signal()

  constructor(options: SourceReaderOptions, { proxy, emitter, context, clock, losses }: SourceReaderCollaborators) {
    this.emitter = emitter
    this.#options = options
    this.#proxy = proxy
    this.#context = context
    this.#losses = losses
    this.#splitCollaborators = {
      proxy,
      clock,
      permits: new Permits(options.maxConcurrentReads),
      losses,
      onReady: () => this.#changed.notify(),
      warn: message => context.warn?.(message),
      fail: error => context.fail(error),
    }
  }

  addSplits(splits: readonly ShardAssignment[]): void {
    // Splits that arrive after the end are still in the enumerator's state.
    if (this.#closed) return
    for (const split of splits) this.#active.push(new SplitReader(split, this.#options, this.#splitCollaborators))
    this.#changed.notify()
  }

  noMoreSplits(): void {
    this.#noMoreSplits = true
    this.#changed.notify()
  }

  poll(maxRecords = Infinity): PolledBatch | SplitEnd | null {
    for (;;) {
      const marker = this.#nextEnd()
      if (marker !== null) return marker
      const reader = this.#nextReady()
      if (reader === null) return null
      const { splitId } = reader
      const { batch, end } = reader.take(maxRecords)
      if (end !== null) this.#end(reader, end)
      if (batch !== null) return { splitId, batch }
    }
  }

  /** A split counts until the enumerator knows that it has ended. Children that this reader gets then take its place at once. */
  get activeSplits(): readonly string[] {
    return [...this.#active.map(a => a.splitId), ...this.#ending]
  }

  pauseOrResumeSplits(pause: readonly string[], resume: readonly string[]): void {
    const [paused, resumed] = [new Set(pause), new Set(resume)]
    for (const reader of this.#active) {
      if (paused.has(reader.splitId)) reader.paused = true
      if (resumed.has(reader.splitId)) reader.paused = false
    }
    this.#changed.notify()
  }

  available(): Promise<void> {
    if (this.finished || this.#ends.length > 0 || this.#active.some(a => a.ready)) return Promise.resolve()
    return this.#changed.waitAnew()
  }

  get finished(): boolean {
    return this.#closed || (this.#noMoreSplits && this.#active.length === 0 && this.#ending.size === 0)
  }

  stop(): void {
    this.#closed = true
    for (const reader of this.#active) reader.close()
    this.#proxy.close()
    this.#changed.notify()
  }

  snapshot(checkpointId: number): OperatorState {
    const unfinished = [...this.#active, ...this.#stopped].map(a => a.split)
    return writeSplits([...unfinished, ...this.#finished.snapshot(checkpointId)])
  }

  notifyCheckpointComplete(checkpointId: number): void {
    this.#finished.notifyCheckpointComplete(checkpointId)
  }

  metrics(): SourceReaderMetrics {
    const shards = [...[...this.#active, ...this.#stopped].map(a => a.metrics()), ...this.#finishedMetrics]
    return {
      shards: shards.map(shard => ({ ...shard, ...this.#losses.of(shard.stream, shard.shardId) })),
      numRecordsInErrors: this.emitter.numRecordsInErrors,
    }
  }

  close(): void {
    this.stop()
    this.emitter.close()
  }

  /** Takes turns, so that a shard with many records does not keep the others waiting. */
  #nextReady(): SplitReader | null {
    const n = this.#active.length
    for (let i = 0; i < n; i++) {
      const at = (this.#next + i) % n
      if (!this.#active[at]!.ready) continue
      this.#next = at + 1
      return this.#active[at]!
    }
    return null
  }

  #end(reader: SplitReader, end: FetchEnd): void {
    this.#active.splice(this.#active.indexOf(reader), 1)
    const { splitId } = reader
    const { shardId } = reader.split
    this.#ending.add(splitId)
    if (end.type === 'stopped') {
      this.#stopped.push(reader)
      this.#ends.push({ splitId, event: { type: 'stopped', shardId } })
      return
    }
    reader.markFinished()
    this.#finished.add(reader.split)
    this.#showFinished(reader.metrics())
    this.#ends.push({ splitId, event: { type: 'finished', shardId, childShards: end.childShards } })
  }

  #showFinished(metrics: SplitMetrics): void {
    this.#finishedMetrics.push(metrics)
    if (this.#finishedMetrics.length <= FINISHED_SHARDS_SHOWN) return
    const { stream, shardId } = this.#finishedMetrics.shift()!
    this.#losses.forget(stream, shardId)
  }

  /** The marker of the next end. A split that only stopped has no children and needs no marker: its event is sent at once. */
  #nextEnd(): SplitEnd | null {
    for (let ended = this.#ends.shift(); ended !== undefined; ended = this.#ends.shift()) {
      const { splitId, event } = ended
      if (event.type === 'finished') return new SplitEnd(splitId, () => this.#report(splitId, event))
      this.#report(splitId, event)
    }
    return null
  }

  #report(splitId: string, event: SplitEvent): void {
    this.#finished.markReported(event.shardId)
    this.#context.sendEvent(event)
    this.#ending.delete(splitId)
    this.#changed.notify()
  }
}
