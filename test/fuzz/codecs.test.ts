/**
 * The decoders of the hot calls and of enhanced fan-out, fed with damaged answers: each ends in what the sound answer says or in
 * an error of one of the expected kinds, never in other records, fewer records, or success for an entry that failed.
 * `SHARDLINE_ROUNDS=1000000 npm test -- fuzz/codecs` runs longer, `SHARDLINE_SEED=17` other rounds.
 *
 * No check can see damage within the bytes of a record's data or key, in an arrival time or in an opaque iterator: there, only the
 * shape has to be right.
 */
import { EventStreamCodec } from '@smithy/core/event-streams'
import { fromUtf8, toUtf8 } from '@smithy/core/serde'
import { encode, Token, Type } from 'cborg'
import t from 'tap'

import { InvalidAnswer } from '../../core/aws/service/answer-checks.ts'
import { decodeGetRecordsJson, decodeSubscriptionEvent } from '../../core/aws/kinesis/get-records-json.ts'
import { decodeGetRecordsCbor } from '../../core/aws/kinesis/get-records-cbor.ts'
import type { ChildShard } from '../../core/aws/kinesis/get-records-result.ts'
import { decodePutRecordsCbor, decodePutRecordsJson } from '../../core/aws/kinesis/put-records-codec.ts'
import type { PutRecordsResult } from '../../core/aws/kinesis/put-records-codec.ts'
import type { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import { Random } from '../simulation/random.ts'
import { cut, damageField, flipBits, scramble } from './mutation.ts'

const ROUNDS = Number(process.env['SHARDLINE_ROUNDS'] ?? 20_000)
const SEED = Number(process.env['SHARDLINE_SEED'] ?? 1)

interface Target {
  readonly name: string
  readonly answer: object
  readonly write: (answer: unknown) => Buffer
  readonly read: (body: Buffer) => unknown
  /** What is wrong with a result that was read from a damaged answer; `null`: nothing that can be seen. */
  readonly compare: (sound: unknown, damaged: unknown) => string | null
}

const record = (n: number) => ({
  Data: Buffer.from(`the data of record ${n} `.repeat(n % 3)),
  PartitionKey: `key ${n}`,
  SequenceNumber: `4960338271490256608559692538361571095921575989136588${String(n).padStart(4, '0')}`,
  ApproximateArrivalTimestamp: new Date(1_769_860_800_123 + n),
  EncryptionType: 'KMS',
})
const child = (n: number) => ({
  ShardId: `shardId-00000000000${n}`,
  ParentShards: ['shardId-000000000000'],
  HashKeyRange: { StartingHashKey: '0', EndingHashKey: '170141183460469231731687303715884105727' },
})
const read = {
  Records: Array.from({ length: 7 }, (_, n) => record(n)),
  NextShardIterator: 'AAAAAAAAAAHSywljv0zEgPX4NyKdZ5wryMzP9yALs8NeKbUjp1IxtZs1Sp',
  MillisBehindLatest: 2100,
}
const ended = { Records: [record(1)], ChildShards: [child(1), child(2)], MillisBehindLatest: 0 }
const event = { ...read, ContinuationSequenceNumber: record(9).SequenceNumber }
const put = {
  FailedRecordCount: 2,
  EncryptionType: 'NONE',
  Records: Array.from({ length: 9 }, (_, n) =>
    n % 4 === 3
      ? { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded for shard.' }
      : { SequenceNumber: record(n).SequenceNumber, ShardId: 'shardId-000000000000' },
  ),
}
const allPut = { FailedRecordCount: 0, Records: put.Records.filter(r => !('ErrorCode' in r)) }

const typeEncoders = { Date: (date: Date) => [new Token(Type.tag, 1), new Token(Type.uint, date.getTime())] }
const cbor = (value: unknown): Buffer => Buffer.from(encode(value, { typeEncoders }))
const json = (value: unknown): Buffer =>
  Buffer.from(
    JSON.stringify(value, function (this: Record<string, unknown>, key, inner: unknown) {
      const own = this[key]
      if (own instanceof Date) return own.getTime() / 1000
      return own instanceof Uint8Array ? Buffer.from(own).toString('base64') : inner
    }),
  )
const codec = new EventStreamCodec(toUtf8, fromUtf8)
const framed = (value: unknown): Buffer =>
  Buffer.from(
    codec.encode({
      headers: {
        ':message-type': { type: 'string', value: 'event' },
        ':event-type': { type: 'string', value: 'SubscribeToShardEvent' },
      },
      body: json(value),
    }),
  )

interface Read {
  readonly batch: RecordBatch
  readonly childShards: readonly ChildShard[]
  readonly nextShardIterator?: string | null
  readonly continuationSequenceNumber?: string | null
}

const lengths = ({ batch }: Read): string =>
  Array.from({ length: batch.count }, (_, i) => {
    const { sequenceNumber } = batch.positions!.at(i)
    return [batch.dataLength[i], batch.positions!.partitionKey(i).length, sequenceNumber.length].join(' ')
  }).join()

/** Damage may hide a field that need not be there; the readers ask for proof of what follows from that. */
function compareRead(sound: unknown, damaged: unknown): string | null {
  const [a, b] = [sound as Read, damaged as Read]
  if (a.batch.count !== b.batch.count) return `${b.batch.count} records instead of ${a.batch.count}`
  if (!b.batch.positions!.at) return 'no positions'
  if (b.childShards.length !== 0 && b.childShards.length !== a.childShards.length) return 'another number of children'
  for (const name of ['nextShardIterator', 'continuationSequenceNumber'] as const) {
    const [before, after] = [a[name] ?? null, b[name] ?? null]
    if (after !== null && before === null) return `${name} came from nowhere`
  }
  return null
}

/** Of flipped bits: no length of a field may change unseen. */
const compareLengths = (sound: unknown, damaged: unknown): string | null =>
  compareRead(sound, damaged) ?? (lengths(sound as Read) === lengths(damaged as Read) ? null : 'other lengths')

function comparePut(sound: unknown, damaged: unknown): string | null {
  const indices = (result: unknown): string => (result as PutRecordsResult).failed.map(f => f.index).join()
  return indices(sound) === indices(damaged) ? null : `failed ${indices(damaged)} instead of ${indices(sound)}`
}

const SHARD = ['flights', 'shardId-000000000000'] as const
const targets: Target[] = [
  ...[read, ended].flatMap((answer, i): Target[] => [
    {
      name: `GetRecords ${i} in CBOR`,
      answer,
      write: cbor,
      read: body => decodeGetRecordsCbor(body, ...SHARD),
      compare: compareRead,
    },
    {
      name: `GetRecords ${i} in JSON`,
      answer,
      write: json,
      read: body => decodeGetRecordsJson(body, ...SHARD),
      compare: compareRead,
    },
  ]),
  {
    name: 'a frame of SubscribeToShard',
    answer: event,
    write: framed,
    read: body => decodeSubscriptionEvent(codec.decode(body).body, ...SHARD),
    compare: compareRead,
  },
  ...[put, allPut].flatMap((answer, i): Target[] =>
    [true, false].flatMap(shardIds => [
      {
        name: `PutRecords ${i} in CBOR${shardIds ? ' with shards' : ''}`,
        answer,
        write: cbor,
        read: body => decodePutRecordsCbor(body, answer.Records.length, shardIds),
        compare: comparePut,
      },
      {
        name: `PutRecords ${i} in JSON${shardIds ? ' with shards' : ''}`,
        answer,
        write: json,
        read: body => decodePutRecordsJson(body, answer.Records.length, shardIds),
        compare: comparePut,
      },
    ]),
  ),
]

/** What `data-plane-client` and `fan-out-client` turn into RESPONSE_INVALID. */
const isExpected = (error: unknown): boolean =>
  error instanceof InvalidAnswer || error instanceof RangeError || error instanceof SyntaxError || isFrameError(error)

const isFrameError = (error: unknown): boolean =>
  error instanceof Error && /checksum|message length|message too short|Unrecognized header/i.test(error.message)

for (const target of targets)
  t.test(`damaged answers: ${target.name}`, async t => {
    const random = new Random(SEED)
    const body = target.write(target.answer)
    const sound = target.read(Buffer.from(body))
    const seen = { errors: 0, same: 0 }
    const wrong: string[] = []
    for (let round = 0; round < Math.ceil(ROUNDS / targets.length); round++) {
      const kind = random.pick(['flip', 'flip', 'cut', 'field'] as const)
      const damaged =
        kind === 'flip'
          ? flipBits(body, random)
          : kind === 'cut'
            ? cut(body, random)
            : target.write(damageField(target.answer, random))
      try {
        const result = target.read(Buffer.from(damaged))
        const compare = kind === 'flip' && target.compare === compareRead ? compareLengths : target.compare
        const difference = kind === 'field' ? fieldDifference(target, sound, result) : compare(sound, result)
        if (difference === null) seen.same++
        else wrong.push(`${kind}: ${difference}: ${damaged.toString('base64')}`)
      } catch (error) {
        if (isExpected(error)) seen.errors++
        else wrong.push(`${kind}: ${String((error as Error).stack)}: ${damaged.toString('base64')}`)
      }
    }
    t.equal(wrong.length, 0, wrong.slice(0, 3).join('\n'))
    t.ok(seen.errors > 0 && seen.same > 0, JSON.stringify(seen))
  })

/** A field that is taken out whole leaves a sound answer of another content, if it is a whole record or child that is taken out. */
function fieldDifference(target: Target, sound: unknown, result: unknown): string | null {
  if (target.compare !== compareRead) return target.compare(sound, result)
  const [a, b] = [sound as Read, result as Read]
  return b.batch.count <= a.batch.count && b.childShards.length <= a.childShards.length ? null : 'more than there was'
}

t.test('noise never stops the decoders', async t => {
  const random = new Random(SEED)
  for (let round = 0; round < ROUNDS / 4; round++) {
    const target = random.pick(targets)
    let body = target.write(target.answer)
    for (let n = random.int(1, 6); n > 0; n--) body = scramble(body, random)
    try {
      target.read(body)
    } catch (error) {
      if (!isExpected(error)) t.fail(`${target.name}: ${String((error as Error).stack)}: ${body.toString('base64')}`)
    }
  }
  t.pass('held')
})
