import t from 'tap'
import { parseInstantMs } from '../../../../../core/connectors/kinesis/source/instant-text.ts'

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

t.test('a text of any other form is an error that names the option', async t => {
  for (const text of ['', 'tomorrow', '-5', '2026-01-31', '2026-01-31T12:00:00', '2026-13-31T12:00:00Z'])
    t.throws(() => parseInstantMs(text, 'some.key'), { code: 'CONFIGURATION_INVALID', message: /^some\.key: / }, text)
})
