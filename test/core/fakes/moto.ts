/** STS and S3 as moto has them, and what was asked of them: a door before it notes every request. Loopback only. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const here = path.join(root, 'test/core/fakes')

interface Teardown {
  teardown(end: () => unknown): void
}

export interface Moto {
  /** Such as http://127.0.0.1:4567. */
  readonly url: string
  /** Puts a small object under each key. */
  fill(bucket: string, keys: readonly string[]): Promise<void>
}

export async function startMoto(t: Teardown): Promise<Moto> {
  const moto = spawn(path.join(root, '.venv/bin/python'), [path.join(here, 'moto_server.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => {
    moto.stdin.end()
    moto.kill()
  })
  const lines = createInterface(moto.stdout)
  const line = async () => (await once(lines, 'line', { signal: AbortSignal.timeout(30_000) })) as [string]
  const [port] = await line()
  return {
    url: `http://127.0.0.1:${port}`,
    async fill(bucket, keys) {
      const done = line()
      moto.stdin.write(`${JSON.stringify([bucket, keys])}\n`)
      await done
    },
  }
}

export interface Asked {
  /** Members of a query, such as RoleArn. */
  readonly query: Readonly<Record<string, string>>
  readonly authorization: string
  readonly userAgent: string
  readonly method: string
  readonly path: string
  /** It has `If-Match` or `If-None-Match`. */
  readonly conditional: boolean
}

export interface Door {
  readonly url: string
  readonly asked: Asked[]
  /** What is answered instead of what is behind, or a broken connection; null: what is behind. */
  instead: ((asked: Asked) => { status: number; body: string } | 'broken' | null) | null
  /** Whether the answer of what is behind gets lost. */
  afterwards: ((asked: Asked) => boolean) | null
}

/** A door before `target`; with `tls`, behind a certificate that nobody signed. */
export async function door(
  t: Teardown,
  { url: target }: { readonly url: string },
  { tls = false } = {},
): Promise<Door> {
  const asked: Asked[] = []
  const state: Pick<Door, 'instead' | 'afterwards'> = { instead: null, afterwards: null }
  const pem = tls ? readFileSync(path.join(here, 'self-signed.pem')) : undefined
  const listener = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const one: Asked = {
        query: Object.fromEntries(new URLSearchParams(body.toString('latin1'))),
        authorization: request.headers.authorization ?? '',
        userAgent: request.headers['user-agent'] ?? '',
        method: request.method ?? '',
        path: request.url ?? '',
        conditional: 'if-match' in request.headers || 'if-none-match' in request.headers,
      }
      asked.push(one)
      const instead = state.instead?.(one) ?? null
      if (instead === 'broken') {
        response.destroy()
        return
      }
      if (instead !== null) {
        response.writeHead(instead.status, { 'content-type': 'text/xml' }).end(instead.body)
        return
      }
      const onward = http.request(
        target + (request.url ?? ''),
        { method: request.method, headers: request.headers, agent: false },
        answer => {
          if (state.afterwards?.(one) === true) {
            response.destroy()
            return
          }
          response.writeHead(answer.statusCode ?? 500, answer.headers)
          answer.pipe(response)
        },
      )
      onward.on('error', () => response.destroy())
      onward.end(body)
    })
  }
  const server = tls ? https.createServer({ key: pem, cert: pem }, listener) : http.createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return Object.assign(state, {
    asked,
    url: `http${tls ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}`,
  })
}
