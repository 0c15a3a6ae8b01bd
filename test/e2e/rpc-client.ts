/** A client of `shardline rpc` as any language would write one: frames by hand, nothing of ours or of a JSON-RPC library. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const engine = fileURLToPath(new URL('../../engine/shardline.mjs', import.meta.url))

/** Whatever came: tests look into it freely. */
export type Message = ReturnType<typeof JSON.parse>

export interface Teardown {
  teardown(end: () => unknown): void
}

export class RpcClient {
  readonly process: ChildProcess
  readonly messages: Message[] = []
  /** Exit code and signal, once it has ended and its output is read. */
  readonly ended: Promise<[number | null, string | null]>
  stderr = ''
  #buffer = Buffer.alloc(0)
  #nextId = 1
  #changed: () => void = () => undefined

  constructor(t: Teardown, env: Readonly<Record<string, string>> = {}) {
    this.process = spawn(process.execPath, [engine, 'rpc'], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.ended = once(this.process, 'close') as Promise<[number | null, string | null]>
    this.process.stdin!.on('error', () => undefined) // an engine that is gone reads no more
    this.process.stdout!.on('data', (chunk: Buffer) => this.#read(chunk))
    this.process.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    void this.ended.then(() => this.#changed())
    t.teardown(async () => {
      this.process.kill('SIGKILL')
      await this.ended
    })
  }

  /** The answer, with `result` or `error`. */
  async request(method: string, params: unknown): Promise<Message> {
    const id = this.#nextId++
    this.send({ jsonrpc: '2.0', id, method, params })
    return this.until(m => m.id === id && m.method === undefined)
  }

  async initialize(clientPid: number | null = process.pid): Promise<Message> {
    const params = { protocolVersion: 1, clientName: 'test', clientVersion: '1', clientPid, buildHash: null }
    return this.request('initialize', params)
  }

  notify(method: string, params?: unknown): void {
    this.send({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) })
  }

  send(message: unknown): void {
    this.sendText(JSON.stringify(message))
  }

  sendText(text: string): void {
    this.process.stdin!.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }

  /** The first message that fits, old or still to come. @throws when the engine ends without it */
  async until(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found: Message = this.messages.find(fits)
      if (found !== undefined) return found
      const { exitCode, signalCode } = this.process
      if (exitCode !== null || signalCode !== null)
        throw new Error(`the engine ended with ${String(exitCode ?? signalCode)}\n${this.stderr}`)
      await new Promise<void>(resolve => (this.#changed = resolve))
    }
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    for (;;) {
      const end = this.#buffer.indexOf('\r\n\r\n')
      if (end < 0) return
      const header = this.#buffer.toString('latin1', 0, end)
      const length = Number(/^Content-Length: (\d+)$/im.exec(header)?.[1])
      if (Number.isNaN(length)) throw new Error(`stdout carries something that is no frame: ${header}`)
      if (this.#buffer.length < end + 4 + length) return
      this.messages.push(JSON.parse(this.#buffer.toString('utf8', end + 4, end + 4 + length)))
      this.#buffer = this.#buffer.subarray(end + 4 + length)
      this.#changed()
    }
  }
}
