/**
 * Frames of the function channel; the table is in README.md beside this file. Encoding copies values straight from a batch's
 * slab; a decoded result is columns over the frame's own memory.
 */
import { BridgeError } from '../../core/errors.ts'
import type { PayloadType } from '../../core/record-batch/payload-type.ts'
import type { RecordBatch } from '../../core/record-batch/record-batch.ts'
import { regionOf, stage, worthStaging } from '../../core/record-batch/staging.ts'

export const frameTypes = {
  OPEN: 1,
  OPENED: 2,
  BUNDLE: 3,
  RESULT: 4,
  FAILED: 5,
  CLOSE: 6,
  CLOSED: 7,
  SNAPSHOT: 8,
  SNAPSHOTTED: 9,
} as const
export type FrameType = (typeof frameTypes)[keyof typeof frameTypes]

const TEXT_JOINED = 0
const TEXT_PREFIXED = 1
const BYTES_PREFIXED = 2
const PICKLES_PREFIXED = 3
const payloadKinds: Readonly<Record<number, Exclude<PayloadType, 'object'>>> = {
  [TEXT_JOINED]: 'text',
  [TEXT_PREFIXED]: 'text',
  [BYTES_PREFIXED]: 'bytes',
  [PICKLES_PREFIXED]: 'pickle',
}

const HAS_NULLS = 1
const HAS_TIMESTAMPS = 2
const HAS_INDEX = 4

export const HEADER_BYTES = 24
export const MAX_FRAME_BYTES = 256 * 1024 * 1024

export interface FrameAddress {
  readonly functionId: number
  readonly subtask: number
  readonly sequence: number
}

export interface Frame extends FrameAddress {
  readonly type: number
  readonly payloadKind: number
  readonly flags: number
  readonly count: number
  readonly body: Buffer
}

export function encodeFrame(type: FrameType, address: FrameAddress, body: Buffer | null = null): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + (body?.length ?? 0))
  writeHeader(frame, frame.length, type, 0, 0, address, 0)
  body?.copy(frame, HEADER_BYTES)
  return frame
}

export function encodeBundle(address: FrameAddress, batch: RecordBatch): Buffer {
  const { count, nulls, payload } = batch
  if (payload === 'object')
    throw new BridgeError(
      'ILLEGAL_STATE',
      'JavaScript values cannot be sent to a Python function; map them to strings or bytes.',
    )
  const nullBytes = nulls === null ? 0 : (count + 7) >> 3
  let bytes = 0
  for (let i = 0; i < count; i++) bytes += batch.dataLength[i]!
  const start = HEADER_BYTES + nullBytes
  const flags = nulls === null ? 0 : HAS_NULLS
  if (payload === 'text') {
    const end = start + bytes + Math.max(0, count - 1)
    const frame = allocateFor(batch, end, bytes)
    writeValues(frame.buffer, start, batch, frame.delta, 1)
    if (countNuls(frame.buffer, start, end) === Math.max(0, count - 1))
      return finish(frame.buffer, end, TEXT_JOINED, flags, address, count, nulls)
  }
  const end = start + bytes + 4 * count
  const frame = allocateFor(batch, end, bytes)
  writeValues(frame.buffer, start, batch, frame.delta, 4)
  const kind = payload === 'text' ? TEXT_PREFIXED : payload === 'bytes' ? BYTES_PREFIXED : PICKLES_PREFIXED
  return finish(frame.buffer, end, kind, flags, address, count, nulls)
}

/** The batch that a RESULT makes of the bundle that it answers. */
export function decodeResult(frame: Frame, bundle: RecordBatch): RecordBatch {
  const { count, body, flags } = frame
  const payload = payloadKinds[frame.payloadKind]
  if (payload === undefined)
    throw new BridgeError('PROTOCOL_VIOLATED', `A result has the unknown payload kind ${frame.payloadKind}.`)
  let at = 0
  let nulls: Uint8Array | null = null
  if (flags & HAS_NULLS) nulls = body.subarray(0, (at = (count + 7) >> 3))
  if (flags & HAS_TIMESTAMPS) at += 8 * count
  let index: Uint32Array | null = null
  if (flags & HAS_INDEX) {
    index = new Uint32Array(count)
    const bytes = new Uint8Array(index.buffer)
    bytes.set(body.subarray(at, at + 4 * count))
    at += 4 * count
    for (let i = 0; i < count; i++)
      if (index[i]! >= bundle.count)
        throw new BridgeError('PROTOCOL_VIOLATED', `A result names input ${index[i]} of a bundle of ${bundle.count}.`)
  } else if (count > bundle.count)
    throw new BridgeError('PROTOCOL_VIOLATED', `A result without an index has ${count} values for ${bundle.count}.`)
  if (at > body.length) throw new BridgeError('PROTOCOL_VIOLATED', `A result ends before its ${count} values.`)
  const columns = frame.payloadKind === TEXT_JOINED ? splitJoined(body, at, count) : splitPrefixed(body, at, count)
  return bundle.withSlab(
    payload,
    { slab: body, ...columns, nulls },
    index ?? (count === bundle.count ? null : firstOf(count)),
  )
}

