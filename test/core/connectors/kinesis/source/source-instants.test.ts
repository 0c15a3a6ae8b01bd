import t from 'tap'
import { Configuration } from '../../../../../core/foundation/config/configuration.ts'
import { SourceInstants } from '../../../../../core/connectors/kinesis/source/source-instants.ts'

const NOW = 1_769_860_800_000

t.test("latest is in the service's time, and only the first correction counts", async t => {
  const instants = new SourceInstants(new Configuration({ 'shardline.source.stop-at': 'latest' }), NOW)
  instants.correct(-90_000)
  instants.correct(5000)
  t.same(instants.initialPosition, { type: 'AT_TIMESTAMP', timestampMs: NOW - 90_000 })
  t.equal(instants.stopAtMs, NOW - 90_000)
})

t.test('latest is the probable instant to start at, and the last possible instant to stop at', async t => {
  const instants = new SourceInstants(
    new Configuration({ 'source.init.position': 'LATEST', 'shardline.source.stop-at': 'latest' }),
    NOW,
  )
  instants.correct(-200, 700.5)
  t.same(instants.initialPosition, { type: 'AT_TIMESTAMP', timestampMs: NOW - 200 })
  t.equal(instants.stopAtMs, NOW + 701)
  t.equal(instants.stopAtLocalMs, NOW)
})

t.test("an instant that the program gives is the service's time", async t => {
  const stopAt = new Configuration({ 'shardline.source.stop-at': '1769860800' })
  const instants = new SourceInstants(stopAt, NOW + 5000)
  instants.correct(-200, 700)
  t.equal(instants.stopAtMs, NOW)
  t.equal(instants.stopAtLocalMs, null)
})
