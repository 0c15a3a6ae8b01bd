/**
 * HTTP/1.1 with keep-alive: one POST, one body. HTTP/2 brings nothing for these calls (measured slower), and the SDK's
 * default handler opens a session per request.
 */
import http from 'node:http'
import https from 'node:https'

export interface HttpAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

export interface TransportOptions {
  readonly endpoint: URL
  readonly maxConnections: number
  readonly readTimeoutMs: number
  readonly trustAllCertificates: boolean
}

/** The largest answer is 10 MiB of data in base64 and its framing. */
const MAX_BODY_BYTES = 64 * 1024 * 1024

export class HttpTransport {
  readonly #request: (options: http.RequestOptions) => http.ClientRequest
  readonly #agent: http.Agent
  readonly #options: TransportOptions
  readonly #inFlight = new Set<http.ClientRequest>()
  #closed = false

  constructor(options: TransportOptions) {
    this.#options = options
    const agentOptions = {
      keepAlive: true,
      maxSockets: options.maxConnections,
      noDelay: true,
      scheduling: 'lifo' as const,
    }
    if (options.endpoint.protocol === 'https:') {
      this.#agent = new https.Agent({ ...agentOptions, rejectUnauthorized: !options.trustAllCertificates })
      this.#request = o => https.request(o)
    } else {
      this.#agent = new http.Agent(agentOptions)
      this.#request = o => http.request(o)
    }
  }

  post(headers: Record<string, string>, body: Uint8Array): Promise<HttpAnswer> {
    const { endpoint, readTimeoutMs } = this.#options
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Error('the client is closed'))
      const request = this.#request({
        method: 'POST',
        host: endpoint.hostname.replace(/^\[|\]$/g, ''),
        port: endpoint.port || undefined,
        path: endpoint.pathname,
        headers,
        agent: this.#agent,
        timeout: readTimeoutMs,
      })
      this.#inFlight.add(request)
      request.once('close', () => this.#inFlight.delete(request))
      request.on('error', reject)
      request.on('timeout', () => request.destroy(new Error(`no answer for ${readTimeoutMs} ms`)))
      request.on('response', response => {
        response.on('error', reject)
        collect(
          response,
          body => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          reject,
        )
      })
      request.end(body)
    })
  }

  /** Ends what is under way: pending posts reject. */
  close(): void {
    this.#closed = true
    for (const request of this.#inFlight) request.destroy(new Error('the client was closed'))
    this.#agent.destroy()
  }
}

function collect(response: http.IncomingMessage, done: (body: Buffer) => void, fail: (error: Error) => void): void {
  const declared = Number(response.headers['content-length'] ?? -1)
  if (declared > MAX_BODY_BYTES) {
    response.destroy()
    return fail(new Error(`an answer of ${declared} bytes is over the limit of ${MAX_BODY_BYTES}`))
  }
  let chunks: Buffer[] = []
  let at = 0
  // A known length is received in place: the body is the slab of a batch, so it is copied once and only once.
  const whole = declared > 16384 ? Buffer.allocUnsafeSlow(declared) : null
  response.on('data', (chunk: Buffer) => {
    if (at + chunk.length > (whole?.length ?? MAX_BODY_BYTES)) {
      response.destroy()
      return fail(new Error('an answer is longer than it said'))
    }
    if (whole === null) chunks.push(chunk)
    else chunk.copy(whole, at)
    at += chunk.length
  })
  response.on('end', () => {
    if (!response.complete || (declared >= 0 && at !== declared))
      return fail(new Error('the connection ended within an answer'))
    done(whole ?? (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, at)))
    chunks = []
  })
  response.on('aborted', () => fail(new Error('the connection was reset within an answer')))
}
