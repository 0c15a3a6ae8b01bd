// The records of one PutRecords request, as offsets into one buffer. For a CBOR request the buffer is its body.
import { serialization } from '../errors.ts'

/** PutRecords: at most 500 records in a request. */
export const MAX_BATCH_RECORDS = 500

/** One record of a decoded request, or of a call within the process. */
export interface RecordInput {
  readonly data: Uint8Array
  /** Undefined when the request has no partition key. */
  readonly partitionKey: string | undefined
  readonly explicitHashKey?: string | undefined
}

/** The start and the end of the key of a record without a partition key. */
const NO_KEY = -1

export class RecordBatch {
  /** The bytes that all offsets refer to. */
  readonly source: Buffer
  readonly keyStarts: Int32Array
  readonly keyEnds: Int32Array
  readonly dataStarts: Int32Array
  readonly dataEnds: Int32Array
  /** Explicit hash keys by record. Undefined when no record has one. */
  explicitHashKeys: Map<number, string> | undefined
  count = 0
  /** Whether this is the record of a PutRecord request. In an error its members have no index. */
  single = false

  constructor(source: Buffer, capacity: number) {
    this.source = source
    const offsets = new Int32Array(capacity * 4)
    this.keyStarts = offsets.subarray(0, capacity)
    this.keyEnds = offsets.subarray(capacity, capacity * 2)
    this.dataStarts = offsets.subarray(capacity * 2, capacity * 3)
    this.dataEnds = offsets.subarray(capacity * 3)
  }

  /** Copies records into a new batch. */
  static of(records: readonly RecordInput[]): RecordBatch {
    let bytes = 0
    for (const { data, partitionKey } of records) bytes += data.length + (partitionKey?.length ?? 0) * 3
    const source = Buffer.allocUnsafe(bytes)
    const batch = new RecordBatch(source, records.length)
    let at = 0
    for (const { data, partitionKey, explicitHashKey } of records) {
      const i = batch.count
      batch.omitKey(i)
      if (partitionKey !== undefined) {
        batch.keyStarts[i] = at
        at += source.write(partitionKey, at, 'utf8')
        batch.keyEnds[i] = at
      }
      batch.dataStarts[i] = at
      source.set(data, at)
      at += data.length
      batch.dataEnds[i] = at
      if (explicitHashKey !== undefined) batch.setExplicitHashKey(i, explicitHashKey)
      batch.count++
    }
    return batch
  }

  setExplicitHashKey(i: number, hashKey: string): void {
    this.explicitHashKeys ??= new Map<number, string>()
    this.explicitHashKeys.set(i, hashKey)
  }

  /** Sets record `i` to have no key. */
  omitKey(i: number): void {
    this.keyStarts[i] = NO_KEY
    this.keyEnds[i] = NO_KEY
  }

  hasKey(i: number): boolean {
    return this.keyStarts[i] !== NO_KEY
  }

  partitionKey(i: number): string {
    if (!this.hasKey(i)) return ''
    return this.source.toString('utf8', this.keyStarts[i], this.keyEnds[i])
  }

  /** Returns the path of a member of record `i` in the request, for errors. */
  path(i: number, member: string): string {
    return this.single ? member : `records.${i + 1}.member.${member}`
  }

  /** Returns the bytes of key and data, which count against the limits. */
  payloadBytes(i: number): number {
    return this.keyEnds[i]! - this.keyStarts[i]! + this.dataEnds[i]! - this.dataStarts[i]!
  }
}

/** Returns the bytes of a base64 text. Like the service, it requires padding and refuses other characters. */
export function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  if (text.length % 4 !== 0 || bytes.length !== (text.length / 4) * 3 - padding) {
    throw serialization('A blob can not be converted: it is not valid base64')
  }
  return bytes
}
