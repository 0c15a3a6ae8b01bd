/** A source of lists that grow: it can be rewound to any place of them, and says from which checkpoint an attempt starts. */
import type {
  EnumeratorContext,
  PolledBatch,
  ReaderContext,
  Source,
  SourceEnumerator,
  SourceReader,
} from '../../core/operators/source.ts'
import { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import type { Random } from './random.ts'

export interface LogPosition {
  readonly split: number
  emitted: number
}

export interface LogSourceListener {
  /** A new attempt is being made; its readers and writers come next. */
  attempt(): void
  /** What the attempt starts from; null: from nothing. */
  started(mark: number | null): void
  /** Goes into the checkpoint, and comes back with `started`. */
  mark(): number
  /** Before a record is handed out. @throws Error to let the task fail */
  poll(): void
}

export class LogSource implements Source {
  readonly bounded = false
  readonly maxParallelism = null
  readonly #splits: readonly (readonly string[])[]
  readonly #random: Random
  readonly #listener: LogSourceListener
  readonly #wake = new Set<() => void>()

  constructor(splits: readonly (readonly string[])[], random: Random, listener: LogSourceListener) {
    this.#splits = splits
    this.#random = random
    this.#listener = listener
  }

  /** The lists have grown. */
  grown(): void {
    for (const wake of this.#wake) wake()
  }

  createEnumerator(context: EnumeratorContext): SourceEnumerator {
    this.#listener.attempt()
    return {
      start: async restored => {
        this.#listener.started((restored?.enumerator?.json as { mark: number } | undefined)?.mark ?? null)
        const known = restored?.readers.flatMap(r => r.json as LogPosition[]) ?? []
        for (let split = 0; split < this.#splits.length; split++)
          context.addSplits(split % context.parallelism, [known.find(k => k.split === split) ?? { split, emitted: 0 }])
      },
      handleSourceEvent: () => undefined,
      snapshot: () => ({ type: 'log', version: 1, json: { mark: this.#listener.mark() }, bytes: null }),
      close: () => undefined,
    }
  }

  createReader(_: ReaderContext): SourceReader {
    const mine: LogPosition[] = []
    let stopped = false
    let wake: (() => void) | null = null
    const signal = (): void => wake?.()
    const left = (s: LogPosition): number => this.#splits[s.split]!.length - s.emitted
    this.#wake.add(signal)
    return {
      addSplits: splits => {
        mine.push(...(splits as LogPosition[]).map(s => ({ ...s })))
        signal()
      },
      noMoreSplits: () => undefined,
      poll: (maxRecords = Infinity): PolledBatch | null => {
        const ready = stopped ? [] : mine.filter(s => left(s) > 0)
        if (ready.length === 0) return null
        this.#listener.poll()
        const split = this.#random.pick(ready)
        const count = Math.min(left(split), maxRecords, this.#random.pick([1, 3, 10, 1000]))
        const values = this.#splits[split.split]!.slice(split.emitted, split.emitted + count)
        split.emitted += count
        return { splitId: String(split.split), batch: RecordBatch.pack('text', values) }
      },
      emitter: null,
      get activeSplits() {
        return mine.map(s => String(s.split))
      },
      pauseOrResumeSplits: () => undefined,
      available: () =>
        stopped || mine.some(s => left(s) > 0)
          ? Promise.resolve()
          : new Promise(resolve => {
              wake = resolve
            }),
      get finished() {
        return stopped
      },
      stop: () => {
        stopped = true
        signal()
      },
      snapshot: () => ({ type: 'log', version: 1, json: mine.map(s => ({ ...s })), bytes: null }),
      notifyCheckpointComplete: () => undefined,
      metrics: () => ({ shards: [], numRecordsInErrors: 0 }),
      close: () => {
        stopped = true
        this.#wake.delete(signal)
        signal()
      },
    }
  }
}
