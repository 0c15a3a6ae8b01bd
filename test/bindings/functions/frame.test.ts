import { readFileSync } from 'node:fs'

import fc from 'fast-check'
import t from 'tap'

import type { Frame } from '../../../bindings/functions/frame.ts'
import * as results from '../../../bindings/functions/result-frame.ts'
import { encodeBundle } from '../../../bindings/functions/bundle-frame.ts'
import { encodeFrame, frameTypes, HEADER_BYTES } from '../../../bindings/functions/frame.ts'
import { FrameReader } from '../../../bindings/functions/frame-reader.ts'
import { RecordBatch } from '../../../core/foundation/record-batch/record-batch.ts'
import { KeyColumn } from '../../../core/foundation/record-batch/key-column.ts'
import { loadPlainValues } from '../../../bindings/functions/plain-values.ts'
import { sourceBatch } from '../../core/fakes/batches.ts'

interface Vector {
  readonly payload: 'text' | 'bytes' | 'pickle'
  readonly values: readonly (string | null)[]
  readonly index: readonly number[] | null
  readonly timestamps: readonly (number | null)[] | null
  readonly keyGroups: readonly number[] | null
  readonly keys: readonly string[] | null
  readonly maxTimestamp: number | null
  readonly nextTimer: number | null
  readonly payloadKind: number
  readonly flags: number
  readonly body: string
}

const file = new URL('../../../../schemas/vectors/function-frames.json', import.meta.url)
const { frames: vectors } = JSON.parse(readFileSync(file, 'utf8')) as { frames: Vector[] }

const address = { functionId: 7, subtask: 2, sequence: 9 }

/** What the other side gets. */
function carried(...bytes: Buffer[]): Frame[] {
  const frames: Frame[] = []
  const reader = new FrameReader(frame => frames.push(frame))
  for (const b of bytes) reader.push(b)
  return frames
}

const decodeResult = (frame: Frame, bundle: RecordBatch | null): RecordBatch =>
  results.decodeResult(frame, bundle).batch

const resultOf = (overrides: Partial<Frame> = {}): Frame => ({
  ...address,
  type: frameTypes.RESULT,
  payloadKind: 0,
  flags: 0,
  count: 0,
  body: Buffer.alloc(0),
  ...overrides,
})

function batchOf({ payload, values, timestamps, keys, keyGroups }: Vector): RecordBatch {
  const batch = RecordBatch.pack(
    payload,
    values.map(v => (v === null || payload === 'text' ? v : Buffer.from(v, 'hex'))),
    { timestamp: timestamps === null ? null : Float64Array.from(timestamps, t => t ?? -Infinity) },
  )
  if (keys === null) return batch
  const bytes = keys.map(k => Buffer.from(k, 'hex'))
  const offset = Uint32Array.from(bytes, (_, i) => Buffer.concat(bytes.slice(0, i)).length)
  const length = Uint32Array.from(bytes, b => b.length)
  return batch.withKeys(new KeyColumn(Buffer.concat(bytes), offset, length, Uint16Array.from(keyGroups ?? [])))
}

const plain = (batch: RecordBatch): (string | null)[] =>
  batch.values().map(v => (v === null || typeof v === 'string' ? v : (v as Buffer).toString('hex')))

t.test('bundles are the bytes that the other language expects', async t => {
  const toFunctions = vectors.filter(v => v.index === null && v.maxTimestamp === null && v.nextTimer === null)
  t.ok(toFunctions.length > 10)
  for (const vector of toFunctions) {
    const columns = { timestamps: vector.timestamps !== null, keys: vector.keys !== null }
    const [frame] = carried(encodeBundle(address, batchOf(vector), columns))
    t.match(frame, {
      ...address,
      type: frameTypes.BUNDLE,
      payloadKind: vector.payloadKind,
      flags: vector.flags,
      count: vector.values.length,
    })
    t.equal(frame?.body.toString('hex'), vector.body, JSON.stringify(vector.values))
  }
})

t.test('results of the other language are read, with the inputs that they were made of', async t => {
  const bundle = sourceBatch(...Array.from({ length: 9 }, (_, i) => `input ${i}`))
  for (const vector of vectors) {
    const { payloadKind, flags, body } = vector
    const result = results.decodeResult(
      resultOf({ payloadKind, flags, count: vector.values.length, body: Buffer.from(body, 'hex') }),
      bundle,
    )
    const out = result.batch
    t.same([result.maxTimestampMs, result.nextTimerMs], [vector.maxTimestamp, vector.nextTimer])
    if (vector.timestamps !== null)
      t.same(
        [...out.timestamp!],
        vector.timestamps.map(at => at ?? -Infinity),
      )
    t.same(
      vector.keys,
      out.keys === null ? null : vector.values.map((_, i) => Buffer.from(out.keys!.text(i), 'latin1').toString('hex')),
    )
    t.equal(out.payload, vector.payload)
    t.same(plain(out), vector.values)
    vector.values.forEach((_, i) => {
      t.same(out.positions!.at(i), bundle.positions!.at(vector.index?.[i] ?? i))
    })
  }
})

