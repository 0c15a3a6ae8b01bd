/**
 * The bodies of RESTORE and SNAPSHOTTED frames, which hold the state of a keyed function.
 *
 *   u32 length, JSON {"states": {name: {"kind", "type"}}, "keyGroups": [[key group, bytes], ...]}, then the blobs in that order
 *
 * State that is too large for one frame has several bodies, each with some of the key groups.
 */
import { BridgeError, messageOf } from '../../core/foundation/errors.ts'
import type { KeyedState, StateDeclaration, StateEncoding } from '../../core/operators/keyed-state/keyed-state.ts'

/** Bytes of blobs in one body. A key group that is larger has a body of its own. */
const BODY_BYTES = 64 * 1024 * 1024

export function* encodeState({ states, keyGroups }: KeyedState): Iterable<Buffer> {
  let part: [number, Buffer][] = []
  let bytes = 0
  for (const [group, blob] of keyGroups) {
    if (part.length > 0 && bytes + blob.length > BODY_BYTES) {
      yield encodePart(states, part)
      part = []
      bytes = 0
    }
    part.push([group, blob])
    bytes += blob.length
  }
  yield encodePart(states, part)
}

function encodePart(states: KeyedState['states'], part: readonly (readonly [number, Buffer])[]): Buffer {
  const index = part.map(([group, blob]) => [group, blob.length])
  const json = Buffer.from(JSON.stringify({ states, keyGroups: index }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  return Buffer.concat([length, json, ...part.map(([, blob]) => blob)])
}

/** @throws BridgeError PROTOCOL_VIOLATED */
export function decodeState(bodies: readonly Buffer[], encoding: StateEncoding): KeyedState {
  const states: Record<string, StateDeclaration> = {}
  const keyGroups = new Map<number, Buffer>()
  try {
    for (const body of bodies) {
      const jsonEnd = 4 + body.readUInt32LE()
      const part = JSON.parse(body.toString('utf8', 4, jsonEnd)) as {
        states: Record<string, StateDeclaration>
        keyGroups: [number, number][]
      }
      Object.assign(states, part.states)
      let at = jsonEnd
      for (const [group, length] of part.keyGroups) keyGroups.set(group, body.subarray(at, (at += length)))
      if (at !== body.length) throw new RangeError('its index and its bytes do not agree')
    }
  } catch (cause) {
    throw new BridgeError('PROTOCOL_VIOLATED', `A snapshot cannot be read: ${messageOf(cause)}.`, { cause })
  }
  return { encoding, states, keyGroups }
}
