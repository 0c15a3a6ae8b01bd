/**
 * A chain of functions in another process. The operator sends bundles without waiting for answers, up to a number of credits. A
 * credit is returned when the answer has been emitted, so a slow sink also stops the bundles. Answers are emitted in order.
 * Watermarks keep their place between them and do not wait for the bundles in flight.
 */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import type { Clock } from '../../foundation/clock.ts'
import { MAX_WATERMARK } from '../../event-time/time-element.ts'
import type { StreamSignal } from '../../event-time/split-end.ts'
import { recordMalformed } from '../../../schemas/contracts/value-codec.ts'
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import type { PoisonedRecordHandler } from '../poisoned-record-handler.ts'
import { Alarm } from '../keyed-state/alarm.ts'
import type { FunctionResult, FunctionRuntime, OpenFunction, RemoteFunction } from '../function-runtime.ts'
import { writeKeyedState } from '../keyed-state/keyed-state.ts'
import type { Mailbox, Operator, Output, OwnMetrics } from '../operator.ts'
import type { PeriodicWatermarks } from '../time/periodic-watermarks.ts'
import { Signal } from '../../foundation/signal.ts'

/** The size of the first bundles. It is small so that a slow function answers them soon. */
const FIRST_BUNDLE = 32

export interface BundleOptions {
  readonly bundleSize: number
  readonly bundlesInFlight: number
  /** The bundles in flight should be answered within this time. */
  readonly bundleTimeMs: number
}

export class RemoteFunctionOperator implements Operator {
  readonly #runtime: FunctionRuntime
  readonly #request: OpenFunction
  readonly #options: BundleOptions
  readonly #clock: Clock
  readonly #onFailure: (error: unknown) => void
  /** Generates watermarks from the timestamps that the chain assigns. `null` when it assigns none. */
  readonly #watermarks: PeriodicWatermarks | null
  /** The handler of the source whose schema the chain completes or whose values it takes first. Without it, such records fail the job. */
  readonly #poisoned: PoisonedRecordHandler | null
  #function: RemoteFunction | null = null
  #output!: Output
  #mailbox!: Mailbox
  #inFlight = 0
  #left: Promise<void> = Promise.resolve()
  readonly #credits = new Signal()
  #failure: unknown = null
  #bundleSize: number
  #answeredAtMs = 0
  readonly #alarm: Alarm
  #finished = false

  constructor(
    runtime: FunctionRuntime,
    request: OpenFunction,
    options: BundleOptions,
    clock: Clock,
    watermarks: PeriodicWatermarks | null,
    onFailure: (error: unknown) => void,
    poisoned: PoisonedRecordHandler | null = null,
  ) {
    this.#runtime = runtime
    this.#request = request
    this.#options = options
    this.#clock = clock
    this.#bundleSize = Math.min(FIRST_BUNDLE, options.bundleSize)
    this.#watermarks = watermarks
    this.#poisoned = poisoned
    this.#onFailure = onFailure
    this.#alarm = new Alarm(clock, () => this.#mailbox.post(() => this.#fireTimers()))
  }

