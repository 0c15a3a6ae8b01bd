/**
 * A chain of functions in another process. Bundles are sent ahead of their answers, up to a number of credits; an answer's
 * credit returns when it has been emitted, so a slow sink stops the bundles too. Answers are emitted in order.
 */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import type { RecordBatch } from '../record-batch/record-batch.ts'
import type { FunctionRuntime, OpenFunction, RemoteFunction } from './function-runtime.ts'
import type { Emit, Operator } from './operator.ts'

export interface BundleOptions {
  readonly bundleSize: number
  readonly bundlesInFlight: number
}

export class RemoteFunctionOperator implements Operator {
  readonly #runtime: FunctionRuntime
  readonly #request: OpenFunction
  readonly #options: BundleOptions
  readonly #onFailure: (error: unknown) => void
  #function: RemoteFunction | null = null
  #emit: Emit = () => undefined
  #inFlight = 0
  #emitted: Promise<void> = Promise.resolve()
  #creditReturned: (() => void) | null = null
  #failure: unknown = null

  constructor(
    runtime: FunctionRuntime,
    request: OpenFunction,
    options: BundleOptions,
    onFailure: (error: unknown) => void,
  ) {
    this.#runtime = runtime
    this.#request = request
    this.#options = options
    this.#onFailure = onFailure
  }

  async open(emit: Emit): Promise<void> {
    this.#emit = emit
    this.#function = await this.#runtime.open(this.#request)
  }

  async process(batch: RecordBatch): Promise<void> {
    const { bundleSize, bundlesInFlight } = this.#options
    for (let from = 0; from < batch.count; from += bundleSize) {
      while (this.#inFlight >= bundlesInFlight && this.#failure === null)
        await new Promise<void>(resolve => (this.#creditReturned = resolve))
      this.#throwIfFailed()
      this.#send(batch.slice(from, Math.min(batch.count, from + bundleSize)))
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
    const answer = this.#function!.process(bundle)
    answer.catch(() => undefined) // handled below, in order
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
