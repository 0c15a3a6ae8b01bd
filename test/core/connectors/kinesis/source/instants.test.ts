import t from 'tap'

import { Configuration } from '../../../../../core/foundation/config/configuration.ts'
import {
  initialPosition,
  parseInstantMs,
  retryOptions,
  SourceInstants,
  stopAtMs,
} from '../../../../../core/connectors/kinesis/source/instants.ts'

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

t.test('a timestamp in a pattern of its own; epoch seconds are read where the pattern does not fit', async t => {
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

t.test("latest is told in the service's time, and the first word counts for all attempts", async t => {
  const instants = new SourceInstants(new Configuration({ 'shardline.source.stop-at': 'latest' }), NOW)
  instants.correct(-90_000)
  instants.correct(5000)
  t.same(instants.initialPosition, { type: 'AT_TIMESTAMP', timestampMs: NOW - 90_000 })
  t.equal(instants.stopAtMs, NOW - 90_000)
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

t.test('"latest" is the best guess to start at, and the latest possible instant to stop at', async t => {
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
