/**
 * The engine's end of a function channel: opens chains of functions in the other process, sends bundles, matches answers.
 * When the channel ends, everything that waits fails with what ended it; nothing hangs.
 */
import type { Duplex } from 'node:stream'

import { BridgeError, CheckpointError } from '../../core/foundation/errors.ts'
import { functionError } from '../../core/operators/functions/function-error.ts'
import type {
  FunctionResult,
  OpenFunction,
  PoisonedInput,
  RemoteFunction,
} from '../../core/operators/function-runtime.ts'
import type { KeyedState } from '../../core/operators/keyed-state/keyed-state.ts'
import type { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { loadPlainValues, unpicklable } from './plain-values.ts'
import { decodeOpened, decodeResult, encodeBundle, encodeFrame, frameTypes } from './frame.ts'
import type { Frame, FrameAddress } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { decodeState, encodeState } from './state-body.ts'

/** Of what travels in the frames; a host of another version refuses to open. */
export const CHANNEL_VERSION = 5

interface Waiting {
  readonly bundle: RecordBatch | null
  /** No answer comes to it once an earlier call has failed. */
  readonly dropped: boolean
  readonly resolve: (frame: Frame) => void
  readonly reject: (error: unknown) => void
}

interface OpenedFunction {
  readonly request: OpenFunction
  /** Answers come in the order of the frames. */
  readonly waiting: Waiting[]
  /** Parts of a snapshot whose last one is still to come. */
  readonly parts: Buffer[]
  sequence: number
  failed: boolean
}

interface FailedBody {
  readonly errorType: string
  readonly message: string
  readonly traceback: string | null
  readonly operatorName: string | null
  readonly index: number | null
  /** The value that the function got, as a message shows it. */
  readonly value?: string | null
}

export class FunctionChannel {
  readonly #stream: Duplex
  readonly #functions = new Map<number, OpenedFunction>()
  #nextFunctionId = 1
  #ended: Error | null = null

  /** `lost` makes the error of everything that waits when the channel ends. */
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

  /** Ends the channel: the other side exits. */
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
    // The host drops what comes after a call that failed: waiting for it would take the answer of the CLOSE.
    if (opened.failed) throw new BridgeError('ILLEGAL_STATE', 'an earlier bundle failed')
    const address = { ...this.#address(functionId, opened), sequence: opened.sequence }
    let sent = bundle
    let left: readonly PoisonedInput[] = []
    let frame: Buffer
    try {
      frame = encode(address, bundle)
    } catch (error) {
      if (!leavesOut || bundle === null || !isUnpicklable(error)) throw uncarried(error, opened.request, bundle)
      // At once, so that bundles stay in their order.
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
      // Not waiting for 'drain' is safe: credits bound what is under way.
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
        `An answer (frame type ${frame.type}) on the function channel that nobody waits for.`,
      )
    if (frame.type !== frameTypes.FAILED) {
      waiting.resolve(frame)
      return
    }
    waiting.reject(this.#failure(frame, opened, waiting.bundle))
    // After a failure the host answers nothing that was on its way; only CLOSE is still answered.
    if (!waiting.dropped) return
    opened.failed = true
    for (const other of opened.waiting.splice(0)) {
      if (!other.dropped) opened.waiting.push(other)
      else other.reject(new BridgeError('ILLEGAL_STATE', 'an earlier bundle failed'))
    }
  }

  #failure(frame: Frame, { request }: OpenedFunction, bundle: RecordBatch | null): Error {
    let body: FailedBody
    try {
      body = JSON.parse(frame.body.toString('utf8')) as FailedBody
    } catch (cause) {
      return new BridgeError('PROTOCOL_VIOLATED', 'A FAILED frame on the function channel does not hold JSON.', {
        cause,
      })
    }
    const { errorType, message, traceback, operatorName, index, value = null } = body
    if (errorType === STATE_MIGRATION) return unrestorable(request, message)
    const known = index !== null && bundle !== null && index >= 0 && index < bundle.count
    return functionError(
      {
        operatorName: operatorName ?? request.taskName,
        errorType,
        message,
        traceback,
        index: known ? index : null,
        value,
      },
      bundle,
    )
  }

  #end(error: Error): void {
    if (this.#ended !== null) return
    this.#ended = error
    for (const { waiting } of this.#functions.values()) for (const { reject } of waiting.splice(0)) reject(error)
  }
}

function without(bundle: RecordBatch, left: readonly PoisonedInput[]): RecordBatch {
  return bundle.select(indicesWithout(bundle.count, left))
}

function indicesWithout(count: number, left: readonly PoisonedInput[]): Uint32Array {
  const gone = new Set(left.map(input => input.i))
  return Uint32Array.from(Array.from({ length: count }, (_, i) => i).filter(i => !gone.has(i)))
}

/** `poisoned` are inputs of what was sent, which was a bundle of `count` without those that were left out. */
function merged(count: number, left: readonly PoisonedInput[], poisoned: readonly PoisonedInput[]): PoisonedInput[] {
  const sent = indicesWithout(count, left)
  return [...left, ...poisoned.map(({ i, message }) => ({ i: sent[i]!, message }))].sort((a, b) => a.i - b.i)
}

function isUnpicklable(error: unknown): boolean {
  return error instanceof Error && error.name === 'UnpicklableValue'
}

/** The host's error for a state whose type differs from the checkpoint's. Restarting the job cannot help. */
const STATE_MIGRATION = 'StateMigrationException'

function unrestorable({ operators, taskName }: OpenFunction, message: string): CheckpointError {
  const [first] = operators
  const name = `'${first?.name ?? taskName}'${first?.uid == null ? '' : ` (uid ${first.uid})`}`
  return new CheckpointError('CHECKPOINT_UNREADABLE', `The state of ${name} cannot be restored: ${message}`)
}

/** Of a value that Python has nothing for: it is named by its record. */
function uncarried(error: unknown, { operators, taskName }: OpenFunction, bundle: RecordBatch | null): unknown {
  if (!isUnpicklable(error)) return error
  const { index, message } = error as Error & { readonly index: number }
  const operatorName = operators[0]?.name ?? taskName
  return functionError({ operatorName, errorType: 'RangeError', message, traceback: null, index }, bundle, error)
}
