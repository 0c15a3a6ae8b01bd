/**
 * The entries that a sink had not sent yet, as bytes in a checkpoint. Version 2, integers little-endian, repeated to the end:
 *
 *   u32  bytes of data                    any
 *   u16  bytes of the key                 UTF-8
 *   u8   bytes of the explicit hash key   decimal digits; 0 when the entry has none. Version 1 does not have this field
 *   ...  key
 *   ...  explicit hash key
 *   ...  data
 */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import { CheckpointError } from '../../foundation/errors.ts'
import type { EntryRun } from '../../aws/kinesis/put-records-codec.ts'
import { countEntries } from '../../aws/kinesis/put-records-codec.ts'
import { forEachEntry } from './entry-runs.ts'

export const SINK_STATE_VERSION = 2
export const SINK_STATE_TYPE = 'kinesis-sink-buffer'
const HEAD_BYTES = 7
const VERSION_1_HEAD_BYTES = 6

export function writeSinkState(runs: readonly EntryRun[]): OperatorState {
  let size = 0
  forEachEntry(runs, (run, i) => {
    size += HEAD_BYTES + run.dataLength[i]! + run.keyLength[i]! + (run.hashKeys?.length[i] ?? 0)
  })
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  const append = (slab: Buffer, offset: number, length: number): void => {
    at += slab.copy(bytes, at, offset, offset + length)
  }
  forEachEntry(runs, (run, i) => {
    const { slab, keySlab, hashKeys } = run
    at = bytes.writeUInt32LE(run.dataLength[i]!, at)
    at = bytes.writeUInt16LE(run.keyLength[i]!, at)
    at = bytes.writeUInt8(hashKeys?.length[i] ?? 0, at)
    append(keySlab, run.keyOffset[i]!, run.keyLength[i]!)
    if (hashKeys) append(hashKeys.slab, hashKeys.offset[i]!, hashKeys.length[i]!)
    append(slab, run.dataOffset[i]!, run.dataLength[i]!)
  })
  return {
    type: SINK_STATE_TYPE,
    version: SINK_STATE_VERSION,
    json: { entries: countEntries(runs) },
    bytes: size === 0 ? null : bytes,
  }
}

export function readSinkState({ type, version, json, bytes }: OperatorState): EntryRun {
  if (type !== SINK_STATE_TYPE || version < 1 || version > SINK_STATE_VERSION)
    throw new CheckpointError(
      'CHECKPOINT_UNREADABLE',
      `The checkpoint holds '${type}' state of version ${version} where a sink expects '${SINK_STATE_TYPE}' of version ${SINK_STATE_VERSION} or older.`,
    )
  const slab = bytes ?? Buffer.alloc(0)
  const { entries } = json as { entries: number }
  const column = (): Uint32Array => new Uint32Array(entries)
  const columns = { dataOffset: column(), dataLength: column(), keyOffset: column(), keyLength: column() }
  const hashKeys = { slab, offset: column(), length: column() }
  const headBytes = version === 1 ? VERSION_1_HEAD_BYTES : HEAD_BYTES
  let at = 0
  let read = 0
  let anyHashKey = false
  for (; read < entries && at + headBytes <= slab.length; read++) {
    const dataLength = (columns.dataLength[read] = slab.readUInt32LE(at))
    const keyLength = (columns.keyLength[read] = slab.readUInt16LE(at + 4))
    const hashKeyLength = (hashKeys.length[read] = version === 1 ? 0 : slab.readUInt8(at + 6))
    anyHashKey ||= hashKeyLength > 0
    columns.keyOffset[read] = at + headBytes
    hashKeys.offset[read] = at + headBytes + keyLength
    columns.dataOffset[read] = at + headBytes + keyLength + hashKeyLength
    at += headBytes + keyLength + hashKeyLength + dataLength
  }
  if (at !== slab.length || read !== entries)
    throw new CheckpointError(
      'CHECKPOINT_UNREADABLE',
      `A sink's state of ${slab.length} bytes does not hold ${entries} entries.`,
    )
  return { slab, keySlab: slab, ...columns, hashKeys: anyHashKey ? hashKeys : null, from: 0, to: entries }
}
