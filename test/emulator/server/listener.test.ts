import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'

import { DescribeStreamSummaryCommand, ListStreamsCommand } from '@aws-sdk/client-kinesis'
import t from 'tap'

import { KinesisEmulator } from '../../../emulator/index.ts'
import { client, emulator } from '../harness.ts'

t.test('one port speaks HTTP/1.1 and cleartext HTTP/2 to the stock client', async t => {
  const kinesis = await emulator(t)
  for (const http2 of [false, true]) {
    const output = await client(t, kinesis, { http2 }).send(new DescribeStreamSummaryCommand({ StreamName: 'flights' }))
    t.equal(output.StreamDescriptionSummary?.StreamStatus, 'ACTIVE')
  }
  t.same(
    kinesis.requests.recent().map(request => request.httpVersion),
    ['1.1', '2'],
  )
})

t.test('an HTTP/2 session carries many requests at once', async t => {
  const kinesis = await emulator(t, { limits: false })
  const session = connectHttp2(kinesis.endpoint)
  t.teardown(() => session.destroy())
  const headers = {
    ':method': 'POST',
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'Kinesis_20131202.ListStreams',
  }
  const one = async (): Promise<string> => {
    const stream = session.request(headers)
    stream.end('{}')
    let body = ''
    for await (const chunk of stream.setEncoding('utf8')) body += String(chunk)
    return body
  }
  const bodies = await Promise.all(Array.from({ length: 20 }, one))
  t.ok(bodies.every(body => body.includes('"StreamNames":["flights"]')))
})

t.test('a connection whose first bytes come one by one is understood all the same', async t => {
  const kinesis = await emulator(t)
  const socket = connect(kinesis.port, '127.0.0.1').setNoDelay(true)
  t.teardown(() => socket.destroy())
  const body = '{}'
  const text =
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close\r\n' +
    `x-amz-target: Kinesis_20131202.ListStreams\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  for (const character of text.slice(0, 6)) {
    socket.write(character)
    await new Promise(resolve => setImmediate(resolve))
  }
  socket.write(text.slice(6))
  let answer = ''
  for await (const chunk of socket.setEncoding('utf8')) answer += String(chunk)
  t.match(answer, /^HTTP\/1\.1 200 OK/)
  t.match(answer, /"StreamNames":\["flights"\]/)
})

t.test('a taken port is one clear error', async t => {
  const kinesis = await emulator(t)
  await t.rejects(KinesisEmulator.start({ port: kinesis.port }), {
    message: `The emulator can not listen on 127.0.0.1:${kinesis.port}: the port is taken.`,
  })
})

t.test('closing ends open connections, and closing twice is closing once', async t => {
  const kinesis = await emulator(t)
  const sdk = client(t, kinesis)
  await sdk.send(new ListStreamsCommand({}))
  const idle = connect(kinesis.port, '127.0.0.1')
  await new Promise(resolve => idle.once('connect', resolve))
  const ended = new Promise(resolve => idle.once('close', resolve))
  idle.on('error', () => undefined)
  await Promise.all([kinesis.close(), kinesis.close(), ended])
  await t.rejects(sdk.send(new ListStreamsCommand({})))
})
