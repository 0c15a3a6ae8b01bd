/**
 * PutRecords requests, encoded straight from slabs, and what of the answer matters: which entries failed, and why.
 * The answer's sequence numbers are not decoded: a sink has no use for them.
 */
import { regionOf, stage, worthStaging } from '../../foundation/record-batch/staging.ts'
import type { RecordPositions } from '../../foundation/record-batch/record-positions.ts'
import type { Region } from '../../foundation/record-batch/staging.ts'
import { InvalidAnswer, list, object, optionalCount, optionalText, text } from '../service/answer-checks.ts'
import { CborReader, cborHead, cborText } from '../service/cbor.ts'

/** Explicit hash keys: decimal digits in a slab of their own; a length of 0: the entry has none. */
export interface HashKeyColumn {
  readonly slab: Buffer
  readonly offset: Uint32Array
  readonly length: Uint32Array
}

/** A run of entries that share slabs: entries `from` to `to` (exclusive) of the columns. */
export interface EntryRun {
  readonly slab: Buffer
  readonly dataOffset: Uint32Array
  readonly dataLength: Uint32Array
  readonly keySlab: Buffer
  readonly keyOffset: Uint32Array
  readonly keyLength: Uint32Array
  /** `null` when no entry has an explicit hash key. */
  readonly hashKeys?: HashKeyColumn | null
  /** Where the records were read, by their index in the columns. `null` when that is not known. */
  readonly origin?: RecordPositions | null
  /** How many records each entry holds. `null`: one each. */
  readonly userRecords?: Uint32Array | null
  /** Called with the number of entries that were written, or stored as dead letters. There may be several calls. */
  readonly onAcknowledged?: ((entries: number) => void) | null
  readonly from: number
  readonly to: number
}

export function countEntries(runs: readonly EntryRun[]): number {
  let count = 0
  for (const run of runs) count += run.to - run.from
  return count
}

export interface PutTarget {
  readonly streamName: string
  /** Sent with the name if it is known. */
  readonly streamArn: string | null
}

export interface FailedEntry {
  /** Index in the request. */
  readonly index: number
  readonly errorCode: string
  readonly errorMessage: string
}

export interface PutRecordsResult {
  /** Empty when all entries were written. */
  readonly failed: readonly FailedEntry[]
  /** By entry: the shard that it was written to, or `null`. The list is `null` unless `shardIds` was set. */
  readonly shardIds: readonly (string | null)[] | null
}

export interface PutRecordsOptions {
  /** Whether the result contains the shard of each entry, which costs time. */
  readonly shardIds?: boolean
  readonly signal?: AbortSignal
}

const DATA_NAME = cborText('Data')
const KEY_NAME = cborText('PartitionKey')
const HASH_KEY_NAME = cborText('ExplicitHashKey')
/** Decimal digits of 2^128. */
const MAX_HASH_KEY_BYTES = 39
/** Map head, both names, and the longest heads of two strings. */
const OVERHEAD = 1 + DATA_NAME.length + 5 + KEY_NAME.length + 5

/** Writes the body into `into(size)`, where size is at least what is needed. Benchmark: `npm run bench`, PutRecords rows. */
export function encodePutRecordsCbor(
  target: PutTarget,
  runs: readonly EntryRun[],
  into: (size: number) => Buffer,
): Buffer {
  let count = 0
  let size = 512
  let staged = 0
  const regions: (Region | null)[] = []
  for (const run of runs) {
    count += run.to - run.from
    let bytes = 0
    for (let i = run.from; i < run.to; i++) {
      bytes += run.dataLength[i]!
      size += run.keyLength[i]!
    }
    size += bytes + OVERHEAD * (run.to - run.from)
    if (run.hashKeys) size += (HASH_KEY_NAME.length + 2 + MAX_HASH_KEY_BYTES) * (run.to - run.from)
    const region = regionOf(run.dataOffset, run.dataLength, run.from, run.to)
    const worth = worthStaging(region, bytes, run.to - run.from)
    regions.push(worth ? region : null)
    if (worth) staged = Math.max(staged, region.to - region.from)
  }
  const out = into(size + staged)
  let at = writePrefix(out, target, count)
  runs.forEach((run, r) => (at = encodeRun(out, at, run, regions[r]!, size)))
  return out.subarray(0, at)
}

/** A function of its own so that `at` lives in a register: captured by a closure it costs twice the time. */
function encodeRun(out: Buffer, start: number, run: EntryRun, region: Region | null, freeFrom: number): number {
  const { slab, dataOffset, dataLength, keySlab, keyOffset, keyLength, from, to } = run
  const hashKeys = run.hashKeys ?? null
  const delta = region === null ? 0 : stage(slab, region, out, freeFrom)
  let at = start
  for (let i = from; i < to; i++) {
    const length = dataLength[i]!
    const offset = dataOffset[i]!
    // A map of two or three: Data, PartitionKey, ExplicitHashKey. The first name is written out: constants beat copies here.
    out[at] = hashKeys === null || hashKeys.length[i] === 0 ? 0xa2 : 0xa3
    out[at + 1] = 0x64
    out[at + 2] = 0x44
    out[at + 3] = 0x61
    out[at + 4] = 0x74
    out[at + 5] = 0x61
    at = writeHead(out, at + 6, 0x40, length)
    if (region === null) slab.copy(out, at, offset, offset + length)
    else out.copyWithin(at, offset + delta, offset + delta + length)
    at += length
    for (let j = 0; j < KEY_NAME.length; j++) out[at + j] = KEY_NAME[j]!
    const keyBytes = keyLength[i]!
    const key = keyOffset[i]!
    at = writeHead(out, at + KEY_NAME.length, 0x60, keyBytes)
    for (let j = 0; j < keyBytes; j++) out[at + j] = keySlab[key + j]!
    at += keyBytes
    if (hashKeys !== null && hashKeys.length[i] !== 0) at = writeHashKey(out, at, hashKeys, i)
  }
  return at
}