function firstOf(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i)
}

function allocateFor(batch: RecordBatch, end: number, bytes: number): { buffer: Buffer; delta: number | null } {
  const region = regionOf(batch.dataOffset, batch.dataLength, 0, batch.count)
  if (!worthStaging(region, bytes, batch.count)) return { buffer: Buffer.allocUnsafeSlow(end), delta: null }
  const buffer = Buffer.allocUnsafeSlow(end + region.to - region.from)
  return { buffer, delta: stage(batch.slab, region, buffer, end) }
}

/** With `separator` 1 a NUL between values, with 4 the length before each. */
function writeValues(out: Buffer, start: number, batch: RecordBatch, delta: number | null, separator: 1 | 4): void {
  const { slab, dataOffset, dataLength, count } = batch
  let at = start
  for (let i = 0; i < count; i++) {
    const length = dataLength[i]!
    const offset = dataOffset[i]!
    if (separator === 4) at = out.writeUInt32LE(length, at)
    if (delta === null) slab.copy(out, at, offset, offset + length)
    else out.copyWithin(at, offset + delta, offset + delta + length)
    at += length
    if (separator === 1 && i < count - 1) out[at++] = 0
  }
}

function countNuls(buffer: Buffer, from: number, to: number): number {
  let nuls = 0
  for (let at = buffer.indexOf(0, from); at !== -1 && at < to; at = buffer.indexOf(0, at + 1)) nuls++
  return nuls
}

function finish(
  buffer: Buffer,
  end: number,
  kind: number,
  flags: number,
  address: FrameAddress,
  count: number,
  nulls: Uint8Array | null,
): Buffer {
  writeHeader(buffer, end, frameTypes.BUNDLE, kind, flags, address, count)
  if (nulls !== null) buffer.set(nulls.subarray(0, (count + 7) >> 3), HEADER_BYTES)
  return buffer.subarray(0, end)
}

function writeHeader(
  out: Buffer,
  end: number,
  type: FrameType,
  kind: number,
  flags: number,
  address: FrameAddress,
  count: number,
): void {
  if (end - 4 > MAX_FRAME_BYTES)
    throw new BridgeError(
      'ILLEGAL_STATE',
      `A bundle of ${end} bytes is over the frame limit of ${MAX_FRAME_BYTES}; lower python.fn-execution.bundle.size.`,
    )
  out.writeUInt32LE(end - 4, 0)
  out[4] = type
  out[5] = kind
  out[6] = flags
  out[7] = 0
  out.writeUInt32LE(address.functionId, 8)
  out.writeUInt32LE(address.subtask, 12)
  out.writeUInt32LE(address.sequence, 16)
  out.writeUInt32LE(count, 20)
}

function splitJoined(body: Buffer, start: number, count: number): { dataOffset: Uint32Array; dataLength: Uint32Array } {
  const dataOffset = new Uint32Array(count)
  const dataLength = new Uint32Array(count)
  let at = start
  for (let i = 0; i < count; i++) {
    const found = body.indexOf(0, at)
    const last = i === count - 1
    if ((found === -1) !== last)
      throw new BridgeError(
        'PROTOCOL_VIOLATED',
        `A result says that it has ${count} values, but it has ${last ? 'more' : i + 1}.`,
      )
    const nul = last ? body.length : found
    dataOffset[i] = at
    dataLength[i] = nul - at
    at = nul + 1
  }
  return { dataOffset, dataLength }
}

function splitPrefixed(
  body: Buffer,
  start: number,
  count: number,
): { dataOffset: Uint32Array; dataLength: Uint32Array } {
  const dataOffset = new Uint32Array(count)
  const dataLength = new Uint32Array(count)
  let at = start
  for (let i = 0; i < count; i++) {
    const length = at + 4 <= body.length ? body.readUInt32LE(at) : Infinity
    if (at + 4 + length > body.length)
      throw new BridgeError('PROTOCOL_VIOLATED', `A result ends within its value ${i} of ${count}.`)
    dataOffset[i] = at + 4
    dataLength[i] = length
    at += 4 + length
  }
  return { dataOffset, dataLength }
}
