import fc from 'fast-check'
import t from 'tap'

import { encodeFrame, FrameDecoder } from '../../../core/control/frames.ts'

const decoded = (decoder: FrameDecoder, ...chunks: (string | Buffer)[]): string[] =>
  chunks.flatMap(c => [...decoder.push(Buffer.from(c))].map(body => body.toString()))

t.test('a frame, as bytes', async t => {
  t.equal(encodeFrame({ a: 'ü' }).toString(), 'Content-Length: 10\r\n\r\n{"a":"ü"}')
})

t.test('what was encoded comes back, in whatever pieces it arrives', async () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.nat(200), { minLength: 1 }), (texts, cuts) => {
      const stream = Buffer.concat(texts.map(text => encodeFrame({ text })))
      const decoder = new FrameDecoder(10_000)
      const out: string[] = []
      for (let at = 0, i = 0; at < stream.length; i++) {
        const length = 1 + cuts[i % cuts.length]!
        out.push(...decoded(decoder, stream.subarray(at, at + length)))
        at += length
      }
      return JSON.stringify(out.map(o => (JSON.parse(o) as { text: string }).text)) === JSON.stringify(texts)
    }),
  )
})

t.test('what cannot be a frame is an error, after those before it', async t => {
  const good = 'Content-Length: 2\r\n\r\n{}'
  for (const [bad, message] of [
    ['Content-Length: 101\r\n\r\n', /101 bytes is over the limit of 100/],
    ['Content-Length: x\r\n\r\n', /must have a Content-Length that is a whole number/],
    ['x'.repeat(5000), /must not exceed 4096 bytes/],
  ] as const) {
    const bodies: string[] = []
    t.throws(
      () => {
        for (const body of new FrameDecoder(100).push(Buffer.from(good + bad))) bodies.push(body.toString())
      },
      { message },
    )
    t.same(bodies, ['{}'])
  }
})
