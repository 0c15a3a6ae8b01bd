/**
 * A client of the control socket of one engine: sends requests and receives the notifications of ended jobs. A request has a
 * deadline, unless its caller waits until the engine answers or ends.
 */
import net from 'node:net'

import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'
import type { MessageConnection } from 'vscode-jsonrpc/node'

import { PROTOCOL_VERSION } from '../../core/control/control-protocol.ts'
import type { FinishedNotification, JobListResult } from '../../core/control/control-protocol.ts'
import { BridgeError, fromWireError } from '../../core/foundation/errors.ts'
import type { WireError } from '../../core/foundation/errors.ts'
import { buildHash, engineVersion } from '../build-info.ts'

/** The deadline of requests that a responsive engine answers at once. */
const ANSWER_MS = 3000
const MAX_CONNECT_ATTEMPTS = 5

export class ControlClient {
  readonly pid: number
  readonly #socket: net.Socket
  readonly #connection: MessageConnection
  readonly #finished = new Map<string, FinishedNotification>()
  #wake: () => void = () => undefined
  /** Resolves when the connection is closed. */
  readonly #closed: Promise<void>
  #isClosed = false

  private constructor(pid: number, socket: net.Socket) {
    this.pid = pid
    this.#socket = socket
    this.#connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket))
    this.#connection.onNotification('job/finished', (finished: FinishedNotification) => {
      this.#finished.set(finished.jobId, finished)
      this.#wake()
    })
    this.#connection.onError(() => undefined)
    this.#closed = new Promise(resolve =>
      socket.once('close', () => {
        this.#isClosed = true
        this.#wake()
        resolve()
      }),
    )
    this.#connection.listen()
  }

  /** @throws Error of the socket (`code`); BridgeError if the engine does not answer or has another protocol version */
  static async connect(pid: number, socketPath: string): Promise<ControlClient> {
    for (let attempt = 1; ; attempt++) {
      const client = await ControlClient.#open(pid, socketPath)
      try {
        await client.ask('initialize', {
          protocolVersion: PROTOCOL_VERSION,
          clientName: 'shardline-cli',
          clientVersion: engineVersion,
          clientPid: null,
          buildHash,
        })
        return client
      } catch (error) {
        client.close()
        // When too many clients connect, the engine closes idle connections. This connection may have been one of them.
        if (attempt === MAX_CONNECT_ATTEMPTS || !client.#isClosed) throw error
      }
    }
  }

  static async #open(pid: number, socketPath: string): Promise<ControlClient> {
    const socket = net.connect(socketPath)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    socket.on('error', () => undefined)
    return new ControlClient(pid, socket)
  }

  jobs(): Promise<JobListResult> {
    return this.ask('job/list', {})
  }

  /** @param patient waits without a deadline, until the engine answers or ends @throws the engine's error */
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
    const closed = this.#closed.then(() => {
      throw new BridgeError('ILLEGAL_STATE', `Process ${this.pid} ended before it answered.`)
    })
    late.catch(() => undefined)
    closed.catch(() => undefined)
    try {
      return await Promise.race([answer, late, closed])
    } catch (error) {
      const { data } = error as { data?: WireError }
      throw data === undefined ? error : fromWireError(data)
    } finally {
      clearTimeout(timer)
    }
  }

  /** How the job ended. `null` when the engine ended without the notification. */
  async finished(jobId: string): Promise<FinishedNotification | null> {
    for (;;) {
      const finished = this.#finished.get(jobId)
      if (finished !== undefined || this.#isClosed) return finished ?? null
      await new Promise<void>(resolve => (this.#wake = resolve))
    }
  }

  close(): void {
    this.#connection.dispose()
    this.#socket.destroy()
  }
}
