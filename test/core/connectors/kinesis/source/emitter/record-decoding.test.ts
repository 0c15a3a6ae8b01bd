import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'

import { RecordDecoding } from '../../../../../../core/connectors/kinesis/source/emitter/record-decoding.ts'
import { RecordLosses } from '../../../../../../core/connectors/kinesis/source/emitter/record-losses.ts'
import { NO_START_CONTEXT } from '../../../../../../core/aws/service/stream-readiness.ts'
import { Configuration } from '../../../../../../core/foundation/config/configuration.ts'
import { RecordError } from '../../../../../../core/foundation/errors.ts'
import type { KinesisStreamsSourceSpec } from '../../../../../../core/connectors/kinesis/kinesis-streams-source-spec.ts'
import { NO_SCHEMA_SERVICES } from '../../../../../../schemas/glue/schema-services.ts'
import { sourceBatch } from '../../../../fakes/batches.ts'
import { kinesisSourceSpec } from '../../../../fakes/graphs.ts'
import { ManualClock } from '../../../../fakes/manual-clock.ts'

function decodingOf(overrides: Partial<KinesisStreamsSourceSpec> = {}, configuration: Record<string, string> = {}) {
  const clock = new ManualClock()
  const warn = (): void => undefined
  return new RecordDecoding(kinesisSourceSpec(overrides), new Configuration(configuration), {
    clock,
    schemas: NO_SCHEMA_SERVICES,
    deadLetterHandler: null,
    keepsRecords: false,
    losses: new RecordLosses(clock, warn),
    warn,
  })
}

const poisoned = [{ i: 0, error: new RecordError('RECORD_MALFORMED', 'This is no number.') }]

t.test('an emitter decodes by the schema of the source', async t => {
  const emitter = decodingOf().createEmitter()
  t.same((await emitter.emit(sourceBatch('a', 'b'))).values(), ['a', 'b'])
  emitter.close()
})

t.test('a schema that cannot be opened is an error before the job runs', async t => {
  const decoding = decodingOf({ deserializationSchema: { type: 'simple-string', charset: 'klingon' } })
  await t.rejects(decoding.validate(NO_START_CONTEXT), { code: 'CONFIGURATION_INVALID', message: /klingon/ })
})

t.test('by default a record that a function cannot read fails the job', async t => {
  t.equal(decodingOf().createPoisonedRecords(), null)
})

t.test('with skip such records are left out, with a dead letter handler they are stored', async t => {
  const skipping = decodingOf({}, { 'shardline.source.poison-records': 'skip' }).createPoisonedRecords()!
  await skipping.settle(sourceBatch('x'), poisoned)
  t.equal(skipping.count, 1)
  const folder = mkdtempSync(path.join(os.tmpdir(), 'shardline-dead-letters-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'dead-letters.jsonl')
  const storing = decodingOf({ deadLetters: { type: 'file', path: file } }).createPoisonedRecords()!
  await storing.settle(sourceBatch('x'), poisoned)
  t.match(JSON.parse(readFileSync(file, 'utf8')), { code: 'RECORD_MALFORMED', stream: 'flights' })
  storing.close()
})
