/**
 * One connection to the control socket. It implements JSON-RPC 2.0 without a library, so that a job in a plain Node program
 * needs none. It answers requests and ignores notifications. The end of a connection ends neither jobs nor other connections.
 */
import type net from 'node:net'

import { BridgeError, messageOf } from '../foundation/errors.ts'
import { encodeFrame, FrameDecoder } from './frames.ts'
import type { RequestHandlers } from './job-requests.ts'
import {
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  NOT_INITIALIZED,
  PARSE_ERROR,
  PROTOCOL_VERSION,
} from './control-protocol.ts'
import type { InitializeParams, InitializeResult } from './control-protocol.ts'
import { toRpcError } from './rpc-error.ts'

/** The size limit of one request. */
export const MAX_REQUEST_BYTES = 1024 * 1024

export interface EngineBuild {
  readonly engineVersion: string
  readonly buildHash: string | null
}

interface Request {
  readonly jsonrpc: '2.0'
  readonly id?: number | string | null
  readonly method: string
  readonly params?: unknown
}

type Answer =
  { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string; data?: unknown } }

export class ControlConnection {
  readonly #socket: net.Socket
  readonly #handlers: RequestHandlers
  readonly #build: EngineBuild
  readonly #frames = new FrameDecoder(MAX_REQUEST_BYTES)
  #initialized = false
  /** The number of requests that have no answer yet. */
  #requests = 0
  #idleSinceMs = performance.now()

  constructor(socket: net.Socket, handlers: RequestHandlers, build: EngineBuild) {
    this.#socket = socket
    this.#handlers = handlers
    this.#build = build
    socket.unref()
    socket.on('error', () => socket.destroy())
    socket.on('data', chunk => this.#read(chunk))
  }

  /** The monotonic time at which the last request was answered. `null` while a request has no answer. */
  get idleSinceMs(): number | null {
    return this.#requests > 0 ? null : this.#idleSinceMs
  }

  close(): void {
    this.#socket.destroy()
  }

  notify(method: string, params: object): void {
    if (this.#initialized) this.#send({ jsonrpc: '2.0', method, params })
  }

  #read(chunk: Buffer): void {
    try {
      for (const body of this.#frames.push(chunk)) void this.#receive(body)
    } catch (error) {
      this.#refuse(PARSE_ERROR, messageOf(error))
      this.#socket.end()
    }
  }

  async #receive(body: Buffer): Promise<void> {
    let request: unknown
    try {
      request = JSON.parse(body.toString('utf8'))
    } catch (error) {
      this.#refuse(PARSE_ERROR, `The message is not JSON: ${messageOf(error)}.`)
      return
    }
    if (!isRequest(request)) {
      this.#refuse(INVALID_REQUEST, "A message must be an object with 'jsonrpc': '2.0' and a 'method'.")
      return
    }
    const { id, method, params } = request
    if (id === undefined || id === null) return
    this.#requests++
    try {
      this.#send({ jsonrpc: '2.0', id, ...(await this.#answer(method, params)) })
    } finally {
      this.#requests--
      this.#idleSinceMs = performance.now()
    }
  }

  async #answer(method: string, params: unknown): Promise<Answer> {
    const known = Object.hasOwn(this.#handlers, method) ? this.#handlers[method] : undefined
    const handler = method === 'initialize' ? this.#initialize : known
    if (handler === undefined) return failure(METHOD_NOT_FOUND, `The control socket has no method '${method}'.`)
    if (!this.#initialized && method !== 'initialize')
      return failure(NOT_INITIALIZED, `'${method}' was sent before 'initialize'.`)
    if (typeof params !== 'object' || params === null)
      return failure(INVALID_PARAMS, `'${method}' takes an object of named parameters.`)
    try {
      return { result: await handler(params as never) }
    } catch (error) {
      return { error: toRpcError(error) }
    }
  }

  readonly #initialize = ({ protocolVersion }: InitializeParams): InitializeResult => {
    if (protocolVersion !== PROTOCOL_VERSION)
      throw new BridgeError(
        'STALE_BUILD',
        `The client speaks protocol version ${String(protocolVersion)}, this engine ${PROTOCOL_VERSION}. Use the command of the release that runs the job.`,
      )
    this.#initialized = true
    return {
      protocolVersion: PROTOCOL_VERSION,
      ...this.#build,
      nodeVersion: process.versions.node,
      capabilities: ['door'],
      limits: { maxMessageBytes: MAX_REQUEST_BYTES, maxFrameBytes: 0 },
    }
  }

  #refuse(code: number, message: string): void {
    this.#send({ jsonrpc: '2.0', id: null, error: { code, message } })
  }

  #send(message: object): void {
    if (this.#socket.writable) this.#socket.write(encodeFrame(message))
  }
}

const failure = (code: number, message: string): Answer => ({ error: { code, message } })

function isRequest(value: unknown): value is Request {
  if (typeof value !== 'object' || value === null) return false
  const { jsonrpc, method } = value as { jsonrpc?: unknown; method?: unknown }
  return jsonrpc === '2.0' && typeof method === 'string'
}
