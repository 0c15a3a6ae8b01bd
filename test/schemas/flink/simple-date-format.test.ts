import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import t from 'tap'

import { simpleDateFormat } from '../../../schemas/flink/simple-date-format.ts'

const VECTORS = 'test/schemas/flink/vectors/simple-date-format.json'
const parse = (pattern: string, text: string): number | null => simpleDateFormat(pattern, 'key')(text)

// What java.text.SimpleDateFormat (English locale) gives for each.
const NOON = Date.UTC(2026, 0, 31, 12)

interface Vectors {
  readonly now: number
  readonly vectors: readonly {
    readonly zone: string
    readonly pattern: string
    readonly text: string
    readonly ms: number | null
  }[]
}

/** Made by java/SimpleDateFormatVectors.java. */
function vectorsOf(): Vectors {
  let root = import.meta.dirname
  while (!existsSync(path.join(root, VECTORS))) root = path.dirname(root)
  return JSON.parse(readFileSync(path.join(root, VECTORS), 'utf8')) as Vectors
}

t.test("times are those of Java's SimpleDateFormat, in every zone", async t => {
  const { now, vectors } = vectorsOf()
  const before = process.env['TZ']
  t.teardown(() => {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  })
  for (const { zone, pattern, text, ms } of vectors) {
    process.env['TZ'] = zone
    t.equal(simpleDateFormat(pattern, 'key', now)(text), ms, `${pattern}: ${text} in ${zone}`)
  }
  t.ok(vectors.length > 400)
})

t.test('the patterns that people use', async t => {
  for (const [pattern, text, ms] of [
    ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '2026-01-31T13:00:00.250+01:00', NOON + 250],
    ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '2026-01-31T12:00:00.000Z', NOON],
    ["yyyy-MM-dd'T'HH:mm:ssXX", '2026-01-31T13:30:00+0130', NOON],
    ['yyyy-MM-dd HH:mm:ss X', '2026-01-31 13:00:00 +01', NOON],
    ['yyyyMMddHHmmssZ', '20260131040000-0800', NOON],
    ['EEE, d MMM yyyy HH:mm:ss z', 'Sat, 31 Jan 2026 12:00:00 GMT', NOON],
    ['EEEE d MMMM yyyy h:mm a z', 'Saturday 31 January 2026 12:00 PM UTC', NOON],
    ['d/M/yy K a z', '31/1/26 0 AM GMT+01:00', NOON - 13 * 3_600_000],
    ['yyyy-MM-dd kk:mm X', '2026-01-31 24:00 Z', NOON - 12 * 3_600_000],
    ["h 'o''clock' a, dd.MM.yyyy z", "12 o'clock PM, 31.01.2026 UTC", NOON],
    ["''yyyy''X", "'2026'Z", Date.UTC(2026, 0, 1)],
  ] as const)
    t.equal(parse(pattern, text), ms, `${pattern}: ${text}`)
})

t.test("without a zone it is this machine's time", async t => {
  t.equal(parse('yyyy-MM-dd HH:mm', '2026-01-31 12:00'), new Date(2026, 0, 31, 12).getTime())
})

t.test('what does not match in every part is not a time', async t => {
  for (const [pattern, text] of [
    ['yyyy-MM-dd', '2026-01-31T12:00:00Z'],
    ['yyyy-MM-dd X', '2026-01-31 +24'],
    ['s', '2147483648'],
    ['yyyy.MM.dd', '2026-01-31'],
    ['yyyyMMdd', '202601'],
    ['MMM yyyy', 'Foo 2026'],
    ['yyyy', ''],
  ] as const)
    t.equal(parse(pattern, text), null, `${pattern}: ${text}`)
})

t.test('a letter that is not read is named, and so is a quote that stays open', async t => {
  t.throws(() => parse('YYYY-ww', '2026-05'), { code: 'CONFIGURATION_INVALID', message: /^key: .*letter 'Y'/ })
  t.throws(() => parse("yyyy-MM-dd'T", '2026'), { message: /unterminated quote/ })
})
