/**
 * A chain of functions in another process. Bundles are sent ahead of their answers, up to a number of credits; an answer's
 * credit returns when it has been emitted, so a slow sink stops the bundles too. Answers are emitted in order.
 */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { Clock } from '../clock.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'
import type { FunctionRuntime, OpenFunction, RemoteFunction } from './function-runtime.ts'
import type { Emit, Operator } from './operator.ts'

/** Small enough that the first answers of a slow function do not keep anybody waiting. */
const FIRST_BUNDLE = 32

export interface BundleOptions {
  readonly bundleSize: number
  readonly bundlesInFlight: number
  /** What is in flight should be answered within this time. */
  readonly bundleTimeMs: number
}

export class RemoteFunctionOperator implements Operator {
  readonly #runtime: FunctionRuntime
  readonly #request: OpenFunction
  readonly #options: BundleOptions
  readonly #clock: Clock
  readonly #onFailure: (error: unknown) => void
  #function: RemoteFunction | null = null
  #emit: Emit = () => undefined
  #inFlight = 0
  #emitted: Promise<void> = Promise.resolve()
  #creditReturned: (() => void) | null = null
  #failure: unknown = null
  #bundleSize: number
  #answeredAtMs = 0

  constructor(
    runtime: FunctionRuntime,
    request: OpenFunction,
    options: BundleOptions,
    clock: Clock,
    onFailure: (error: unknown) => void,
  ) {
    this.#runtime = runtime
    this.#request = request
    this.#options = options
    this.#clock = clock
    this.#bundleSize = Math.min(FIRST_BUNDLE, options.bundleSize)
    this.#onFailure = onFailure
  }

  async open(emit: Emit): Promise<void> {
    this.#emit = emit
    this.#function = await this.#runtime.open(this.#request)
  }

  async process(batch: RecordBatch): Promise<void> {
    const { bundlesInFlight } = this.#options
    for (let from = 0; from < batch.count;) {
      while (this.#inFlight >= bundlesInFlight && this.#failure === null)
        await new Promise<void>(resolve => (this.#creditReturned = resolve))
      this.#throwIfFailed()
      const to = Math.min(batch.count, from + this.#bundleSize)
      this.#send(batch.slice(from, to))
      from = to
    }
  }

  async snapshot(): Promise<OperatorState | null> {
    await this.#drain()
    return null
  }

  async finish(): Promise<void> {
    await this.#drain()
  }

  async close(): Promise<void> {
    this.#failure ??= new Error('the operator is closed')
    this.#returnCredit()
    await this.#function?.close()
  }

  #send(bundle: RecordBatch): void {
    this.#inFlight++
    const sentAtMs = this.#clock.monotonic()
    const answer = this.#function!.process(bundle)
    answer.then(
      () => this.#adapt(bundle.count, sentAtMs),
      () => undefined, // handled below, in order
    )
    this.#emitted = this.#emitted
      .then(async () => {
        const result = await answer
        if (this.#failure === null && result.count > 0) await this.#emit(result)
      })
      .catch((error: unknown) => {
        if (this.#failure !== null) return
        this.#failure = error
        this.#onFailure(error)
      })
      .finally(() => {
        this.#inFlight--
        this.#returnCredit()
      })
  }

  /** Bundles grow while answers come quickly and shrink for a slow function: what is in flight is answered within the bundle time. */
  #adapt(count: number, sentAtMs: number): void {
    const { bundleSize, bundlesInFlight, bundleTimeMs } = this.#options
    const now = this.#clock.monotonic()
    // One bundle after the other: this one began when it was sent, or when the one before it was answered.
    const busyMs = now - Math.max(sentAtMs, this.#answeredAtMs)
    this.#answeredAtMs = now
    const shareMs = Math.max(1, bundleTimeMs / bundlesInFlight)
    if (busyMs > shareMs) this.#bundleSize = Math.max(1, Math.floor((count * shareMs) / busyMs))
    else if (busyMs < shareMs / 8 && count >= this.#bundleSize)
      this.#bundleSize = Math.min(bundleSize, this.#bundleSize * 4)
  }

  async #drain(): Promise<void> {
    await this.#emitted
    this.#throwIfFailed()
  }

  #returnCredit(): void {
    this.#creditReturned?.()
    this.#creditReturned = null
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure as Error
  }
}
