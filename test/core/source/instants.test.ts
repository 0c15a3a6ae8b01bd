import t from 'tap'

import { Configuration } from '../../../core/config/configuration.ts'
import { initialPosition, parseInstantMs, retryOptions, stopAtMs } from '../../../core/source/instants.ts'

const NOW = 1_769_860_800_000

t.test('an instant is epoch seconds, or ISO-8601 with a zone', async t => {
  for (const [text, ms] of [
    ['0', 0],
    ['1769860800', NOW],
    ['1769860800.25', NOW + 250],
    [' 1769860800 ', NOW],
    ['2026-01-31T12:00:00.000Z', NOW],
    ['2026-01-31T12:00:00Z', NOW],
    ['2026-01-31T13:00:00.000+01:00', NOW],
    ['2026-01-31T04:00:00.000-0800', NOW],
  ] as const)
    t.equal(parseInstantMs(text, 'key'), ms, text)
})

t.test('anything else is an error that names the key', async t => {
  for (const text of ['', 'tomorrow', '-5', '2026-01-31', '2026-01-31T12:00:00', '2026-13-31T12:00:00Z'])
    t.throws(() => parseInstantMs(text, 'some.key'), { code: 'CONFIGURATION_INVALID', message: /^some\.key: / }, text)
})

t.test(
  'LATEST is the instant at which the job started, so that a restart before a checkpoint misses nothing',
  async t => {
    t.same(initialPosition(new Configuration(), NOW), { type: 'AT_TIMESTAMP', timestampMs: NOW })
  },
)

t.test('the other initial positions', async t => {
  const position = (configuration: Record<string, string>) => initialPosition(new Configuration(configuration), NOW)
  t.same(position({ 'source.init.position': 'TRIM_HORIZON' }), { type: 'TRIM_HORIZON' })
  t.same(position({ 'source.init.position': 'AT_TIMESTAMP', 'source.init.timestamp': '17.5' }), {
    type: 'AT_TIMESTAMP',
    timestampMs: 17_500,
  })
  t.throws(() => position({ 'source.init.position': 'AT_TIMESTAMP' }), { message: /needs source.init.timestamp/ })
  t.throws(() => position({ 'source.init.position': 'EARLIEST' }), { message: /source.init.position/ })
})

t.test('a timestamp in a pattern of its own is refused rather than misread', async t => {
  const configuration = {
    'source.init.position': 'AT_TIMESTAMP',
    'source.init.timestamp.format': 'dd/MM/yyyy',
    'source.init.timestamp': '31/01/2026',
  }
  t.throws(() => initialPosition(new Configuration(configuration), NOW), { code: 'CONFIGURATION_INVALID' })
})

t.test('when a source stops', async t => {
  const stop = (text?: string) =>
    stopAtMs(new Configuration(text === undefined ? {} : { 'shardline.source.stop-at': text }), NOW)
  t.equal(stop(), null)
  t.equal(stop('never'), null)
  t.equal(stop('latest'), NOW)
  t.equal(stop('2026-01-31T12:00:00Z'), NOW)
  t.throws(() => stop('soon'), { message: /^shardline.source.stop-at/ })
})

t.test('retry options come from the keys of the AWS connectors', async t => {
  t.same(retryOptions(new Configuration()), { retryMinDelayMs: 300, retryMaxDelayMs: 1000, retryMaxAttempts: 50 })
  t.same(
    retryOptions(
      new Configuration({
        'retry-strategy.delay.min': '1 s',
        'retry-strategy.delay.max': '5 s',
        'retry-strategy.attempts.max': '3',
      }),
    ),
    { retryMinDelayMs: 1000, retryMaxDelayMs: 5000, retryMaxAttempts: 3 },
  )
})