  metrics(): OwnMetrics {
    return { bundlesInFlight: this.#inFlight, numRecordsInErrors: this.#poisoned?.count ?? 0 }
  }

  async open(output: Output, mailbox: Mailbox): Promise<void> {
    this.#output = output
    this.#mailbox = mailbox
    this.#function = await this.#runtime.open(this.#request)
    this.#alarm.set(this.#function.nextTimerMs)
    this.#watermarks?.start(output, mailbox)
  }

  async process(batch: RecordBatch, _input?: number, splitId?: string): Promise<void> {
    for (let from = 0; from < batch.count;) {
      await this.#credit()
      const to = Math.min(batch.count, from + this.#bundleSize)
      this.#send(batch.slice(from, to), splitId)
      from = to
    }
  }

  async advance(signal: StreamSignal): Promise<void> {
    const ended = signal.type === 'watermark' && signal.timestampMs === MAX_WATERMARK
    const passOn = this.#watermarks === null || ended || signal.type === 'split-end'
    const leave = async (): Promise<void> => {
      if (ended) this.#watermarks?.stop()
      if (passOn && this.#failure === null) await this.#output.advance(signal)
    }
    if (signal.type === 'watermark' && this.#request.watermarks) {
      await this.#credit()
      this.#call(this.#function!.advanceWatermark(signal.timestampMs), null, undefined, leave)
    } else if (passOn) this.#leave(leave)
  }

  async snapshot(checkpointId: number): Promise<OperatorState | null> {
    await this.#drain()
    return this.#request.keyed ? writeKeyedState(await this.#function!.snapshot(checkpointId)) : null
  }

  async finish(): Promise<void> {
    this.#finished = true
    this.#alarm.set(null)
    this.#watermarks?.stop()
    await this.#drain()
  }

  async close(): Promise<void> {
    this.#failure ??= new Error('the operator is closed')
    this.#alarm.set(null)
    this.#watermarks?.stop()
    this.#credits.notify()
    this.#poisoned?.close()
    await this.#function?.close()
  }

  #send(bundle: RecordBatch, splitId: string | undefined): void {
    const sentAtMs = this.#clock.monotonic()
    const answer = this.#function!.process(bundle, this.#poisoned !== null)
    answer.then(
      () => this.#adapt(bundle.count, sentAtMs),
      () => undefined, // The answers are handled in order.
    )
    this.#watermarks?.hold(splitId)
    this.#call(answer, bundle, splitId, () => this.#watermarks?.release(splitId))
  }

  /** Calls `then` when the answer has been emitted. */
  #call(
    answer: Promise<FunctionResult>,
    bundle: RecordBatch | null,
    splitId: string | undefined,
    then: () => Promise<void> | void,
  ): void {
    this.#inFlight++
    answer.catch(() => undefined)
    const leave = async (): Promise<void> => {
      const { batch, maxTimestampMs, nextTimerMs, poisoned } = await answer
      if (this.#failure !== null) return
      if (poisoned !== null && bundle !== null)
        await this.#poisoned?.settle(
          bundle,
          poisoned.map(({ i, message }) => ({ i, error: recordMalformed(message) })),
        )
      if (this.#request.keyed && !this.#finished) this.#alarm.set(nextTimerMs)
      if (maxTimestampMs !== null) this.#watermarks?.onRecords(splitId, maxTimestampMs)
      if (batch.count > 0) await this.#output.emit(batch)
      await then()
    }
    this.#leave(leave, () => {
      this.#inFlight--
      this.#credits.notify()
    })
  }

  /** Runs after everything that is still to be emitted. */
  #leave(action: () => Promise<void>, gone: () => void = () => undefined): void {
    this.#left = this.#left
      .then(action)
      .catch((error: unknown) => {
        if (this.#failure !== null) return
        this.#failure = error
        this.#onFailure(error)
      })
      .finally(gone)
  }

  async #credit(): Promise<void> {
    while (this.#inFlight >= this.#options.bundlesInFlight && this.#failure === null) await this.#credits.wait()
    this.#throwIfFailed()
  }

  async #fireTimers(): Promise<void> {
    await this.#credit()
    this.#call(this.#function!.advanceProcessingTime(this.#clock.now()), null, undefined, () => undefined)
  }

  /** Bundles grow for a fast function and shrink for a slow one, so that those in flight are answered within the bundle time. */
  #adapt(count: number, sentAtMs: number): void {
    const { bundleSize, bundlesInFlight, bundleTimeMs } = this.#options
    const now = this.#clock.monotonic()
    // Bundles are processed one after another. This one began when it was sent, or when the previous one was answered.
    const busyMs = now - Math.max(sentAtMs, this.#answeredAtMs)
    this.#answeredAtMs = now
    const shareMs = Math.max(1, bundleTimeMs / bundlesInFlight)
    if (busyMs > shareMs) this.#bundleSize = Math.max(1, Math.floor((count * shareMs) / busyMs))
    else if (busyMs < shareMs / 8 && count >= this.#bundleSize)
      this.#bundleSize = Math.min(bundleSize, this.#bundleSize * 4)
  }

  async #drain(): Promise<void> {
    await this.#left
    this.#throwIfFailed()
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure as Error
  }
}
