import fc from 'fast-check'
import t from 'tap'

import { HttpResponseParser } from '../../../../core/aws/http/http-response-parser.ts'
import type { HttpAnswer } from '../../../../core/aws/http/http-response-parser.ts'

function parse(text: string | Buffer, sizes: readonly number[] = []): HttpAnswer[] {
  const parser = new HttpResponseParser()
  const answers: HttpAnswer[] = []
  let rest = Buffer.from(text as string, 'latin1')
  for (let i = 0; rest.length > 0; i++) {
    const size = Math.max(1, sizes[i % Math.max(1, sizes.length)] ?? rest.length)
    const chunk = Buffer.from(rest.subarray(0, size))
    const answer = parser.push(chunk)
    chunk.fill(0) // what was pushed may be overwritten
    if (answer !== null) answers.push(answer)
    rest = rest.subarray(size)
  }
  return answers
}

t.test('an answer with a length is whole when its last byte came', async t => {
  const [answer] = parse('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Amzn-RequestId: r\r\n\r\nhello')
  t.match(answer, { status: 200, keepAlive: true, headers: { 'content-length': '5', 'x-amzn-requestid': 'r' } })
  t.equal(answer!.body.toString(), 'hello')
  t.strictSame(parse('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell'), [])
})

t.test('however the bytes are cut, the same answers come out', async t => {
  const bytes =
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc' +
    'HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n5;x=y\r\npedia\r\n0\r\nT: 1\r\n\r\n' +
    'HTTP/1.1 204 No Content\r\n\r\n'
  // A read never goes past an answer: nothing is pipelined.
  const ends = [bytes.indexOf('abc') + 3, bytes.indexOf('T: 1') + 8, bytes.length]
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), sizes => {
      const found = ends.flatMap((end, i) => parse(bytes.slice(ends[i - 1] ?? 0, end), sizes))
      t.strictSame(
        found.map(a => [a.status, a.body.toString()]),
        [
          [200, 'abc'],
          [400, 'wikipedia'],
          [204, ''],
        ],
      )
    }),
  )
})

t.test('an answer without a length ends with its connection', async t => {
  const parser = new HttpResponseParser()
  t.equal(parser.push(Buffer.from('HTTP/1.1 502 Bad Gateway\r\n\r\n<html>')), null)
  t.match(parser.end(), { status: 502, keepAlive: false, body: Buffer.from('<html>') })
})

t.test('a connection that the server will close carries no other request', async t => {
  const length = 'Content-Length: 0\r\n\r\n'
  t.equal(parse(`HTTP/1.1 200 OK\r\nConnection: close\r\n${length}`)[0]!.keepAlive, false)
  t.equal(parse(`HTTP/1.0 200 OK\r\n${length}`)[0]!.keepAlive, false)
  t.equal(parse(`HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n${length}`)[0]!.keepAlive, true)
})

t.test('what is no HTTP, is too long, or goes on after its end is an error', async t => {
  t.throws(() => parse('SSH-2.0-OpenSSH_9.2\r\n\r\n'), /not HTTP/)
  t.throws(() => parse(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`), /head of an answer is longer/)
  t.throws(() => parse('HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n'), /over the limit/)
  t.throws(() => parse('HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n'), /over the limit/)
  t.throws(() => parse('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc'), /longer than it said/)
  t.throws(() => parse('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'), /no size/)
})
