import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { createRequire } from 'node:module'
import net from 'node:net'
import t from 'tap'
import type { Test } from 'tap'

import { HttpTransport } from '../../../../core/aws/http/http-transport.ts'
import type { TransportOptions } from '../../../../core/aws/http/http-transport.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { networkOf } from '../../../../core/aws/http/network.ts'
import type { Network } from '../../../../core/aws/http/network.ts'

const require = createRequire(import.meta.url)

type Handler = (body: Buffer, request: http.IncomingMessage, response: http.ServerResponse) => void

async function serve(t: Test, handler: Handler, secure = false) {
  let connections = 0
  const listener: http.RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => handler(Buffer.concat(chunks), request, response))
  }
  // A certificate that nobody trusts; it comes with another package's tests.
  const file = (name: string): Buffer => readFileSync(require.resolve(`kinesalite/ssl/${name}`))
  const server = secure
    ? https.createServer({ key: file('server-key.pem'), cert: file('server-crt.pem') }, listener)
    : http.createServer(listener)
  server.on('connection', () => connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const endpoint = new URL(`${secure ? 'https' : 'http'}://127.0.0.1:${(server.address() as net.AddressInfo).port}`)
  return { endpoint, connections: () => connections }
}

const directly = (trustAll: boolean): Network =>
  networkOf(new Configuration({ 'aws.trust.all.certificates': String(trustAll) }), {})

function transport(t: Test, endpoint: URL, overrides: Partial<TransportOptions> = {}): HttpTransport {
  const made = new HttpTransport({
    endpoint,
    maxConnections: 10,
    readTimeoutMs: 10_000,
    network: directly(false),
    ...overrides,
  })
  t.teardown(() => made.close())
  return made
}

const headers = (endpoint: URL, body: Uint8Array): Record<string, string> => ({
  host: endpoint.host,
  'content-length': String(body.length),
})

t.test('one connection carries one request after the other, with bodies of any size', async t => {
  const { endpoint, connections } = await serve(t, (body, request, response) => {
    response.writeHead(200, { 'content-length': body.length, 'x-path': request.url }).end(body)
  })
  const client = transport(t, endpoint)
  for (const size of [0, 1, 70_000, 3_000_000]) {
    const body = Buffer.alloc(size, 'abc')
    const answer = await client.post(headers(endpoint, body), body)
    t.equal(answer.status, 200)
    t.ok(answer.body.equals(body), `${size} bytes come back`)
  }
  t.equal(connections(), 1)
})

t.test('no more connections are opened than allowed; the other requests wait their turn', async t => {
  let [open, most] = [0, 0]
  const { endpoint, connections } = await serve(t, (body, _request, response) => {
    most = Math.max(most, ++open)
    setImmediate(() => {
      open--
      response.end(body)
    })
  })
  const client = transport(t, endpoint, { maxConnections: 2 })
  const bodies = Array.from({ length: 9 }, (_, i) => Buffer.from(`request ${i}`))
  const answers = await Promise.all(bodies.map(body => client.post(headers(endpoint, body), body)))
  t.strictSame(
    answers.map(a => a.body.toString()),
    bodies.map(b => b.toString()),
  )
  t.ok(most <= 2 && connections() <= 2)
})

t.test('over TLS a certificate that is not trusted is refused, unless all are to be trusted', async t => {
  const { endpoint } = await serve(t, (body, _request, response) => response.end(body), true)
  const body = Buffer.alloc(200_000, 'x')
  await t.rejects(
    transport(t, endpoint).post(headers(endpoint, body), body),
    /certificate|self.signed|unable to verify/i,
  )
  const answer = await transport(t, endpoint, { network: directly(true) }).post(headers(endpoint, body), body)
  t.ok(answer.body.equals(body))
})

t.test('a connection that ends within an answer fails its request and is not used again', async t => {
  let requests = 0
  const { endpoint } = await serve(t, (_body, request, response) => {
    if (++requests > 1) return void response.end('fine')
    response.writeHead(200, { 'content-length': 10 }).write('half')
    setImmediate(() => request.socket.destroy())
  })
  const client = transport(t, endpoint)
  await t.rejects(
    client.post(headers(endpoint, Buffer.alloc(0)), Buffer.alloc(0)),
    /closed within a request|ECONNRESET/,
  )
  const answer = await client.post(headers(endpoint, Buffer.alloc(0)), Buffer.alloc(0))
  t.equal(answer.body.toString(), 'fine')
})

t.test('a server that says nothing runs into the read timeout', async t => {
  const { endpoint } = await serve(t, () => undefined)
  const client = transport(t, endpoint, { readTimeoutMs: 30 })
  await t.rejects(client.post(headers(endpoint, Buffer.alloc(0)), Buffer.alloc(0)), /no answer for 30 ms/)
})

t.test('closing the client fails what is under way and what comes after', async t => {
  const { endpoint } = await serve(t, () => undefined)
  const client = transport(t, endpoint, { maxConnections: 1 })
  const body = Buffer.alloc(0)
  const [first, waiting] = [client.post(headers(endpoint, body), body), client.post(headers(endpoint, body), body)]
  client.close()
  await t.rejects(first, /closed/)
  await t.rejects(waiting, /closed/)
  await t.rejects(client.post(headers(endpoint, body), body), /closed/)
})

t.test('a port where nobody listens is told by its code', async t => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  const endpoint = new URL(`http://127.0.0.1:${port}`)
  await t.rejects(transport(t, endpoint).post(headers(endpoint, Buffer.alloc(0)), Buffer.alloc(0)), {
    code: 'ECONNREFUSED',
  })
})

t.test('a connection whose request nobody reads to its end is given up, though it was answered', async t => {
  const sockets: net.Socket[] = []
  const server = net.createServer(socket => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.pause()
      socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const endpoint = new URL(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`)
  const made = transport(t, endpoint, { maxConnections: 1, readTimeoutMs: 100 })
  const body = Buffer.alloc(50_000_000)
  t.equal((await made.post(headers(endpoint, body), body)).status, 413)
  const second = made.post(headers(endpoint, body), body)
  const late = new Promise<string>(resolve => setTimeout(resolve, 2000, 'it waits for ever'))
  t.match(await Promise.race([second, late]), { status: 413 })
  for (const socket of sockets) socket.destroy()
})
