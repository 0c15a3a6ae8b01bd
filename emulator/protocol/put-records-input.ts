// The input of PutRecords: the records as offsets (`RecordBatch`), and the other members as values. CBOR is scanned in
// place, without an object or a copy for each record. The scan does not support chunked strings and wrong types. A body
// that has them is read by the general decoder, which returns the same records or throws the error.
import { serialization, validation } from '../errors.ts'
import { ARRAY, BYTES, MAP, TEXT } from '../encoding/cbor-head.ts'
import { CborReader, decodeCborObject, INDEFINITE } from '../encoding/cbor-reader.ts'
import type { WireObject, WireValue } from '../encoding/wire-value.ts'
import { isWireObject } from '../encoding/wire-value.ts'
import { decodeBase64, MAX_BATCH_RECORDS, RecordBatch } from '../store/record-batch.ts'
import type { RecordInput } from '../store/record-batch.ts'

export interface PutRecordsInput {
  readonly members: WireObject
  readonly records: RecordBatch
}

const DATA = Buffer.from('Data')
const PARTITION_KEY = Buffer.from('PartitionKey')
const EXPLICIT_HASH_KEY = Buffer.from('ExplicitHashKey')
const RECORDS = Buffer.from('Records')

/** Reads the CBOR body of a PutRecords request. */
export function scanPutRecords(body: Buffer): PutRecordsInput {
  return scan(body) ?? putRecordsOf(decodeCborObject(body))
}

/** Takes the records from a decoded body. */
export function putRecordsOf(members: WireObject): PutRecordsInput {
  const { Records: records, ...others } = members
  if (records === undefined || records === null) throw validation('records', 'not be null')
  if (!Array.isArray(records)) throw serialization('Records is not a list')
  checkCount(records.length)
  return { members: others, records: RecordBatch.of(records.map(recordOf)) }
}

/** Returns the record of a PutRecord request, or of an entry of PutRecords. */
export function recordOf(entry: WireValue, index?: number): RecordInput {
  const path = index === undefined ? '' : `records.${index + 1}.member.`
  if (!isWireObject(entry)) throw serialization('A record is not a structure')
  const { Data: data, PartitionKey: partitionKey, ExplicitHashKey: explicitHashKey } = entry
  if (data === undefined || data === null) throw validation(`${path}data`, 'not be null')
  if (partitionKey !== undefined && partitionKey !== null && typeof partitionKey !== 'string')
    throw serialization('PartitionKey can not be converted to a String')
  if (typeof data !== 'string' && !(data instanceof Uint8Array))
    throw serialization('Data can not be converted to a Blob')
  if (explicitHashKey !== undefined && explicitHashKey !== null && typeof explicitHashKey !== 'string') {
    throw serialization('ExplicitHashKey can not be converted to a String')
  }
  const bytes = typeof data === 'string' ? decodeBase64(data) : data
  return { data: bytes, partitionKey: partitionKey ?? undefined, explicitHashKey: explicitHashKey ?? undefined }
}

function checkCount(count: number): void {
  if (count < 1) throw validation('records', 'have length greater than or equal to 1')
  if (count > MAX_BATCH_RECORDS) throw validation('records', `have length less than or equal to ${MAX_BATCH_RECORDS}`)
}

/** Returns undefined when the body contains something that the scan does not support. */
function scan(body: Buffer): PutRecordsInput | undefined {
  const reader = new CborReader(body)
  const members: Record<string, WireValue> = {}
  let records: RecordBatch | undefined
  const length = reader.head()
  if (!reader.isA(MAP)) return undefined
  for (let read = 0; reader.more(length, read); read++) {
    const nameLength = reader.head()
    if (!reader.isA(TEXT) || nameLength === INDEFINITE) return undefined
    const start = reader.skip(nameLength)
    if (matches(body, start, nameLength, RECORDS)) {
      records = scanRecords(reader)
      if (records === undefined) return undefined
    } else {
      members[body.toString('utf8', start, reader.at)] = reader.value()
    }
  }
  return records === undefined || reader.at !== body.length ? undefined : { members, records }
}

function scanRecords(reader: CborReader): RecordBatch | undefined {
  const length = reader.head()
  if (!reader.isA(ARRAY)) return undefined
  const batch = new RecordBatch(reader.body, MAX_BATCH_RECORDS)
  while (reader.more(length, batch.count)) {
    if (batch.count === MAX_BATCH_RECORDS) return undefined
    if (!scanRecord(reader, batch)) return undefined
    batch.count++
  }
  checkCount(batch.count)
  return batch
}

function scanRecord(reader: CborReader, batch: RecordBatch): boolean {
  const { body } = reader
  const i = batch.count
  const members = reader.head()
  if (!reader.isA(MAP)) return false
  let hasData = false
  batch.omitKey(i)
  for (let read = 0; reader.more(members, read); read++) {
    const nameLength = reader.head()
    if (!reader.isA(TEXT) || nameLength === INDEFINITE) return false
    const name = reader.skip(nameLength)
    const length = reader.head()
    if (length === INDEFINITE) return false
    const start = reader.skip(reader.isA(BYTES) || reader.isA(TEXT) ? length : 0)
    if (reader.isA(BYTES) && matches(body, name, nameLength, DATA)) {
      batch.dataStarts[i] = start
      batch.dataEnds[i] = reader.at
      hasData = true
    } else if (reader.isA(TEXT) && matches(body, name, nameLength, PARTITION_KEY)) {
      batch.keyStarts[i] = start
      batch.keyEnds[i] = reader.at
    } else if (reader.isA(TEXT) && matches(body, name, nameLength, EXPLICIT_HASH_KEY)) {
      batch.setExplicitHashKey(i, body.toString('latin1', start, reader.at))
    } else {
      return false
    }
  }
  return hasData
}

function matches(body: Buffer, start: number, length: number, name: Buffer): boolean {
  if (length !== name.length) return false
  for (let i = 0; i < length; i++) if (body[start + i] !== name[i]) return false
  return true
}
