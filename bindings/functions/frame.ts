/**
 * Frames of the function channel; the table is in README.md beside this file. Encoding copies values straight from a batch's
 * slab; a decoded result is columns over the frame's own memory.
 */
import { BridgeError } from '../../core/foundation/errors.ts'
import type { FunctionResult, PoisonedInput } from '../../core/operators/function-runtime.ts'
import { KeyColumn } from '../../core/foundation/record-batch/key-column.ts'
import type { PayloadType } from '../../core/foundation/record-batch/payload-type.ts'
import { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { pickled, unpickled } from './plain-values.ts'
import { regionOf, stage, worthStaging } from '../../core/foundation/record-batch/staging.ts'

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
  RESTORE: 10,
  WATERMARK: 11,
  PROCESSING_TIME: 12,
} as const
export type FrameType = (typeof frameTypes)[keyof typeof frameTypes]

const TEXT_JOINED = 0
const TEXT_PREFIXED = 1
const BYTES_PREFIXED = 2
const PICKLES_PREFIXED = 3
const VALUES_PICKLED = 4
const payloadKinds: Readonly<Record<number, Exclude<PayloadType, 'object'>>> = {
  [TEXT_JOINED]: 'text',
  [TEXT_PREFIXED]: 'text',
  [BYTES_PREFIXED]: 'bytes',
  [PICKLES_PREFIXED]: 'pickle',
}

const HAS_NULLS = 1
const HAS_TIMESTAMPS = 2
const HAS_INDEX = 4
const HAS_KEYS = 8
const HAS_KEY_GROUPS = 16
const HAS_MAX_TIMESTAMP = 32
const HAS_NEXT_TIMER = 64
const HAS_POISONED = 128

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

/** What of a batch the other side asks for beside its values. */
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

/** What stands before the payload; null: nothing. */
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

/** What a RESULT makes of the bundle that it answers; without one, as from a timer, its values come from no record. */
export function decodeResult(frame: Frame, bundle: RecordBatch | null): FunctionResult {
  const { count, body, flags } = frame
  const payload = payloadKinds[frame.payloadKind]
  if (payload === undefined && frame.payloadKind !== VALUES_PICKLED)
    throw new BridgeError('PROTOCOL_VIOLATED', `A result has the unknown payload kind ${frame.payloadKind}.`)
  let at = 0
  const take = (bytes: number): Buffer => {
    if (at + bytes > body.length)
      throw new BridgeError('PROTOCOL_VIOLATED', `A result ends before its ${count} values.`)
    return body.subarray(at, (at += bytes))
  }
  const nulls = flags & HAS_NULLS ? take((count + 7) >> 3) : null
  const timestamps = flags & HAS_TIMESTAMPS ? copied(Float64Array, count, take(8 * count)) : null
  const index = flags & HAS_INDEX ? copied(Uint32Array, count, take(4 * count)) : null
  if (index === null && bundle !== null && count > bundle.count)
    throw new BridgeError('PROTOCOL_VIOLATED', `A result without an index has ${count} values for ${bundle.count}.`)
  const inputs = bundle?.count ?? 0
  if (index !== null)
    for (let i = 0; i < count; i++)
      if (index[i]! >= inputs)
        throw new BridgeError('PROTOCOL_VIOLATED', `A result names input ${index[i]} of a bundle of ${inputs}.`)
  if (flags & HAS_KEY_GROUPS) take(2 * count)
  const keys = flags & HAS_KEYS ? decodeKeys(count, take) : null
  const maxTimestampMs = flags & HAS_MAX_TIMESTAMP ? take(8).readDoubleLE() : null
  const nextTimerMs = flags & HAS_NEXT_TIMER ? take(8).readDoubleLE() : null
  const poisoned = flags & HAS_POISONED ? decodePoisoned(take(take(4).readUInt32LE()), inputs) : null
  const from = index ?? (bundle === null || count === bundle.count ? null : firstOf(count))
  let batch =
    payload === undefined
      ? valuesOf(body.subarray(at), count, bundle, from)
      : slabOf(frame, at, payload, nulls, bundle, from)
  if (timestamps !== null) batch = batch.withTimestamps(timestamps)
  if (keys !== null) batch = batch.withKeys(keys)
  return { batch, maxTimestampMs, nextTimerMs, poisoned }
}

function slabOf(
  { payloadKind, body, count }: Frame,
  at: number,
  payload: Exclude<PayloadType, 'object'>,
  nulls: Buffer | null,
  bundle: RecordBatch | null,
  from: Uint32Array | null,
): RecordBatch {
  const columns = payloadKind === TEXT_JOINED ? splitJoined(body, at, count) : splitPrefixed(body, at, count)
  const slab = { slab: body, ...columns, nulls }
  return bundle === null ? RecordBatch.ofSlab(payload, slab) : bundle.withSlab(payload, slab, from)
}

function valuesOf(body: Buffer, count: number, bundle: RecordBatch | null, from: Uint32Array | null): RecordBatch {
  const { values, type } = unpickled(body)
  if (values.length !== count)
    throw new BridgeError('PROTOCOL_VIOLATED', `A result announced ${count} values and carries ${values.length}.`)
  return bundle === null ? RecordBatch.ofValues(values, { valueType: type }) : bundle.withValues(values, from, type)
}

function decodePoisoned(json: Buffer, inputs: number): readonly PoisonedInput[] {
  return (JSON.parse(json.toString()) as [number, string][]).map(([i, message]) => {
    if (!(i >= 0 && i < inputs))
      throw new BridgeError('PROTOCOL_VIOLATED', `A result names input ${i} of a bundle of ${inputs}.`)
    return { i, message }
  })
}

/** When the first timer is due, in the body of OPENED; null: never. */
export function decodeOpened({ flags, body }: Frame): number | null {
  return flags & HAS_NEXT_TIMER ? body.readDoubleLE() : null
}

function decodeKeys(count: number, take: (bytes: number) => Buffer): KeyColumn {
  const length = copied(Uint32Array, count, take(4 * count))
  const offset = new Uint32Array(count)
  let total = 0
  for (let i = 0; i < count; i++) {
    offset[i] = total
    total += length[i]!
  }
  return new KeyColumn(take(total), offset, length)
}

function copied<T extends Float64Array | Uint32Array>(type: new (n: number) => T, count: number, from: Buffer): T {
  const array = new type(count)
  bytesOf(array).set(from)
  return array
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
  head: Buffer | null,
): Buffer {
  writeHeader(buffer, end, frameTypes.BUNDLE, kind, flags, address, count)
  head?.copy(buffer, HEADER_BYTES)
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
