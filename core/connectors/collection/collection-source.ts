/** A bounded source of values of the program. One subtask reads it, and checkpoints contain its position. */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { PayloadType } from '../../foundation/record-batch/payload-type.ts'
import type {
  EnumeratorContext,
  PolledBatch,
  RestoredSource,
  Source,
  SourceEnumerator,
  SourceReader,
} from '../../operators/source.ts'
import { Signal } from '../../foundation/signal.ts'

const BATCH_VALUES = 1000
const SPLIT_ID = 'collection'

interface CollectionState {
  readonly emitted: number
}

export class CollectionSource implements Source<CollectionState, never> {
  readonly bounded = true
  readonly maxParallelism = 1
  readonly #values: readonly unknown[]
  readonly #payload: PayloadType

  /** `values`: strings for text, Buffers for bytes and pickles, anything for `object`. */
  constructor(values: readonly unknown[], payload: PayloadType) {
    this.#values = values
    this.#payload = payload
  }

  createEnumerator(context: EnumeratorContext<CollectionState>): SourceEnumerator<never> {
    return {
      async start(restored: RestoredSource | null) {
        const state = restored?.readers[0]?.json as CollectionState | undefined
        context.addSplits(0, [state ?? { emitted: 0 }])
        context.noMoreSplits()
      },
      handleSourceEvent: () => undefined,
      snapshot: () => ({ type: 'collection-enumerator', version: 1, json: {}, bytes: null }),
      close: () => undefined,
    }
  }

  createReader(): SourceReader<CollectionState> {
    return new CollectionReader(this.#values, this.#payload)
  }
}

class CollectionReader implements SourceReader<CollectionState> {
  readonly emitter = null
  readonly #values: readonly unknown[]
  readonly #payload: PayloadType
  #emitted = 0
  #end = Infinity
  #noMoreSplits = false
  readonly #changed = new Signal()

  constructor(values: readonly unknown[], payload: PayloadType) {
    this.#values = values
    this.#payload = payload
  }

  addSplits(splits: readonly CollectionState[]): void {
    this.#emitted = splits[0]!.emitted
    this.#end = this.#values.length
    this.#changed.notify()
  }

  noMoreSplits(): void {
    this.#noMoreSplits = true
    this.#changed.notify()
  }

  poll(maxRecords = BATCH_VALUES): PolledBatch | null {
    if (this.#end === Infinity || this.#emitted >= this.#end) return null
    const from = this.#emitted
    this.#emitted = Math.min(this.#end, from + Math.min(BATCH_VALUES, maxRecords))
    const values = this.#values.slice(from, this.#emitted)
    const batch =
      this.#payload === 'object'
        ? RecordBatch.ofValues(values)
        : RecordBatch.pack(this.#payload, values as (string | Buffer)[])
    return { splitId: SPLIT_ID, batch }
  }

  get activeSplits(): readonly string[] {
    return this.finished ? [] : [SPLIT_ID]
  }

  /** A single split is never ahead of others. */
  pauseOrResumeSplits(): void {}

  available(): Promise<void> {
    if (this.finished || this.#end !== Infinity) return Promise.resolve()
    return this.#changed.waitAnew()
  }

  get finished(): boolean {
    return this.#noMoreSplits && this.#emitted >= this.#end
  }

  stop(): void {
    this.#end = 0
    this.#noMoreSplits = true
    this.#changed.notify()
  }

  snapshot(): OperatorState {
    return { type: 'collection', version: 1, json: { emitted: this.#emitted }, bytes: null }
  }

  notifyCheckpointComplete(): void {}

  metrics(): { shards: []; numRecordsInErrors: 0 } {
    return { shards: [], numRecordsInErrors: 0 }
  }

  close(): void {
    this.stop()
  }
}
