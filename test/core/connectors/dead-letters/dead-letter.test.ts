import t from 'tap'

import { deadLetterOfRejection, deadLetterToJson } from '../../../../core/connectors/dead-letters/dead-letter.ts'
import { runOf } from '../../fakes/fake-sink-stream.ts'

const run = runOf([
  ['k', 'data'],
  ['', 'keyless'],
])

t.test('the dead letter of an entry has its key, its bytes and the reason', async t => {
  t.same(deadLetterOfRejection('out', { run, i: 0, errorCode: 'RECORD_TOO_LARGE', message: 'too large' }), {
    stream: 'out',
    code: 'RECORD_TOO_LARGE',
    message: 'too large',
    partitionKey: 'k',
    explicitHashKey: null,
    data: Buffer.from('data'),
    position: null,
  })
  t.equal(deadLetterOfRejection('out', { run, i: 1, errorCode: 'X', message: 'x' }).partitionKey, null)
})

t.test('the JSON of a dead letter begins with the time, and has its data as base64', async t => {
  const deadLetter = deadLetterOfRejection('out', { run, i: 0, errorCode: 'X', message: 'x' })
  t.equal(
    deadLetterToJson(deadLetter, Date.UTC(2026, 0, 31, 12)),
    '{"time":"2026-01-31T12:00:00.000Z","stream":"out","code":"X","message":"x","partitionKey":"k","explicitHashKey":null,"position":null,"data":"ZGF0YQ=="}',
  )
})
