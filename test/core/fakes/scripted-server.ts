/** An HTTP server that answers as it was told, request by request, and keeps what it was asked. Loopback only. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

interface Teardown {
  teardown(end: () => unknown): void
}

export interface ScriptedRequest {
  readonly headers: http.IncomingHttpHeaders
  /** The body, read as JSON. */
  readonly json: Readonly<Record<string, unknown>>
  readonly connection: number
}

/** `silence`: the request is never answered. */
export type ScriptedAnswer = { readonly status: number; readonly json: unknown } | 'broken' | 'silence'

export interface ScriptedServer {
  readonly url: string
  readonly requests: ScriptedRequest[]
  /** What is answered, in this order; afterwards, what `otherwise` says. */
  readonly answers: ScriptedAnswer[]
}

export async function scriptedServer(
  t: Teardown,
  otherwise: (request: ScriptedRequest) => ScriptedAnswer,
): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = []
  const answers: ScriptedAnswer[] = []
  const connections = new Map<unknown, number>()
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (!connections.has(request.socket)) connections.set(request.socket, connections.size)
      const one = {
        headers: request.headers,
        json: JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as Record<string, unknown>,
        connection: connections.get(request.socket)!,
      }
      requests.push(one)
      const answer = answers.shift() ?? otherwise(one)
      if (answer === 'silence') return
      if (answer === 'broken') response.destroy()
      else
        response
          .writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' })
          .end(JSON.stringify(answer.json))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, answers }
}
