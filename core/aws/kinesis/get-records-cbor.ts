/**
 * GetRecords answers in CBOR, decoded straight into columns: the body of the answer is the slab of the batch, and nothing is copied.
 * Benchmark: `npm run bench`, passthrough rows.
 */
import type { RecordBatch } from '../../foundation/record-batch/record-batch.ts'
import { InvalidAnswer, optionalCount, optionalText, text } from '../service/answer-checks.ts'
import { CborReader } from '../service/cbor.ts'
import { toChildShards } from './get-records-result.ts'
import type { ChildShard, GetRecordsResult } from './get-records-result.ts'
import { checkSequence, RecordColumns } from './record-columns.ts'

const BYTE_STRING = 2
const TEXT = 3

/**
 * Field names of a record, by the length of the name and its first four letters. The length alone does not tell them apart:
 * `EncryptionType` is as long as `SequenceNumber`.
 */
const DATA = 'Data'
const PARTITION_KEY = 'PartitionKey'
const SEQUENCE_NUMBER = 'SequenceNumber'
const ARRIVAL = 'ApproximateArrivalTimestamp'
const firstFour = (name: string): number => Buffer.from(name).readUInt32BE(0)
const DATA_LETTERS = firstFour(DATA)
const PARTITION_KEY_LETTERS = firstFour(PARTITION_KEY)
const SEQUENCE_NUMBER_LETTERS = firstFour(SEQUENCE_NUMBER)
const ARRIVAL_LETTERS = firstFour(ARRIVAL)

/** Bits of the fields that a record must have, each once. */
const HAS_DATA = 1
const HAS_PARTITION_KEY = 2
const HAS_SEQUENCE_NUMBER = 4
const HAS_ALL = 7

/** The limit of a JavaScript date. */
const MAX_TIME_MS = 8.64e15

export function decodeGetRecordsCbor(body: Buffer, stream: string, shardId: string): GetRecordsResult {
  const reader = new CborReader(body)
  let batch: RecordBatch | null = null
  let nextShardIterator: string | null = null
  let millisBehindLatest: number | null = null
  let childShards: ChildShard[] = []
  if (reader.head() !== 5) throw new InvalidAnswer('it is not a map')
  const fields = reader.argument
  for (let i = 0; fields < 0 ? !reader.atBreak() : i < fields; i++) {
    const name = text(reader.value(), 'the name of a field')
    if (name === 'Records') batch = readRecords(reader, stream, shardId)
    else if (name === 'NextShardIterator') nextShardIterator = optionalText(reader.value(), name)
    else if (name === 'MillisBehindLatest') millisBehindLatest = optionalCount(reader.value(), name)
    else if (name === 'ChildShards') childShards = toChildShards(reader.value())
    else reader.skip()
  }
  if (reader.at !== body.length) throw new InvalidAnswer('bytes follow its end, or are missing')
  // An answer without Records is not an empty one: it would end the shard.
  if (batch === null) throw new InvalidAnswer('Records is missing')
  return { batch, nextShardIterator, millisBehindLatest, childShards }
}

function readRecords(reader: CborReader, stream: string, shardId: string): RecordBatch {
  if (reader.head() !== 4) throw new InvalidAnswer('Records is not a list')
  const declared = reader.argument
  // A record takes 8 bytes at least. A damaged head may declare more records than the body can hold.
  const columns = new RecordColumns(declared >= 0 ? Math.min(declared, reader.buffer.length >> 3) : 1024)
  let n = 0
  for (; declared < 0 ? !reader.atBreak() : n < declared; n++) {
    if (n === columns.capacity) columns.grow()
    if (reader.head() !== 5) throw new InvalidAnswer(`Records[${n}] is not a map`)
    const fields = reader.argument
    let has = 0
    for (let f = 0; fields < 0 ? !reader.atBreak() : f < fields; f++) {
      if (reader.head() !== TEXT || reader.argument < 0)
        throw new InvalidAnswer(`a field name of Records[${n}] is not text`)
      const nameLength = reader.argument
      const letters = nameLength < 4 ? 0 : reader.uint32(reader.at)
      reader.at += nameLength
      if (letters === ARRIVAL_LETTERS && nameLength === ARRIVAL.length) {
        const arrivalMs = reader.timestampMs()
        if (!(Math.abs(arrivalMs) < MAX_TIME_MS)) throw new InvalidAnswer(`${ARRIVAL} of Records[${n}] is not a time`)
        columns.arrival[n] = arrivalMs
        continue
      }
      let field = 0
      if (letters === DATA_LETTERS && nameLength === DATA.length) field = HAS_DATA
      else if (letters === PARTITION_KEY_LETTERS && nameLength === PARTITION_KEY.length) field = HAS_PARTITION_KEY
      else if (letters === SEQUENCE_NUMBER_LETTERS && nameLength === SEQUENCE_NUMBER.length) field = HAS_SEQUENCE_NUMBER
      if (field === 0) {
        reader.skip()
        continue
      }
      const major = reader.head()
      const length = reader.argument
      if (major !== (field === HAS_DATA ? BYTE_STRING : TEXT) || length < 0 || (has & field) !== 0)
        throw new InvalidAnswer(`Records[${n}] is damaged`)
      has |= field
      const offset = reader.at
      reader.at += length
      if (field === HAS_DATA) {
        columns.dataOffset[n] = offset
        columns.dataLength[n] = length
      } else if (field === HAS_PARTITION_KEY) {
        columns.keyOffset[n] = offset
        columns.keyLength[n] = length
      } else {
        columns.sequenceOffset[n] = offset
        columns.sequenceLength[n] = length
      }
    }
    if (has !== HAS_ALL) throw new InvalidAnswer(`Records[${n}] lacks Data, PartitionKey or SequenceNumber`)
  }
  if (reader.at > reader.buffer.length) throw new InvalidAnswer('it ends too early')
  checkSequence(columns, n, reader.buffer)
  return columns.toBatch(n, reader.buffer, stream, shardId)
}
