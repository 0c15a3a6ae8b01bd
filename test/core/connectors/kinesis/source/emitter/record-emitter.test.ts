import t from 'tap'

import { RecordError, ServiceError } from '../../../../../../core/foundation/errors.ts'
import { deaggregate } from '../../../../../../schemas/kpl/aggregated-record.ts'
import { RecordBatch } from '../../../../../../core/foundation/record-batch/record-batch.ts'
import type { DeadLetterDestination } from '../../../../../../core/connectors/dead-letters/dead-letter-destination.ts'
import type { DeadLetter } from '../../../../../../core/operators/dead-letter.ts'
import { RecordEmitter } from '../../../../../../core/connectors/kinesis/source/emitter/record-emitter.ts'
import { RecordLosses } from '../../../../../../core/connectors/kinesis/source/emitter/record-losses.ts'
import type { PoisonedRecordsOptions } from '../../../../../../core/connectors/kinesis/source/emitter/poisoned-records.ts'
import type { KinesisDeserializationSchema } from '../../../../../../schemas/contracts/program-schema.ts'
import { recordMalformed } from '../../../../../../schemas/contracts/value-codec.ts'
import type { ValueDecoder } from '../../../../../../schemas/contracts/value-codec.ts'
import { CustomDeserializer, ValueDeserializer } from '../../../../../../schemas/value-deserializer.ts'
import { sourceBatch } from '../../../../fakes/batches.ts'
import { batchOf, shardIdOf } from '../../../../fakes/fake-stream.ts'
import { ManualClock } from '../../../../fakes/manual-clock.ts'
import { AGGREGATE_CASES, LOW } from '../../../../../schemas/kpl/aggregate-cases.ts'

/** Numbers; `-` is left out, and what is no number is malformed. */
const numbers: ValueDecoder = {
  type: { type: 'INT' },
  decode: record => {
    const text = record.toString()
    if (text === '-') return undefined
    if (!/^\d+$/.test(text)) throw recordMalformed('This is no number.')
    return Number(text)
  },
}

const lossesTo = (warnings: string[]): RecordLosses =>
  new RecordLosses(new ManualClock(), message => warnings.push(message))
const options: PoisonedRecordsOptions = { poisonRecords: 'fail', deadLetters: null, losses: lossesTo([]) }
const emitterOf = (decoder: ValueDecoder, overrides: Partial<PoisonedRecordsOptions> = {}): RecordEmitter =>
  new RecordEmitter(new ValueDeserializer(decoder), { ...options, ...overrides })

const destinationTo = (taken: DeadLetter[]): DeadLetterDestination => ({
  validate: async () => undefined,
  put: async deadLetters => void taken.push(...deadLetters),
  close: async () => undefined,
})

t.test('values keep the positions, times and type of their records; some are left out', async t => {
  const source = sourceBatch('1', '-', '3')
  const batch = emitterOf(numbers).emit(source)
  t.ok(batch instanceof RecordBatch, 'at once')
  const values = await batch
  t.same([values.values(), values.valueType], [[1, 3], { type: 'INT' }])
  t.same(values.positions!.at(1), source.positions!.at(2))
  t.same([...values.timestamp!], [source.timestamp![0], source.timestamp![2]])
})

t.test('a poisoned record fails the job, with its position and its first bytes', async t => {
  const error = await t.rejects(Promise.resolve(emitterOf(numbers).emit(sourceBatch('1', 'x"y'))), RecordError)
  t.match(error, {
    code: 'RECORD_MALFORMED',
    retryable: false,
    message:
      /^The record at stream flights, shardId-000000000003, sequence number 4950+1 cannot be read: This is no number. Its 3 bytes are "x\\"y"\. A dead letter handler would take such records; with shardline\.source\.poison-records: skip they are left out\.$/,
    details: { position: { stream: 'flights', partitionKey: 'key 1' } },
  })
  const long = emitterOf(numbers).emit(sourceBatch('\u0000'.repeat(40)))
  await t.rejects(Promise.resolve(long), { message: / Its 40 bytes begin with (00 ){31}00\. A dead/ })
  await t.rejects(Promise.resolve(emitterOf(numbers).emit(sourceBatch(''))), { message: /It is empty\. A dead/ })
})

t.test('or is left out, counted by shard, and warned of once a minute', async t => {
  const warnings: string[] = []
  const losses = lossesTo(warnings)
  const emitter = emitterOf(numbers, { poisonRecords: 'skip', losses })
  t.same((await emitter.emit(sourceBatch('a', '2', 'b'))).values(), [2])
  t.same((await emitter.emit(sourceBatch('c'))).count, 0)
  t.equal(emitter.numRecordsInErrors, 3)
  t.match(warnings, [
    /^Stream flights, shard shardId-000000000003: 2 unreadable records were left out .*sequence number 4950+0 cannot be read/,
  ])
  losses.close()
  t.match(warnings[1], /: 1 unreadable record was left out .*\(3 since the job started\.\)/)
  t.match(losses.of('flights', 'shardId-000000000003'), { skippedRecords: 3, deadLetters: 0 })
})

t.test('or goes to the dead letters, with its bytes and where it lay', async t => {
  const deadLetters: DeadLetter[] = []
  const source = sourceBatch('1', 'bad')
  const warnings: string[] = []
  const losses = lossesTo(warnings)
  const emitter = emitterOf(numbers, { deadLetters: destinationTo(deadLetters), losses })
  t.same((await emitter.emit(source)).values(), [1])
  t.match(warnings, [/shardId-000000000003: 1 unreadable record was given to the dead letters/])
  t.match(losses.of('flights', 'shardId-000000000003'), { skippedRecords: 0, deadLetters: 1 })
  t.same(deadLetters, [
    {
      stream: 'flights',
      code: 'RECORD_MALFORMED',
      message: 'This is no number.',
      partitionKey: 'key 1',
      explicitHashKey: null,
      data: Buffer.from('bad'),
      position: source.positions!.at(1),
    },
  ])
  t.equal(emitter.numRecordsInErrors, 1)
})

