/**
 * The header of a frame of the function channel, and the frames that have no values. README.md beside this file has the
 * tables. `bundle-frame` encodes a BUNDLE, and `result-frame` decodes a RESULT.
 */
import { BridgeError } from '../../core/foundation/errors.ts'

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

/** How the values lie in the payload. */
export const TEXT_JOINED = 0
export const TEXT_PREFIXED = 1
export const BYTES_PREFIXED = 2
export const PICKLES_PREFIXED = 3
export const VALUES_PICKLED = 4

/** The columns of a body. */
export const HAS_NULLS = 1
export const HAS_TIMESTAMPS = 2
export const HAS_INDEX = 4
export const HAS_KEYS = 8
export const HAS_KEY_GROUPS = 16
export const HAS_MAX_TIMESTAMP = 32
export const HAS_NEXT_TIMER = 64
export const HAS_POISONED = 128

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

/** Reads from an OPENED frame when the first timer is due, in epoch milliseconds. Returns `null` when there is no timer. */
export function decodeOpened({ flags, body }: Frame): number | null {
  return flags & HAS_NEXT_TIMER ? body.readDoubleLE() : null
}

/** Writes the header of a frame that ends at `end`. @throws BridgeError when the frame is too large */
export function writeHeader(
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
