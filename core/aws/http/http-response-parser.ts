/**
 * Reads one HTTP/1.1 answer after the other from the bytes of a connection (RFC 9112). A body of known length, which is what
 * the service sends, is received in place: it becomes the slab of a batch and is copied once. No pipelining: bytes after an
 * answer are an error.
 */
export interface HttpAnswer {
  readonly status: number
  /** Names are in lower case. A repeated header has its last value. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** The connection may carry another request. */
  readonly keepAlive: boolean
}

/** The largest answer is 10 MiB of data in base64, and its framing. */
const MAX_BODY_BYTES = 64 * 1024 * 1024
const MAX_HEAD_BYTES = 64 * 1024
const HEAD_END = Buffer.from('\r\n\r\n')
const EMPTY = Buffer.alloc(0)

interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly keepAlive: boolean
}

type State =
  | { readonly type: 'head' }
  | { readonly type: 'sized'; readonly head: Head; readonly body: Buffer }
  | { readonly type: 'chunked'; readonly head: Head }
  | { readonly type: 'until-close'; readonly head: Head }

export class HttpResponseParser {
  #state: State = { type: 'head' }
  /** Bytes that were received and not consumed yet: an incomplete head, or chunks. */
  #kept: Buffer = EMPTY
  /** Bytes of a sized body that were received. */
  #received = 0

  /** True between the first byte of an answer and its last. */
  get busy(): boolean {
    return this.#state.type !== 'head' || this.#kept.length > 0
  }

  /** Takes bytes, which may be overwritten after the call. Returns the answer when it is complete. @throws Error for invalid HTTP */
  push(bytes: Buffer): HttpAnswer | null {
    let rest = bytes
    if (this.#state.type === 'head') {
      const begun = this.#readHead(rest)
      if (begun === null) return null
      rest = begun
    }
    const state = this.#state
    switch (state.type) {
      case 'head':
        return null
      case 'sized':
        return this.#readSized(state, rest)
      case 'chunked':
        this.#keep(rest)
        return this.#readChunks(state)
      case 'until-close':
        this.#keep(rest)
        return null
    }
  }

  /** Called at the end of the connection. Returns the answer if the end of the connection completes it. */
  end(): HttpAnswer | null {
    if (this.#state.type !== 'until-close') return null
    return this.#finish(this.#state.head, this.#kept)
  }

  /** The bytes after the head, or `null` while the head is incomplete. */
  #readHead(bytes: Buffer): Buffer | null {
    const all = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes])
    const end = all.indexOf(HEAD_END)
    if (end < 0) {
      if (all.length > MAX_HEAD_BYTES) throw new Error(`the head of an answer is longer than ${MAX_HEAD_BYTES} bytes`)
      this.#kept = Buffer.from(all)
      return null
    }
    this.#kept = EMPTY
    const head = parseHead(all.latin1Slice(0, end))
    const rest = all.subarray(end + HEAD_END.length)
    // 100 Continue and similar responses precede the answer.
    if (head.status < 200) return this.#readHead(rest)
    this.#state = bodyOf(head)
    this.#received = 0
    return rest
  }

  #readSized(state: Extract<State, { type: 'sized' }>, bytes: Buffer): HttpAnswer | null {
    const { body, head } = state
    if (this.#received + bytes.length > body.length) throw new Error('an answer is longer than it said')
    bytes.copy(body, this.#received)
    this.#received += bytes.length
    return this.#received === body.length ? this.#finish(head, body) : null
  }

  #readChunks(state: Extract<State, { type: 'chunked' }>): HttpAnswer | null {
    const parts: Buffer[] = []
    for (let at = 0; ;) {
      const lineEnd = this.#kept.indexOf('\r\n', at)
      if (lineEnd < 0) return null
      const size = Number.parseInt(this.#kept.latin1Slice(at, lineEnd), 16)
      if (!(size >= 0 && size <= MAX_BODY_BYTES)) throw new Error('a chunk has no size')
      const from = lineEnd + 2
      if (size === 0) {
        const trailersEnd = this.#kept.indexOf(this.#kept.indexOf('\r\n', from) === from ? '\r\n' : HEAD_END, from)
        return trailersEnd < 0 ? null : this.#finish(state.head, Buffer.concat(parts))
      }
      if (from + size + 2 > this.#kept.length) return null
      parts.push(this.#kept.subarray(from, from + size))
      at = from + size + 2
    }
  }

  #finish({ status, headers, keepAlive }: Head, body: Buffer): HttpAnswer {
    const ended = this.#state.type === 'until-close'
    this.#state = { type: 'head' }
    this.#kept = EMPTY
    return { status, headers, body, keepAlive: keepAlive && !ended }
  }

  #keep(bytes: Buffer): void {
    this.#kept = Buffer.concat([this.#kept, bytes])
    if (this.#kept.length > MAX_BODY_BYTES) throw new Error(`an answer is longer than ${MAX_BODY_BYTES} bytes`)
  }
}

function parseHead(text: string): Head {
  const lines = text.split('\r\n')
  const status = /^HTTP\/1\.([01]) (\d{3})/.exec(lines[0]!)
  if (status === null) throw new Error('the answer is not HTTP')
  const headers: Record<string, string> = {}
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!
    const colon = line.indexOf(':')
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const connection = headers['connection']?.toLowerCase()
  return {
    status: Number(status[2]),
    headers,
    keepAlive: status[1] === '1' ? connection !== 'close' : connection === 'keep-alive',
  }
}

function bodyOf(head: Head): State {
  if (/\bchunked\b/i.test(head.headers['transfer-encoding'] ?? '')) return { type: 'chunked', head }
  const declared = head.headers['content-length']
  if (declared === undefined && head.status !== 204 && head.status !== 304) return { type: 'until-close', head }
  const length = Number(declared ?? 0)
  if (!Number.isInteger(length) || length < 0 || length > MAX_BODY_BYTES)
    throw new Error(`an answer of '${declared ?? ''}' bytes is over the limit of ${MAX_BODY_BYTES}`)
  return { type: 'sized', head, body: Buffer.allocUnsafeSlow(length) }
}