t.test('a frame is this header and its body', async t => {
  const frame = encodeFrame(frameTypes.OPEN, { functionId: 1, subtask: 2, sequence: 3 }, Buffer.from('{}'))
  t.equal(
    frame.toString('hex'),
    ['16000000', '01', '00', '00', '00', '01000000', '02000000', '03000000', '00000000', '7b7d'].join(''),
  )
  t.equal(encodeFrame(frameTypes.CLOSE, address).length, HEADER_BYTES)
})

t.test('values of any kind survive, from anywhere in a slab', async t => {
  const text = fc.option(fc.string({ unit: 'binary', maxLength: 20 }), { nil: null, freq: 5 })
  const value = fc.option(
    fc.uint8Array({ maxLength: 600 }).map(b => Buffer.from(b)),
    { nil: null, freq: 5 },
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.tuple(fc.constant('text' as const), fc.array(text, { maxLength: 20 })),
        fc.tuple(fc.constantFrom('bytes' as const, 'pickle' as const), fc.array(value, { maxLength: 20 })),
      ),
      fc.nat(),
      ([payload, values], n) => {
        const whole = RecordBatch.pack(payload, values)
        const batch = whole.slice(n % (values.length + 1), values.length)
        const [frame] = carried(encodeBundle(address, batch))
        const out = decodeResult({ ...frame!, type: frameTypes.RESULT }, batch)
        return out.payload === payload && JSON.stringify(plain(out)) === JSON.stringify(plain(batch))
      },
    ),
    { numRuns: 400 },
  )
  t.pass('held')
})

t.test('plain values cross as one pickle, and keep their positions on the way back', async t => {
  await loadPlainValues()
  const batch = sourceBatch('x', 'y').withValues([1, { a: 'zürich' }], null)
  const [frame] = carried(encodeBundle(address, batch))
  t.same([frame!.payloadKind, frame!.count], [4, 2])
  const back = decodeResult({ ...frame!, type: frameTypes.RESULT }, batch)
  t.same([back.payload, back.values()], ['object', [1, { a: 'zürich' }]])
  t.same(back.positions!.at(1), batch.positions!.at(1))
  t.throws(() => decodeResult({ ...frame!, type: frameTypes.RESULT, count: 1 }, batch), { code: 'PROTOCOL_VIOLATED' })
  t.throws(() => encodeBundle(address, RecordBatch.ofValues([() => 1])), { name: 'UnpicklableValue', index: 0 })
})

t.test('a result that is not what it says is an error, wherever it is cut', async t => {
  const bundle = sourceBatch('a', 'b', 'c', 'd')
  const broken = (overrides: Partial<Frame>) => () => decodeResult(resultOf(overrides), bundle)
  const violated = { code: 'PROTOCOL_VIOLATED' }
  t.throws(broken({ payloadKind: 9 }), violated)
  t.throws(broken({ count: 5, body: Buffer.from('a\0b\0c\0d\0e') }), { message: /5 values for 4/ })
  t.throws(broken({ count: 3, body: Buffer.from('a\0b') }), { message: /3 values/ })
  t.throws(broken({ count: 2, body: Buffer.from('a\0b\0c') }), { message: /2 values, but it has more/ })
  t.throws(broken({ count: 1, flags: 4, body: Buffer.of(4, 0, 0, 0, 97) }), {
    message: /names input 4 of a bundle of 4/,
  })
  t.throws(broken({ count: 1, flags: 4, body: Buffer.of(0, 0) }), violated)
  t.throws(broken({ count: 4, flags: 2, body: Buffer.from('short') }), violated)
  const whole = Buffer.of(2, 0, 0, 0, 1, 2, 1, 0, 0, 0, 3)
  t.same(broken({ count: 2, payloadKind: 2, body: whole })().count, 2)
  for (let end = 0; end < whole.length; end++)
    t.throws(broken({ count: 2, payloadKind: 2, body: whole.subarray(0, end) }), violated)
})

t.test('frames come together from whatever chunks arrive', async t => {
  const frames = fc.array(fc.tuple(fc.constantFrom(1, 2, 4, 6), fc.uint8Array({ maxLength: 50 })), { maxLength: 8 })
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }), (list, sizes) => {
      const stream = Buffer.concat(
        list.map(([type, body], i) =>
          encodeFrame(type as 1, { functionId: i, subtask: i + 1, sequence: i + 2 }, Buffer.from(body)),
        ),
      )
      const chunks: Buffer[] = []
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = sizes[i % sizes.length]!
        chunks.push(Buffer.from(stream.subarray(at, at + size)))
        at += size
      }
      const got: Frame[] = []
      const reader = new FrameReader(frame => got.push(frame))
      for (const chunk of chunks) {
        reader.push(chunk)
        chunk.fill(0xee) // it may be used again
      }
      if (got.length !== list.length) throw new Error(`${got.length} frames of ${list.length}`)
      list.forEach(([type, body], i) => {
        const frame = got[i]!
        if (frame.type !== type || frame.functionId !== i || frame.subtask !== i + 1 || frame.sequence !== i + 2)
          throw new Error('another header')
        if (!frame.body.equals(body)) throw new Error('another body')
      })
    }),
    { numRuns: 300 },
  )
  t.pass('held')
})

t.test('a length that no frame can have is an error', async t => {
  for (const length of [0, 19, 256 * 1024 * 1024 + 1]) {
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32LE(length, 0)
    t.throws(() => carried(header), { code: 'PROTOCOL_VIOLATED', message: new RegExp(`has ${length} bytes`) })
  }
})
