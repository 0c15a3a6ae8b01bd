/**
 * The frame of the AWS Glue Schema Registry, as Amazon's Java library writes it:
 *
 *   0   1 byte    3, the version of this header
 *   1   1 byte    0: no compression; 5: the payload is a zlib stream (RFC 1950)
 *   2   16 bytes  id of the schema's version, a UUID, most significant byte first
 *   18  ...       payload
 *
 * The whole frame must be valid: a truncated payload, one that inflates beyond the limit, and bytes after the end are errors.
 */
import { constants, deflateSync, inflateSync } from 'node:zlib'

import { RecordError } from '../../core/foundation/errors.ts'
import type { ShardlineError } from '../../core/foundation/errors.ts'

export type GlueCompression = 'NONE' | 'ZLIB'

export interface GlueFrame {
  /** A UUID in lower case. */
  readonly schemaVersionId: string
  readonly payload: Buffer
}

const HEADER_VERSION = 3
const COMPRESSION: Readonly<Record<GlueCompression, number>> = { NONE: 0, ZLIB: 5 }
const HEADER_BYTES = 18
const ID_AT = 2
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The default limit of an inflated payload in bytes. */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024

/** Whether the bytes begin with a valid header. The payload is not checked. */
export function isGlueFrame(bytes: Uint8Array): boolean {
  return (
    bytes.length >= HEADER_BYTES &&
    bytes[0] === HEADER_VERSION &&
    (bytes[1] === COMPRESSION.NONE || bytes[1] === COMPRESSION.ZLIB)
  )
}

/** @throws ShardlineError RECORD_MALFORMED */
export function readGlueFrame(bytes: Buffer, maxInflatedBytes = MAX_INFLATED_BYTES): GlueFrame {
  if (bytes.length < HEADER_BYTES)
    throw malformed(
      `the record has ${bytes.length} bytes, which is less than the ${HEADER_BYTES} bytes of a Glue header`,
    )
  const [version, compression] = bytes as unknown as readonly [number, number]
  if (version !== HEADER_VERSION)
    throw malformed(`the header version is ${version}, but only ${HEADER_VERSION} is supported`)
  if (compression !== COMPRESSION.NONE && compression !== COMPRESSION.ZLIB)
    throw malformed(`the compression byte is ${compression}, but only 0 (none) and 5 (zlib) are supported`)
  return { schemaVersionId: schemaVersionIdOf(bytes), payload: gluePayload(bytes, maxInflatedBytes) }
}

/** The bytes must begin with a valid header. */
export function schemaVersionIdOf(bytes: Buffer): string {
  const hex = bytes.toString('hex', ID_AT, HEADER_BYTES)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The payload alone. The bytes must begin with a valid header. @throws ShardlineError RECORD_MALFORMED */
export function gluePayload(bytes: Buffer, maxInflatedBytes = MAX_INFLATED_BYTES): Buffer {
  const body = bytes.subarray(HEADER_BYTES)
  return bytes[1] === COMPRESSION.NONE ? body : inflate(body, maxInflatedBytes)
}

/** Whether two valid headers have the same schema version. */
export function sameVersion(a: Buffer, b: Buffer): boolean {
  for (let i = ID_AT; i < HEADER_BYTES; i++) if (a[i] !== b[i]) return false
  return true
}

export function writeGlueFrame(schemaVersionId: string, payload: Uint8Array, compression: GlueCompression): Buffer {
  return behindGlueHeader(glueHeader(schemaVersionId, compression), payload)
}

/** The header of all records with this schema version. */
export function glueHeader(schemaVersionId: string, compression: GlueCompression): Buffer {
  const id = schemaVersionId.toLowerCase()
  if (!UUID.test(id)) throw malformed(`'${schemaVersionId}' is not the id of a schema version`)
  return Buffer.from([HEADER_VERSION, COMPRESSION[compression], ...Buffer.from(id.replaceAll('-', ''), 'hex')])
}

/** Frames the payload, compressed as the header specifies. */
export function behindGlueHeader(header: Buffer, payload: Uint8Array): Buffer {
  const body = header[1] === COMPRESSION.ZLIB ? deflateSync(payload) : payload
  const out = Buffer.allocUnsafe(HEADER_BYTES + body.length)
  out.set(header)
  out.set(body, HEADER_BYTES)
  return out
}

function inflate(body: Buffer, maxInflatedBytes: number): Buffer {
  let result: { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }
  try {
    result = inflateSync(body, {
      maxOutputLength: maxInflatedBytes,
      finishFlush: constants.Z_FINISH,
      info: true,
    }) as unknown as typeof result
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw malformed(
      code === 'ERR_BUFFER_TOO_LARGE'
        ? `the payload inflates to more than ${maxInflatedBytes} bytes`
        : `the payload is not a complete zlib stream: ${message}`,
      cause,
    )
  }
  if (result.engine.bytesWritten !== body.length)
    throw malformed(`${body.length - result.engine.bytesWritten} bytes follow the end of the zlib stream`)
  return result.buffer
}

function malformed(what: string, cause?: unknown): ShardlineError {
  return new RecordError('RECORD_MALFORMED', `${what[0]!.toUpperCase()}${what.slice(1)}.`, { cause })
}
