import t from 'tap'

import { parseDurationMs, parseMemorySize } from '../../../../core/foundation/config/quantities.ts'

t.test('durations as Flink writes them', async t => {
  for (const [text, ms] of [
    ['10 s', 10_000],
    ['500ms', 500],
    ['5 min', 300_000],
    ['1 h', 3_600_000],
    ['2 d', 172_800_000],
    ['250', 250],
    ['1000 us', 1],
    ['0 ms', 0],
    ['PT1M30S', 90_000],
    ['P1DT2H', 93_600_000],
    ['pt0.5s', 500],
  ] as const)
    t.equal(parseDurationMs(text), ms, text)
  for (const text of ['', 'P', 'often', '-1 s', '1.5 s', '10 fortnights', 's 10'])
    t.equal(parseDurationMs(text), undefined, text)
})

t.test('sizes as Flink writes them', async t => {
  for (const [text, bytes] of [
    ['64 kb', 65_536],
    ['16mb', 16 * 1024 ** 2],
    ['1 gb', 1024 ** 3],
    ['100', 100],
    ['3 bytes', 3],
  ] as const)
    t.equal(parseMemorySize(text), bytes, text)
  for (const text of ['', 'much', '1 eb', '-1']) t.equal(parseMemorySize(text), undefined, text)
})
