/**
 * The entries that a sink had not sent yet, as bytes in a checkpoint. Version 1, integers little-endian, repeated to the end:
 *
 *   u32  bytes of data         any
 *   u16  bytes of the key      UTF-8; counted in bytes, so that keys of any script survive
 *   ...  key
 *   ...  data
 */
import type { OperatorState } from '../checkpoint/operator-state.ts'
import { CheckpointError } from '../errors.ts'
import type { EntryRun } from '../kinesis/put-records-codec.ts'
import { countEntries } from './entry-buffer.ts'

export const SINK_STATE_VERSION = 1
export const SINK_STATE_TYPE = 'kinesis-sink-buffer'

export function writeSinkState(runs: readonly EntryRun[]): OperatorState {
  let size = 0
  for (const run of runs) for (let i = run.from; i < run.to; i++) size += 6 + run.dataLength[i]! + run.keyLength[i]!
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const run of runs)
    for (let i = run.from; i < run.to; i++) {
      const [dataOffset, dataLength, keyOffset, keyLength] = [
        run.dataOffset[i]!,
        run.dataLength[i]!,
        run.keyOffset[i]!,
        run.keyLength[i]!,
      ]
      at = bytes.writeUInt32LE(dataLength, at)
      at = bytes.writeUInt16LE(keyLength, at)
      at += run.keySlab.copy(bytes, at, keyOffset, keyOffset + keyLength)
      at += run.slab.copy(bytes, at, dataOffset, dataOffset + dataLength)
    }
  return {
    type: SINK_STATE_TYPE,
    version: SINK_STATE_VERSION,
    json: { entries: countEntries(runs) },
    bytes: size === 0 ? null : bytes,
  }
}

export function readSinkState(state: OperatorState): EntryRun {
  if (state.type !== SINK_STATE_TYPE || state.version !== SINK_STATE_VERSION)
    throw new CheckpointError(
      'CHECKPOINT_UNREADABLE',
      `The checkpoint holds '${state.type}' state of version ${state.version} where a Kinesis sink expects '${SINK_STATE_TYPE}' of version ${SINK_STATE_VERSION}.`,
    )
  const slab = state.bytes ?? Buffer.alloc(0)
  const { entries } = state.json as { entries: number }
  const columns = {
    dataOffset: new Uint32Array(entries),
    dataLength: new Uint32Array(entries),
    keyOffset: new Uint32Array(entries),
    keyLength: new Uint32Array(entries),
  }
  let at = 0
  for (let i = 0; i < entries && at + 6 <= slab.length; i++) {
    const dataLength = (columns.dataLength[i] = slab.readUInt32LE(at))
    const keyLength = (columns.keyLength[i] = slab.readUInt16LE(at + 4))
    columns.keyOffset[i] = at + 6
    columns.dataOffset[i] = at + 6 + keyLength
    at += 6 + keyLength + dataLength
  }
  if (at !== slab.length || columns.dataOffset.at(-1) === 0)
    throw new CheckpointError(
      'CHECKPOINT_UNREADABLE',
      `A Kinesis sink's state of ${slab.length} bytes does not hold ${entries} entries.`,
    )
  return { slab, keySlab: slab, ...columns, from: 0, to: entries }
}
