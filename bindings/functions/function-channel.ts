/**
 * The engine's end of a function channel. It opens chains of functions in the other process, sends bundles to them and
 * matches the answers to the calls. When the channel ends, every call that has no answer fails.
 */
import type { Duplex } from 'node:stream'

import { BridgeError } from '../../core/foundation/errors.ts'
import type {
  FunctionResult,
  OpenFunction,
  PoisonedInput,
  RemoteFunction,
} from '../../core/operators/function-runtime.ts'
import type { KeyedState } from '../../core/operators/keyed-state/keyed-state.ts'
import type { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { encodeBundle } from './bundle-frame.ts'
import { decodeOpened, encodeFrame, frameTypes } from './frame.ts'
import type { Frame, FrameAddress } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { failureOf, isUnpicklable, uncarried } from './function-failures.ts'
import { merged, without } from './left-out-values.ts'
import { loadPlainValues, unpicklable } from './plain-values.ts'
import { decodeResult } from './result-frame.ts'
import { decodeState, encodeState } from './state-body.ts'

/** The version of the channel. A host of another version refuses to open a chain. */
export const CHANNEL_VERSION = 5

interface Waiting {
  readonly bundle: RecordBatch | null
  /** Whether the host drops this call, without an answer, after an earlier call has failed. */
  readonly dropped: boolean
  readonly resolve: (frame: Frame) => void
  readonly reject: (error: unknown) => void
}

interface OpenedFunction {
  readonly request: OpenFunction
  /** The calls without an answer. Answers come in the order of the calls. */
  readonly waiting: Waiting[]
  /** The parts of a snapshot that came before its last one. */
  readonly parts: Buffer[]
  sequence: number
  failed: boolean
}

export class FunctionChannel {
  readonly #stream: Duplex
  readonly #functions = new Map<number, OpenedFunction>()
  #nextFunctionId = 1
  #ended: Error | null = null

  /** @param lost Makes the error of the calls that have no answer when the channel ends. */
  constructor(stream: Duplex, lost: () => Error) {
    this.#stream = stream
    const reader = new FrameReader(frame => this.#handle(frame))
    stream.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk)
      } catch (error) {
        this.#end(error as Error)
        stream.destroy()
      }
    })
    stream.on('error', () => this.#end(lost()))
    stream.on('close', () => this.#end(lost()))
    stream.on('end', () => this.#end(lost()))
  }

  async open(request: OpenFunction): Promise<RemoteFunction> {
    await loadPlainValues()
    const functionId = this.#nextFunctionId++
    const opened: OpenedFunction = { request, waiting: [], parts: [], sequence: 0, failed: false }
    this.#functions.set(functionId, opened)
    const { jobName, taskName, parallelism, maxParallelism, attempt, keyed, restored, operators } = request
    const body = {
      version: CHANNEL_VERSION,
      jobName,
      taskName,
      parallelism,
      maxParallelism,
      attempt,
      keyed,
      operators,
    }
    const address = this.#address(functionId, opened)
    let nextTimerMs: number | null
    try {
      if (restored !== null)
        for (const part of encodeState(restored)) this.#stream.write(encodeFrame(frameTypes.RESTORE, address, part))
      const frame = encodeFrame(frameTypes.OPEN, address, Buffer.from(JSON.stringify(body)))
      nextTimerMs = decodeOpened(await this.#call(opened, null, false, frame))
    } catch (error) {
      this.#functions.delete(functionId)
      throw error
    }
    const columns = { timestamps: request.timestamps, keys: keyed }
    let closed: Promise<void> | null = null
    return {
      nextTimerMs,
      process: (bundle, leavesOut = false) =>
        this.#result(
          functionId,
          opened,
          bundle,
          (address, sent) => encodeBundle(address, sent ?? bundle, columns),
          leavesOut,
        ),
      advanceWatermark: timestampMs => this.#time(functionId, opened, frameTypes.WATERMARK, timestampMs),
      advanceProcessingTime: nowMs => this.#time(functionId, opened, frameTypes.PROCESSING_TIME, nowMs),
      snapshot: checkpointId => this.#snapshot(functionId, opened, checkpointId),
      close: () => (closed ??= this.#close(functionId, opened)),
    }
  }

  /** Ends the channel, upon which the other side exits. */
  close(): void {
    this.#stream.end()
    this.#stream.destroy()
  }

  async #result(
    functionId: number,
    opened: OpenedFunction,
    bundle: RecordBatch | null,
    encode: (address: FrameAddress, bundle: RecordBatch | null) => Buffer,
    leavesOut = false,
  ): Promise<FunctionResult> {
    // The host drops the calls after a failed call. A call that waited would take the answer to CLOSE.
    if (opened.failed) throw new BridgeError('ILLEGAL_STATE', 'an earlier bundle failed')
    const address = { ...this.#address(functionId, opened), sequence: opened.sequence }
    let sent = bundle
    let left: readonly PoisonedInput[] = []
    let frame: Buffer
    try {
      frame = encode(address, bundle)
    } catch (error) {
      if (!leavesOut || bundle === null || !isUnpicklable(error)) throw uncarried(error, opened.request, bundle)
      // There is no `await` before the frame is sent, so that bundles stay in their order.
      left = unpicklable(bundle)
      sent = without(bundle, left)
      frame = encode(address, sent)
    }
    opened.sequence++
    const result = decodeResult(await this.#call(opened, sent, true, frame), sent)
    return left.length === 0 ? result : { ...result, poisoned: merged(bundle!.count, left, result.poisoned ?? []) }
  }

  #time(functionId: number, opened: OpenedFunction, type: 11 | 12, timestampMs: number): Promise<FunctionResult> {
    const body = Buffer.alloc(8)
    body.writeDoubleLE(timestampMs)
    return this.#result(functionId, opened, null, address => encodeFrame(type, address, body))
  }

  async #snapshot(functionId: number, opened: OpenedFunction, checkpointId: number): Promise<KeyedState> {
    if (opened.failed) throw new BridgeError('ILLEGAL_STATE', 'an earlier bundle failed')
    const address = { ...this.#address(functionId, opened), sequence: checkpointId % 2 ** 32 }
    const { body } = await this.#call(opened, null, true, encodeFrame(frameTypes.SNAPSHOT, address))
    return decodeState([...opened.parts.splice(0), body], 'pickle')
  }

  async #close(functionId: number, opened: OpenedFunction): Promise<void> {
    if (this.#ended !== null) return
    try {
      await this.#call(opened, null, false, encodeFrame(frameTypes.CLOSE, this.#address(functionId, opened)))
    } finally {
      this.#functions.delete(functionId)
    }
  }

  #address(functionId: number, { request }: OpenedFunction): FrameAddress {
    return { functionId, subtask: request.subtask, sequence: 0 }
  }

  #call(opened: OpenedFunction, bundle: RecordBatch | null, dropped: boolean, frame: Buffer): Promise<Frame> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      opened.waiting.push({ bundle, dropped, resolve, reject })
      // There is no need to wait for 'drain', because credits bound the bundles in flight.
      this.#stream.write(frame)
    })
  }

  #handle(frame: Frame): void {
    const opened = this.#functions.get(frame.functionId)
    if (frame.type === frameTypes.SNAPSHOTTED && frame.count > 0) {
      opened?.parts.push(frame.body)
      return
    }
    const waiting = opened?.waiting.shift()
    if (opened === undefined || waiting === undefined)
      throw new BridgeError(
        'PROTOCOL_VIOLATED',
        `An answer (frame type ${frame.type}) on the function channel belongs to no call.`,
      )
    if (frame.type !== frameTypes.FAILED) {
      waiting.resolve(frame)
      return
    }
    waiting.reject(failureOf(frame, opened.request, waiting.bundle))
    // After a failure the host answers only CLOSE. It drops the calls that were in flight.
    if (!waiting.dropped) return
    opened.failed = true
    for (const other of opened.waiting.splice(0)) {
      if (!other.dropped) opened.waiting.push(other)
      else other.reject(new BridgeError('ILLEGAL_STATE', 'an earlier bundle failed'))
    }
  }

  #end(error: Error): void {
    if (this.#ended !== null) return
    this.#ended = error
    for (const { waiting } of this.#functions.values()) for (const { reject } of waiting.splice(0)) reject(error)
  }
}
