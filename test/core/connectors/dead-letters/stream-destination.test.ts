import t from 'tap'

import type { DeadLetter } from '../../../../core/operators/dead-letter.ts'
import { StreamDestination } from '../../../../core/connectors/dead-letters/stream-destination.ts'
import { ServiceError } from '../../../../core/foundation/errors.ts'
import { FakeSinkStream } from '../../fakes/fake-sink-stream.ts'
import { ManualClock, settle } from '../../fakes/manual-clock.ts'
import { invalid } from '../../fakes/sink-writing.ts'

const deadLetter: DeadLetter = {
  stream: 'out',
  code: 'RECORD_TOO_LARGE',
  message: 'too large',
  partitionKey: null,
  explicitHashKey: null,
  data: Buffer.from('data'),
  position: null,
}

function destinationOf() {
  const stream = new FakeSinkStream()
  const services = { clock: new ManualClock(), warn: () => undefined, random: () => 0 }
  return { stream, destination: new StreamDestination(stream.proxy('unwritable'), services) }
}

t.test('put resolves when the stream has acknowledged every dead letter', async t => {
  const { stream, destination } = destinationOf()
  let stored = false
  const put = destination.put([deadLetter, deadLetter]).then(() => (stored = true))
  await settle()
  t.equal(stored, false)
  stream.held[0]!.answer()
  await put
  t.equal(stream.written.length, 2)
  t.match(JSON.parse(stream.written[0]![1]), { code: 'RECORD_TOO_LARGE', data: 'ZGF0YQ==' })
  t.match(stream.written[0]![0], /^[0-9a-f-]{36}$/, 'the key is a UUID')
})

t.test('a dead letter that the stream refuses is an error that names the remedies', async t => {
  const { stream, destination } = destinationOf()
  const put = destination.put([deadLetter])
  await settle()
  stream.held[0]!.reject(invalid())
  await t.rejects(put, {
    code: 'DEAD_LETTERS_FAILED',
    message: /^Stream unwritable does not take a dead letter of \d+ bytes: .*UpdateMaxRecordSize/,
  })
})

t.test('validation describes the stream, and closing closes the client', async t => {
  const { stream, destination } = destinationOf()
  await destination.validate()
  stream.describeError = new ServiceError('STREAM_NOT_FOUND', 'no such stream')
  await t.rejects(destination.validate(), { code: 'STREAM_NOT_FOUND' })
  await destination.close()
  t.equal(stream.closedProxies, 1)
})
