import { EventStreamCodec } from '@smithy/core/event-streams'
import fc from 'fast-check'
import t from 'tap'
import * as zlib from 'node:zlib'

import { KinesisError } from '../../../emulator/index.ts'
import {
  encodeException,
  encodeInitialResponse,
  encodeMessage,
  portableCrc32,
} from '../../../emulator/protocol/event-stream.ts'

const codec = new EventStreamCodec(
  bytes => Buffer.from(bytes as Uint8Array).toString('utf8'),
  text => Buffer.from(text, 'utf8'),
)
const wellFormed = (value: string) => Buffer.from(value, 'utf8').toString('utf8')
const GOLDEN =
  '0000007200000060ab820d9e0b3a6576656e742d74797065070010696e697469616c2d726573706f6e7365' +
  '0d3a636f6e74656e742d7479706507001a6170706c69636174696f6e2f782d616d7a2d6a736f6e2d312e31' +
  '0d3a6d6573736167652d747970650700056576656e747b7dacae6b7d'
const text = (value: string) => ({ type: 'string', value })

t.test("any message is the AWS codec's, byte for byte", async t => {
  const name = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 }).filter(n => n !== '__proto__')
  const headers = fc.dictionary(name, fc.string({ unit: 'binary' }).map(wellFormed), {
    maxKeys: 5,
    noNullPrototype: true,
  })
  fc.assert(
    fc.property(headers, fc.uint8Array({ maxLength: 300 }), (headers, payload) => {
      const theirs = codec.encode({
        headers: Object.fromEntries(Object.entries(headers).map(([n, value]) => [n, text(value)])) as never,
        body: payload,
      })
      return Buffer.from(theirs).equals(encodeMessage(headers, Buffer.from(payload)))
    }),
  )
  t.pass()
})

t.test('the bytes of an initial response and of an exception', async t => {
  t.equal(encodeInitialResponse().toString('hex'), GOLDEN)
  const { headers, body } = codec.decode(encodeException(new KinesisError('ResourceInUseException', 'Taken')))
  t.same(headers, {
    ':exception-type': text('ResourceInUseException'),
    ':content-type': text('application/x-amz-json-1.1'),
    ':message-type': text('exception'),
  })
  t.equal(Buffer.from(body).toString(), '{"message":"Taken"}')
})

t.test("the checksum is zlib's", async t => {
  const { crc32 } = zlib as { crc32?: (bytes: Uint8Array) => number }
  if (crc32 !== undefined) fc.assert(fc.property(fc.uint8Array(), bytes => crc32(bytes) === portableCrc32(bytes)))
  t.equal(portableCrc32(Buffer.from('123456789')), 0xcbf43926)
})
