import fc from 'fast-check'
import { deflateSync } from 'node:zlib'
import t from 'tap'

import { isGlueFrame, readGlueFrame, writeGlueFrame } from '../../../schemas/glue/glue-frame.ts'

const ID = '5f4c9e8e-0123-4567-89ab-cdef01234567'
const HEX = '5f4c9e8e0123456789abcdef01234567'
const frame = (version: number, compression: number, payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([version, compression]), Buffer.from(HEX, 'hex'), payload])

t.test('a frame is these bytes', async t => {
  t.equal(writeGlueFrame(ID.toUpperCase(), Buffer.from('ab'), 'NONE').toString('hex'), `0300${HEX}6162`)
  t.equal(writeGlueFrame(ID, Buffer.from('ab'), 'ZLIB').toString('hex', 0, 18), `0305${HEX}`)
  t.throws(() => writeGlueFrame('x', Buffer.alloc(0), 'NONE'), { message: /'x' is not the id/ })
})

t.test('what was written is read, compressed or not, empty or not', async t => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 2000 }),
      fc.constantFrom('NONE' as const, 'ZLIB' as const),
      (bytes, compression) => {
        const written = writeGlueFrame(ID, bytes, compression)
        const read = readGlueFrame(written)
        return isGlueFrame(written) && read.schemaVersionId === ID && read.payload.equals(bytes)
      },
    ),
  )
  t.pass('held')
})

t.test('every wrong byte has a name', async t => {
  const zlib = deflateSync(Buffer.from('hello'))
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [Buffer.alloc(0), /has 0 bytes, which is less than the 18 bytes/],
    [frame(3, 0, Buffer.alloc(0)).subarray(0, 17), /has 17 bytes, which is less than the 18 bytes/],
    [frame(2, 0, Buffer.from('x')), /version is 2/],
    [frame(255, 0, Buffer.from('x')), /version is 255/],
    [frame(3, 1, Buffer.from('x')), /compression byte is 1/],
    [frame(3, 5, Buffer.from('no zlib')), /not a complete zlib stream/],
    [frame(3, 5, Buffer.alloc(0)), /not a complete zlib stream/],
    [frame(3, 5, Buffer.concat([zlib, Buffer.from('abc')])), /3 bytes follow/],
    [frame(3, 5, Buffer.concat([zlib, zlib])), /bytes follow/],
    [frame(3, 5, deflateSync(Buffer.from('abc'), { dictionary: Buffer.from('abc') })), /not a complete zlib stream/],
  ]
  for (const [bytes, message] of cases) t.throws(() => readGlueFrame(bytes), { code: 'RECORD_MALFORMED', message })
  for (let end = 0; end < zlib.length; end++)
    t.throws(() => readGlueFrame(frame(3, 5, zlib.subarray(0, end))), { code: 'RECORD_MALFORMED' })
})

t.test('a payload that inflates without bound is stopped', async t => {
  const bomb = frame(3, 5, deflateSync(Buffer.alloc(1_000_000)))
  t.throws(() => readGlueFrame(bomb, 1000), { code: 'RECORD_MALFORMED', message: /more than 1000 bytes/ })
  t.equal(readGlueFrame(bomb, 1_000_000).payload.length, 1_000_000)
})

t.test('only a whole header makes a frame: what begins with the same byte need not be one', async t => {
  t.equal(isGlueFrame(Buffer.from('\x03{"legacy": true, "long": "enough"}')), false)
  t.equal(isGlueFrame(frame(3, 0, Buffer.alloc(0)).subarray(0, 17)), false)
  t.equal(isGlueFrame(frame(3, 0, Buffer.alloc(0))), true)
  t.equal(isGlueFrame(frame(4, 0, Buffer.alloc(9))), false)
})
