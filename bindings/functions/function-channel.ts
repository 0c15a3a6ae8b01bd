/**
 * The engine's end of a function channel: opens chains of functions in the other process, sends bundles, matches answers.
 * When the channel ends, everything that waits fails with what ended it; nothing hangs.
 */
import type { Duplex } from 'node:stream'

import { BridgeError } from '../../core/errors.ts'
import { functionError } from '../../core/operators/function-error.ts'
import type { OpenFunction, RemoteFunction } from '../../core/operators/function-runtime.ts'
import type { RecordBatch } from '../../core/record-batch/record-batch.ts'
import { decodeResult, encodeBundle, encodeFrame, frameTypes } from './frame.ts'
import type { Frame } from './frame.ts'
import { FrameReader } from './frame-reader.ts'

interface Waiting {
  readonly bundle: RecordBatch | null
  readonly resolve: (frame: Frame) => void
  readonly reject: (error: unknown) => void
}

interface OpenedFunction {
  readonly request: OpenFunction
  /** Answers come in the order of the frames. */
  readonly waiting: Waiting[]
  sequence: number
  failed: boolean
}

interface FailedBody {
  readonly errorType: string
  readonly message: string
  readonly traceback: string | null
  readonly operatorName: string | null
  readonly index: number | null
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
    const functionId = this.#nextFunctionId++
    const opened: OpenedFunction = { request, waiting: [], sequence: 0, failed: false }
    this.#functions.set(functionId, opened)
    const { jobName, taskName, parallelism, maxParallelism, attempt, operators } = request
    const body = { jobName, taskName, parallelism, maxParallelism, attempt, restoredState: null, operators }
    const frame = encodeFrame(frameTypes.OPEN, this.#address(functionId, opened), Buffer.from(JSON.stringify(body)))
    try {
      await this.#call(opened, null, frame)
    } catch (error) {
      this.#functions.delete(functionId)
      throw error
    }
    let closed: Promise<void> | null = null
    return {
      process: async bundle => {
        // The host drops what comes after a bundle that failed: waiting for it would take the answer of the CLOSE.
        if (opened.failed) throw new BridgeError('ILLEGAL_STATE', 'an earlier bundle failed')
        const frame = encodeBundle({ ...this.#address(functionId, opened), sequence: opened.sequence++ }, bundle)
        return decodeResult(await this.#call(opened, bundle, frame), bundle)
      },
      close: () => (closed ??= this.#close(functionId, opened)),
    }
  }

  /** Ends the channel: the other side exits. */
  close(): void {
    this.#stream.end()
    this.#stream.destroy()
  }

  async #close(functionId: number, opened: OpenedFunction): Promise<void> {
    if (this.#ended !== null) return
    try {
      await this.#call(opened, null, encodeFrame(frameTypes.CLOSE, this.#address(functionId, opened)))
    } finally {
      this.#functions.delete(functionId)
    }
  }

  #address(functionId: number, { request }: OpenedFunction): { functionId: number; subtask: number; sequence: number } {
    return { functionId, subtask: request.subtask, sequence: 0 }
  }

  #call(opened: OpenedFunction, bundle: RecordBatch | null, frame: Buffer): Promise<Frame> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      opened.waiting.push({ bundle, resolve, reject })
      // Not waiting for 'drain' is safe: credits bound what is under way.
      this.#stream.write(frame)
    })
  }

  #handle(frame: Frame): void {
    const opened = this.#functions.get(frame.functionId)
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
    // After a failure the host answers none of the bundles that were on their way; only CLOSE is still answered.
    if (waiting.bundle === null) return
    opened.failed = true
    for (const dropped of opened.waiting.splice(0)) {
      if (dropped.bundle === null) opened.waiting.push(dropped)
      else dropped.reject(new BridgeError('ILLEGAL_STATE', 'an earlier bundle failed'))
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
    const { errorType, message, traceback, operatorName, index } = body
    const known = index !== null && bundle !== null && index >= 0 && index < bundle.count
    return functionError(
      { operatorName: operatorName ?? request.taskName, errorType, message, traceback, index: known ? index : null },
      bundle,
    )
  }

  #end(error: Error): void {
    if (this.#ended !== null) return
    this.#ended = error
    for (const { waiting } of this.#functions.values()) for (const { reject } of waiting.splice(0)) reject(error)
  }
}
