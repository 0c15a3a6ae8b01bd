/** At the door of one engine: asks it, hears how its jobs end. Every question has a deadline, or ends when the engine does. */
import net from 'node:net'

import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'
import type { MessageConnection } from 'vscode-jsonrpc/node'

import { PROTOCOL_VERSION } from '../../core/control/control-protocol.ts'
import type { FinishedNotification, JobListResult } from '../../core/control/control-protocol.ts'
import { BridgeError, fromWireError } from '../../core/foundation/errors.ts'
import type { WireError } from '../../core/foundation/errors.ts'
import { buildHash, engineVersion } from '../build-info.ts'
import { Signal } from '../../core/foundation/signal.ts'

/** For what is answered at once by an engine whose event loop turns. */
const ANSWER_MS = 3000
const ENTRIES = 5

export class Visitor {
  readonly pid: number
  readonly #socket: net.Socket
  readonly #connection: MessageConnection
  readonly #finished = new Map<string, FinishedNotification>()
  readonly #changed = new Signal()
  /** Resolves when the engine has hung up. */
  readonly #gone: Promise<void>
  #isGone = false

  private constructor(pid: number, socket: net.Socket) {
    this.pid = pid
    this.#socket = socket
    this.#connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket))
    this.#connection.onNotification('job/finished', (word: FinishedNotification) => {
      this.#finished.set(word.jobId, word)
      this.#changed.notify()
    })
    this.#connection.onError(() => undefined)
    this.#gone = new Promise(resolve =>
      socket.once('close', () => {
        this.#isGone = true
        this.#changed.notify()
        resolve()
      }),
    )
    this.#connection.listen()
  }

  /** @throws Error of the socket (`code`), BridgeError where nobody answers or the protocol is another */
  static async enter(pid: number, socketPath: string): Promise<Visitor> {
    for (let attempt = 1; ; attempt++) {
      const visitor = await Visitor.#connect(pid, socketPath)
      try {
        await visitor.ask('initialize', {
          protocolVersion: PROTOCOL_VERSION,
          clientName: 'shardline-cli',
          clientVersion: engineVersion,
          clientPid: null,
          buildHash,
        })
        return visitor
      } catch (error) {
        visitor.leave()
        // The engine hangs up on idle clients when too many come at once, and this one may have been such a client.
        if (attempt === ENTRIES || !visitor.#isGone) throw error
      }
    }
  }

  static async #connect(pid: number, socketPath: string): Promise<Visitor> {
    const socket = net.connect(socketPath)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    socket.on('error', () => undefined)
    return new Visitor(pid, socket)
  }

  jobs(): Promise<JobListResult> {
    return this.ask('job/list', {})
  }

  /** `patient`: it takes as long as it takes; only the engine's end ends it. @throws the engine's error */
  async ask<R>(method: string, params: object, patient = false): Promise<R> {
    const answer = this.#connection.sendRequest<R>(method, params)
    answer.catch(() => undefined)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      if (!patient)
        timer = setTimeout(
          () => reject(new BridgeError('ILLEGAL_STATE', `Process ${this.pid} does not answer.`)),
          ANSWER_MS,
        )
    })
    const gone = this.#gone.then(() => {
      throw new BridgeError('ILLEGAL_STATE', `Process ${this.pid} ended before it answered.`)
    })
    late.catch(() => undefined)
    gone.catch(() => undefined)
    try {
      return await Promise.race([answer, late, gone])
    } catch (error) {
      const { data } = error as { data?: WireError }
      throw data === undefined ? error : fromWireError(data)
    } finally {
      clearTimeout(timer)
    }
  }

  /** How the job ended; null: the engine went without a word. */
  async finished(jobId: string): Promise<FinishedNotification | null> {
    for (;;) {
      const word = this.#finished.get(jobId)
      if (word !== undefined || this.#isGone) return word ?? null
      await this.#changed.wait()
    }
  }

  leave(): void {
    this.#connection.dispose()
    this.#socket.destroy()
  }
}
