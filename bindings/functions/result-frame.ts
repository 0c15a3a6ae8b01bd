/** Decodes a RESULT frame. Its values become columns over the memory of the frame, without a copy. */
import { BridgeError } from '../../core/foundation/errors.ts'
import type { FunctionResult, PoisonedInput } from '../../core/operators/function-runtime.ts'
import { KeyColumn } from '../../core/foundation/record-batch/key-column.ts'
import type { PayloadType } from '../../core/foundation/record-batch/payload-type.ts'
import { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import {
  BYTES_PREFIXED,
  HAS_INDEX,
  HAS_KEY_GROUPS,
  HAS_KEYS,
  HAS_MAX_TIMESTAMP,
  HAS_NEXT_TIMER,
  HAS_NULLS,
  HAS_POISONED,
  HAS_TIMESTAMPS,
  PICKLES_PREFIXED,
  TEXT_JOINED,
  TEXT_PREFIXED,
  VALUES_PICKLED,
} from './frame.ts'
import type { Frame } from './frame.ts'
import { unpickled } from './plain-values.ts'

const payloadKinds: Readonly<Record<number, Exclude<PayloadType, 'object'>>> = {
  [TEXT_JOINED]: 'text',
  [TEXT_PREFIXED]: 'text',
  [BYTES_PREFIXED]: 'bytes',
  [PICKLES_PREFIXED]: 'pickle',
}

/**
 * Decodes the values that a function made of a bundle.
 *
 * @param bundle The bundle that the RESULT answers. `null` when it answers a timer or a watermark: no record made its values then.
 * @throws BridgeError PROTOCOL_VIOLATED
 */
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
  new Uint8Array(array.buffer).set(from)
  return array
}

function firstOf(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => i)
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
