import t from 'tap'
import { Configuration } from '../../../../../core/foundation/config/configuration.ts'
import { stopAtMs } from '../../../../../core/connectors/kinesis/source/stop-position.ts'

const NOW = 1_769_860_800_000

t.test('a source stops never, at latest, or at a time', async t => {
  const stop = (text?: string) =>
    stopAtMs(new Configuration(text === undefined ? {} : { 'shardline.source.stop-at': text }), NOW)
  t.equal(stop(), null)
  t.equal(stop('never'), null)
  t.equal(stop('latest'), NOW)
  t.equal(stop('2026-01-31T12:00:00Z'), NOW)
  t.throws(() => stop('soon'), { message: /^shardline.source.stop-at/ })
})
