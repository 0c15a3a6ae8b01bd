import t from 'tap'
import { Configuration } from '../../../../../core/foundation/config/configuration.ts'
import { initialPosition } from '../../../../../core/connectors/kinesis/source/initial-position.ts'

const NOW = 1_769_860_800_000

t.test(
  'LATEST is the instant at which the job started, so that a restart before a checkpoint misses nothing',
  async t => {
    t.same(initialPosition(new Configuration(), NOW), { type: 'AT_TIMESTAMP', timestampMs: NOW })
  },
)

t.test('TRIM_HORIZON and AT_TIMESTAMP are used as they are', async t => {
  const position = (configuration: Record<string, string>) => initialPosition(new Configuration(configuration), NOW)
  t.same(position({ 'source.init.position': 'TRIM_HORIZON' }), { type: 'TRIM_HORIZON' })
  t.same(position({ 'source.init.position': 'AT_TIMESTAMP', 'source.init.timestamp': '17.5' }), {
    type: 'AT_TIMESTAMP',
    timestampMs: 17_500,
  })
  t.throws(() => position({ 'source.init.position': 'AT_TIMESTAMP' }), { message: /needs source.init.timestamp/ })
  t.throws(() => position({ 'source.init.position': 'EARLIEST' }), { message: /source.init.position/ })
})

t.test('a timestamp may have its own pattern; epoch seconds are parsed when the pattern does not match', async t => {
  const position = (format: string, timestamp: string) =>
    initialPosition(
      new Configuration({
        'source.init.position': 'AT_TIMESTAMP',
        'source.init.timestamp.format': format,
        'source.init.timestamp': timestamp,
      }),
      NOW,
    )
  const at = (timestampMs: number) => ({ type: 'AT_TIMESTAMP', timestampMs })
  t.same(position('dd/MM/yyyy HH:mm Z', '31/01/2026 13:00 +0100'), at(NOW))
  t.same(position('yyyyMMddHHmmssX', '20260131120000Z'), at(NOW), 'digits that the pattern reads are no epoch')
  t.same(position('dd/MM/yyyy', '1769860800.25'), at(NOW + 250))
  t.throws(() => position('dd/MM/yyyy', '2026-01-31T12:00:00Z'), {
    code: 'CONFIGURATION_INVALID',
    message: /source.init.timestamp: '2026-01-31T12:00:00Z' is neither a time by the pattern dd\/MM\/yyyy/,
  })
  t.throws(() => position("yyyy-'W'ww", '2026-W05'), { message: /letter 'w'/ })
})