t.test('dead letters that cannot be put fail the job, which says what would have been lost', async t => {
  const full = { ...destinationTo([]), put: () => Promise.reject(new Error('disk full')) }
  await t.rejects(Promise.resolve(emitterOf(numbers, { deadLetters: full }).emit(sourceBatch('bad'))), {
    code: 'DEAD_LETTERS_FAILED',
    message: /sequence number 4950+0 cannot be read.*disk full/,
  })
})

t.test('what is no fault of a record ends the reading, whatever becomes of poisoned ones', async t => {
  const down = new ServiceError('ENDPOINT_UNREACHABLE', 'The registry does not answer.')
  const decoder = { ...numbers, prepare: () => Promise.reject(down) }
  await t.rejects(Promise.resolve(emitterOf(decoder, { poisonRecords: 'skip' }).emit(sourceBatch('1'))), down)
  const broken: ValueDecoder = {
    type: null,
    decode: () => {
      throw new TypeError('a defect')
    },
  }
  t.throws(() => emitterOf(broken, { poisonRecords: 'skip' }).emit(sourceBatch('1')), { message: 'a defect' })
})

t.test('what a record needs is waited for, in order; a schema that is not there is its own fault', async t => {
  const known = new Set<string>()
  let waits = 0
  const decoder: ValueDecoder = {
    ...numbers,
    prepare: record => {
      const text = record.toString()
      if (known.has(text)) return null
      waits++
      if (text === '7') return Promise.reject(new ServiceError('SCHEMA_NOT_FOUND', 'No such version.'))
      return new Promise(resolve =>
        setImmediate(() => {
          known.add(text)
          resolve()
        }),
      )
    },
  }
  const emitter = emitterOf(decoder, { poisonRecords: 'skip' })
  t.same((await emitter.emit(sourceBatch('1', '7', '2', '1', '-'))).values(), [1, 2, 1])
  t.same([waits, emitter.numRecordsInErrors], [4, 1])
})

t.test("a program's own schema sees all of a record, and gives any number of values", async t => {
  const seen: unknown[] = []
  let opened = 0
  const schema: KinesisDeserializationSchema<string> = {
    open: () => {
      opened++
    },
    deserialize: (record, stream, shardId, out) => {
      seen.push({ ...record, data: record.data.toString(), stream, shardId })
      for (const letter of record.data.toString()) {
        if (letter === '!') throw new RangeError('no exclamations')
        out.collect(letter)
      }
    },
  }
  const deserializer = new CustomDeserializer(schema)
  await deserializer.open()
  const source = sourceBatch('ab', 'c!', '', 'd')
  const emitter = new RecordEmitter(deserializer, { ...options, poisonRecords: 'skip' })
  const values = await emitter.emit(source)
  t.same(values.values(), ['a', 'b', 'd'])
  t.same(
    [0, 1, 2].map(i => values.positions!.sequenceNumber(i).at(-1)),
    ['0', '0', '3'],
  )
  t.same([opened, emitter.numRecordsInErrors], [1, 1])
  t.match(seen[1], {
    data: 'c!',
    partitionKey: 'key 1',
    subSequenceNumber: null,
    approximateArrivalTimestamp: 1_769_860_800_001,
    stream: 'flights',
    shardId: 'shardId-000000000003',
  })
  const failing = new RecordEmitter(deserializer, options).emit(sourceBatch('!'))
  await t.rejects(Promise.resolve(failing), {
    message: /The schema of the program failed: RangeError: no exclamations\. Its 1 bytes are "!"\. A dead letter/,
  })
})

t.test(
  'records after a broken one of their aggregate fail the job, are left out, or go to the dead letters',
  async t => {
    const broken = AGGREGATE_CASES.find(c => c.name === 'a partition key with the index 7')!
    const record = { sequenceNumber: '7', partitionKey: 'outer', data: broken.data, arrivalMs: 1 }
    const { batch } = deaggregate(batchOf('flights', shardIdOf(0), [record]), null)
    const texts: ValueDecoder = { type: { type: 'STRING' }, decode: bytes => bytes.toString() }
    await t.rejects(Promise.resolve(emitterOf(texts).emit(batch)), {
      code: 'RECORD_MALFORMED',
      message:
        /^The record at stream flights, shardId-000000000000, sequence number 7, place 1 in its aggregate cannot be read: Record 1 of the aggregate is broken: its partition key has the index 7/,
    })
    const skipping = emitterOf(texts, { poisonRecords: 'skip' })
    t.same((await skipping.emit(batch)).values(), ['one'])
    t.equal(skipping.numRecordsInErrors, 2)
    t.same((await skipping.emit(batch.slice(1, 3))).count, 0, 'nothing may be left')
    const deadLetters: DeadLetter[] = []
    t.same((await emitterOf(texts, { deadLetters: destinationTo(deadLetters) }).emit(batch)).values(), ['one'])
    t.match(deadLetters, [
      { data: Buffer.from('two'), position: { sequenceNumber: '7', subSequenceNumber: 1 } },
      { data: Buffer.from('three'), partitionKey: LOW, position: { sequenceNumber: '7', subSequenceNumber: 2 } },
    ])
  },
)