function writeHashKey(out: Buffer, start: number, { slab, offset, length }: HashKeyColumn, i: number): number {
  const at = writeHead(out, start + HASH_KEY_NAME.copy(out, start), 0x60, length[i]!)
  return at + slab.copy(out, at, offset[i], offset[i]! + length[i]!)
}

function writePrefix(out: Buffer, { streamName, streamArn }: PutTarget, count: number): number {
  const stream = [cborText('StreamName'), cborText(streamName)]
  if (streamArn !== null) stream.push(cborText('StreamARN'), cborText(streamArn))
  return Buffer.concat([cborHead(5, 1 + stream.length / 2), ...stream, cborText('Records'), cborHead(4, count)]).copy(
    out,
    0,
  )
}

function writeHead(out: Buffer, at: number, major: number, length: number): number {
  if (length < 24) out[at++] = major | length
  else if (length < 0x100) {
    out[at++] = major | 24
    out[at++] = length
  } else if (length < 0x10000) {
    out[at++] = major | 25
    out[at++] = length >> 8
    out[at++] = length & 255
  } else {
    out[at++] = major | 26
    at = out.writeUInt32BE(length, at)
  }
  return at
}

export function encodePutRecordsJson(target: PutTarget, runs: readonly EntryRun[]): Buffer {
  const records: string[] = []
  for (const run of runs)
    for (let i = run.from; i < run.to; i++) {
      const data = run.slab.base64Slice(run.dataOffset[i]!, run.dataOffset[i]! + run.dataLength[i]!)
      const key = run.keySlab.utf8Slice(run.keyOffset[i]!, run.keyOffset[i]! + run.keyLength[i]!)
      const hashKey = hashKeyOf(run, i)
      const explicit = hashKey === null ? '' : `,"ExplicitHashKey":"${hashKey}"`
      records.push(`{"Data":"${data}","PartitionKey":${JSON.stringify(key)}${explicit}}`)
    }
  const { streamName, streamArn } = target
  const stream = { StreamName: streamName, ...(streamArn === null ? {} : { StreamARN: streamArn }) }
  return Buffer.from(`${JSON.stringify(stream).slice(0, -1)},"Records":[${records.join(',')}]}`)
}

/** The explicit hash key of an entry, decimal. `null` when it has none. */
export function hashKeyOf({ hashKeys }: EntryRun, i: number): string | null {
  if (!hashKeys || hashKeys.length[i] === 0) return null
  return hashKeys.slab.latin1Slice(hashKeys.offset[i]!, hashKeys.offset[i]! + hashKeys.length[i]!)
}

/**
 * The outcome of the `sent` entries. An answer without a result for one of them is an error, never a success: the entry would
 * be lost.
 */
export function decodePutRecordsCbor(body: Buffer, sent: number, shardIds = false): PutRecordsResult {
  if (!shardIds && saysAllWritten(body, sent)) return ALL_WRITTEN
  const reader = new CborReader(body)
  const answer = reader.value()
  if (reader.at !== body.length) throw new InvalidAnswer('bytes follow its end')
  return resultOf(answer, sent, shardIds)
}

export function decodePutRecordsJson(body: Buffer, sent: number, shardIds = false): PutRecordsResult {
  return resultOf(JSON.parse(body.toString('utf8')), sent, shardIds)
}

const ALL_WRITTEN: PutRecordsResult = { failed: [], shardIds: null }

/**
 * The answer to a request of which every entry was written, told without a look at each entry: no entry failed, there are as
 * many results as entries, and none of them names an error. False: not known.
 */
function saysAllWritten(body: Buffer, sent: number): boolean {
  if (body.includes('ErrorCode')) return false
  const reader = new CborReader(body)
  if (reader.head() !== 5) return false
  const fields = reader.argument
  let noneFailed = false
  let results = -1
  for (let i = 0; fields < 0 ? !reader.atBreak() : i < fields; i++) {
    const name = reader.value()
    if (name === 'FailedRecordCount') noneFailed = reader.value() === 0
    else if (name === 'Records') {
      const start = reader.at
      if (reader.head() !== 4) return false
      results = reader.argument
      if (noneFailed) break
      reader.at = start
      reader.skip()
    } else reader.skip()
  }
  return noneFailed && results === sent
}

function resultOf(answer: unknown, sent: number, shardIds: boolean): PutRecordsResult {
  const { Records, FailedRecordCount } = object(answer, 'the answer')
  const results = list(Records, 'Records').map((result, i) => object(result, `Records[${i}]`))
  if (results.length !== sent) throw new InvalidAnswer(`it has ${results.length} results for ${sent} records`)
  const failed: FailedEntry[] = []
  const shards = results.map(({ ErrorCode, ErrorMessage, ShardId, SequenceNumber }, index) => {
    const errorCode = optionalText(ErrorCode, `Records[${index}].ErrorCode`)
    if (errorCode === null) {
      text(SequenceNumber, `Records[${index}].SequenceNumber`)
      return text(ShardId, `Records[${index}].ShardId`)
    }
    failed.push({ index, errorCode, errorMessage: typeof ErrorMessage === 'string' ? ErrorMessage : '' })
    return optionalText(ShardId, `Records[${index}].ShardId`)
  })
  const count = optionalCount(FailedRecordCount, 'FailedRecordCount') ?? failed.length
  if (count !== failed.length) throw new InvalidAnswer(`it names ${failed.length} of its ${count} failed records`)
  return { failed, shardIds: shardIds ? shards : null }
}
