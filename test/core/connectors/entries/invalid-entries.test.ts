import t from 'tap'

import { invalidEntries, invalidEntryError } from '../../../../core/connectors/entries/invalid-entries.ts'
import type { EntryChecks } from '../../../../core/connectors/entries/invalid-entries.ts'
import { sourceBatch, textBatch } from '../../fakes/batches.ts'
import { runOf } from '../../fakes/fake-sink-stream.ts'

function invalid(values: readonly (string | null)[], overrides: Partial<EntryChecks> = {}) {
  const checks = { invalidValues: null, invalidKeys: null, maxRecordSizeInBytes: 5, ...overrides }
  const run = runOf(values.map(value => ['k', value ?? '']))
  return invalidEntries(textBatch(...values), run, checks)
}

t.test('a batch whose entries can all be written has no invalid entries', async t => {
  t.equal(invalid(['a', 'b', 'abcd']), null)
  t.equal(invalid(['a'], { invalidValues: new Map(), invalidKeys: new Map() }), null)
})

t.test('sizes count the data and the key', async t => {
  t.match(invalid(['abcd', 'abcde']), [
    {
      i: 1,
      errorCode: 'RECORD_TOO_LARGE',
      message: 'a record of 6 bytes with its key is over maxRecordSizeInBytes (5)',
    },
  ])
})

t.test('an entry is rejected once, for its value before its key and its size', async t => {
  const invalidValues = new Map([[1, 'it is no number']])
  const invalidKeys = new Map([
    [1, 'no key'],
    [2, 'no key'],
    [3, 'no key'],
  ])
  t.match(invalid(['a', 'too large', 'too large', null, 'too large'], { invalidValues, invalidKeys }), [
    { i: 1, errorCode: 'VALUE_INVALID', message: 'the value does not match the schema: it is no number' },
    { i: 2, errorCode: 'VALIDATION_FAILED', message: 'no key' },
    { i: 3, errorCode: 'VALIDATION_FAILED', message: 'null cannot be written' },
    { i: 4, errorCode: 'RECORD_TOO_LARGE' },
  ])
})

t.test('the error names the sink, the origin of the record and a remedy', async t => {
  const origin = sourceBatch('too large').positions
  const run = { ...runOf([['k', 'too large']]), origin }
  const rejection = { run, i: 0, errorCode: 'RECORD_TOO_LARGE', message: 'a record of 10 bytes is too large' }
  t.match(invalidEntryError('The sink to stream out', 'out', rejection), {
    code: 'RECORD_TOO_LARGE',
    message:
      /^The sink to stream out: a record .* is too large\. It came from stream flights, .*, sequence number 495\d+\. If the stream takes larger records, raise the limit\. A dead letter handler/,
    details: { stream: 'out', position: { stream: 'flights' } },
  })
})
