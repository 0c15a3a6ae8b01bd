/**
 * Encodes a batch as a BUNDLE frame. Values that lie in a slab are copied from there into the frame, without an object for
 * each.
 */
import { BridgeError } from '../../core/foundation/errors.ts'
import type { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { regionOf, stage, worthStaging } from '../../core/foundation/record-batch/staging.ts'
import {
  BYTES_PREFIXED,
  frameTypes,
  HAS_KEY_GROUPS,
  HAS_KEYS,
  HAS_NULLS,
  HAS_TIMESTAMPS,
  HEADER_BYTES,
  PICKLES_PREFIXED,
  TEXT_JOINED,
  TEXT_PREFIXED,
  VALUES_PICKLED,
  writeHeader,
} from './frame.ts'
import type { FrameAddress } from './frame.ts'
import { pickled } from './plain-values.ts'

/** The columns that the host needs beside the values. */
export interface BundleColumns {
  readonly timestamps: boolean
  readonly keys: boolean
}

const ONLY_VALUES: BundleColumns = { timestamps: false, keys: false }

export function encodeBundle(address: FrameAddress, batch: RecordBatch, columns: BundleColumns = ONLY_VALUES): Buffer {
  const { count, payload } = batch
  const { flags, bytes: head } = encodeColumns(batch, columns)
  if (payload === 'object') return encodeValues(address, batch, flags, head)
  let bytes = 0
  for (let i = 0; i < count; i++) bytes += batch.dataLength[i]!
  const start = HEADER_BYTES + (head?.length ?? 0)
  if (payload === 'text') {
    const end = start + bytes + Math.max(0, count - 1)
    const frame = allocateFor(batch, end, bytes)
    writeValues(frame.buffer, start, batch, frame.delta, 1)
    if (countNuls(frame.buffer, start, end) === Math.max(0, count - 1))
      return finish(frame.buffer, end, TEXT_JOINED, flags, address, count, head)
  }
  const end = start + bytes + 4 * count
  const frame = allocateFor(batch, end, bytes)
  writeValues(frame.buffer, start, batch, frame.delta, 4)
  const kind = payload === 'text' ? TEXT_PREFIXED : payload === 'bytes' ? BYTES_PREFIXED : PICKLES_PREFIXED
  return finish(frame.buffer, end, kind, flags, address, count, head)
}

function encodeValues(address: FrameAddress, batch: RecordBatch, flags: number, head: Buffer | null): Buffer {
  const payload = pickled(batch)
  const frame = Buffer.concat([Buffer.alloc(HEADER_BYTES), head ?? NO_BYTES, payload])
  writeHeader(frame, frame.length, frameTypes.BUNDLE, VALUES_PICKLED, flags, address, batch.count)
  return frame
}

const NO_BYTES = Buffer.alloc(0)

/** Encodes the columns before the payload. `bytes` is `null` when the bundle has no such columns. */
function encodeColumns(batch: RecordBatch, columns: BundleColumns): { flags: number; bytes: Buffer | null } {
  const { count, nulls, timestamp, keys } = batch
  const parts: Uint8Array[] = []
  let flags = 0
  if (nulls !== null) {
    flags |= HAS_NULLS
    parts.push(nulls.subarray(0, (count + 7) >> 3))
  }
  if (columns.timestamps && timestamp !== null) {
    flags |= HAS_TIMESTAMPS
    parts.push(bytesOf(timestamp))
  }
  if (columns.keys) {
    if (keys === null || keys.group === null)
      throw new BridgeError('ILLEGAL_STATE', 'A bundle to a keyed function has no keys.')
    flags |= HAS_KEYS | HAS_KEY_GROUPS
    parts.push(bytesOf(keys.group), bytesOf(keys.length))
    for (let i = 0; i < count; i++) parts.push(keys.bytes.subarray(keys.offset[i], keys.offset[i]! + keys.length[i]!))
  }
  return { flags, bytes: parts.length === 0 ? null : Buffer.concat(parts) }
}

const bytesOf = (array: Float64Array | Uint32Array | Uint16Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

function allocateFor(batch: RecordBatch, end: number, bytes: number): { buffer: Buffer; delta: number | null } {
  const region = regionOf(batch.dataOffset, batch.dataLength, 0, batch.count)
  if (!worthStaging(region, bytes, batch.count)) return { buffer: Buffer.allocUnsafeSlow(end), delta: null }
  const buffer = Buffer.allocUnsafeSlow(end + region.to - region.from)
  return { buffer, delta: stage(batch.slab, region, buffer, end) }
}

/** Writes the values: with `separator` 1 a NUL between two values, with 4 the length before each value. */
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
  head: Buffer | null,
): Buffer {
  writeHeader(buffer, end, frameTypes.BUNDLE, kind, flags, address, count)
  head?.copy(buffer, HEADER_BYTES)
  return buffer.subarray(0, end)
}
