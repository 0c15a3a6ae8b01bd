import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

import t from 'tap'

import { MAX_BODY_BYTES } from '../../../emulator/server/exchange.ts'
import type { ManualEmulator, Teardown } from '../harness.ts'
import { emulator, raw, target } from '../harness.ts'

const MIB = 1024 * 1024
const HUGE = 600 * MIB
const JSON_TYPE = 'application/x-amz-json-1.1'

function open(t: Teardown, kinesis: ManualEmulator): Socket {
  const socket = connect(kinesis.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  return socket
}

function head(operation: string, ...more: string[]): string {
  const lines = [
    'POST / HTTP/1.1',
    'host: x',
    `content-type: ${JSON_TYPE}`,
    `x-amz-target: ${target(operation)}`,
    ...more,
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** Reads until `count` answers have come, each with the body that its length says. */
async function answers(socket: Socket, count: number): Promise<string[]> {
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    const heads = [...text.matchAll(/content-length: (\d+)\r\n[^]*?\r\n\r\n/g)]
    const last = heads[count - 1]
    if (last !== undefined && text.length >= last.index + last[0].length + Number(last[1])) break
  }
  return text.split(/(?=HTTP\/1\.1 )/)
}

/** Sends `bytes` bytes of zeros, and waits where the socket is full. */
async function send(socket: Socket, bytes: number, wrap = (chunk: Buffer): Buffer => chunk): Promise<void> {
  const chunk = wrap(Buffer.alloc(MIB, 0x20))
  for (let sent = 0; sent < bytes; sent += MIB) {
    if (!socket.write(chunk)) await new Promise(resolve => socket.once('drain', resolve))
  }
}

const memory = (): number => {
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

t.test('a body that is declared too large is refused before it is sent', async t => {
  const kinesis = await emulator(t)
  const socket = open(t, kinesis)
  socket.write(head('PutRecords', `content-length: ${HUGE}`))
  const [answer] = await answers(socket, 1)
  t.match(answer, /^HTTP\/1\.1 413 /)
  t.match(answer, /x-amzn-errortype: RequestEntityTooLarge/)
  t.match(answer, /"__type":"RequestEntityTooLarge","message":"The body of PutRecords is larger than 16777216 bytes/)
  t.match(kinesis.requests.recent(), [{ operation: 'PutRecords', status: 413, error: 'RequestEntityTooLarge' }])
})

t.test('a client that sends 600 MiB before it reads gets the answer, and nothing is kept', async t => {
  const kinesis = await emulator(t)
  const socket = open(t, kinesis)
  const before = memory()
  socket.write(head('PutRecords', `content-length: ${HUGE}`))
  await send(socket, HUGE)
  t.ok(memory() - before < 200 * MIB, `${memory() - before} bytes more`)
  // The connection is good for the next request.
  socket.write(`${head('ListStreams', 'content-length: 2')}{}`)
  const [first, second] = await answers(socket, 2)
  t.match(first, /^HTTP\/1\.1 413 /)
  t.match(second, /^HTTP\/1\.1 200 [^]*"StreamNames":\["flights"\]/)
})

t.test('a chunked body is refused when it passes the bound, and dropped from then on', async t => {
  const kinesis = await emulator(t)
  const socket = open(t, kinesis)
  const before = memory()
  const wrap = (chunk: Buffer): Buffer =>
    Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')])
  socket.write(head('PutRecords', 'transfer-encoding: chunked'))
  await send(socket, MAX_BODY_BYTES, wrap)
  t.equal(kinesis.requests.count(), 0)
  await send(socket, MIB, wrap)
  const [answer] = await answers(socket, 1)
  t.match(answer, /^HTTP\/1\.1 413 /)
  await send(socket, HUGE, wrap)
  t.ok(memory() - before < 200 * MIB, `${memory() - before} bytes more`)
  socket.write(`0\r\n\r\n${head('ListStreams', 'content-length: 2')}{}`)
  const [second] = await answers(socket, 1)
  t.match(second, /^HTTP\/1\.1 200 /)
})

t.test('a client that waits to be told to go on is not told to, when its body is too large', async t => {
  const kinesis = await emulator(t)
  const large = open(t, kinesis)
  large.write(head('PutRecords', `content-length: ${HUGE}`, 'expect: 100-continue'))
  t.match((await answers(large, 1))[0], /^HTTP\/1\.1 413 /)
  const small = open(t, kinesis)
  small.write(head('ListStreams', 'content-length: 2', 'expect: 100-continue'))
  await new Promise(resolve => small.once('readable', resolve))
  t.match(String(small.read()), /^HTTP\/1\.1 100 /)
  small.write('{}')
  t.match((await answers(small, 1))[0], /^HTTP\/1\.1 200 /)
})

t.test('over HTTP/2 a body is refused as well, declared or not', async t => {
  const kinesis = await emulator(t)
  const session = connectHttp2(kinesis.endpoint)
  t.teardown(() => session.destroy())
  for (const declared of [{ 'content-length': HUGE }, {}]) {
    const stream = session.request({
      ':method': 'POST',
      'content-type': JSON_TYPE,
      'x-amz-target': target('PutRecords'),
      ...declared,
    })
    stream.on('error', () => undefined)
    const status = new Promise(resolve => stream.once('response', headers => resolve(headers[':status'])))
    if (!('content-length' in declared)) for (let i = 0; i < 17; i++) stream.write(Buffer.alloc(MIB, 0x20))
    t.equal(await status, 413)
    stream.close()
  }
})

t.test('the largest request that the service takes fits: 500 records, 10 MiB, JSON with every key escaped', async t => {
  const kinesis = await emulator(t, { limits: false })
  // An escaped character takes 12 bytes in JSON, and 4 in UTF-8.
  const key = '\\ud83d\\ude80'.repeat(256)
  const data = Buffer.alloc(Math.floor((10 * MIB) / 500) - 1024).toString('base64')
  const record = `{"Data":"${data}","PartitionKey":"${key}","ExplicitHashKey":"${String(2n ** 128n - 1n)}"}`
  const body = Buffer.from(`{"StreamName":"flights","Records":[${Array(500).fill(record).join(',')}]}`)
  t.ok(body.length > 14 * MIB)
  const { status } = await raw(kinesis, { 'content-type': JSON_TYPE, 'x-amz-target': target('PutRecords') }, body)
  t.equal(status, 200)
  t.equal(kinesis.recordCount('flights'), 500)
})
