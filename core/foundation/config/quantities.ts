/** Durations and sizes as Flink writes them: a number and a unit, `10 s`, `500ms`, `64 mb`; ISO-8601 durations too. */

const MS: Readonly<Record<string, number>> = {}
const durationUnits: readonly (readonly [number, readonly string[]])[] = [
  [86_400_000, ['d', 'day', 'days']],
  [3_600_000, ['h', 'hour', 'hours']],
  [60_000, ['m', 'min', 'minute', 'minutes']],
  [1000, ['s', 'sec', 'secs', 'second', 'seconds']],
  [1, ['', 'ms', 'milli', 'millis', 'millisecond', 'milliseconds']],
  [1e-3, ['us', 'µs', 'micro', 'micros', 'microsecond', 'microseconds']],
  [1e-6, ['ns', 'nano', 'nanos', 'nanosecond', 'nanoseconds']],
]
for (const [ms, names] of durationUnits) for (const name of names) (MS as Record<string, number>)[name] = ms

const BYTES: Readonly<Record<string, number>> = Object.fromEntries(
  (
    [
      [1, ['', 'b', 'bytes']],
      [1024, ['k', 'kb', 'kibibytes']],
      [1024 ** 2, ['m', 'mb', 'mebibytes']],
      [1024 ** 3, ['g', 'gb', 'gibibytes']],
      [1024 ** 4, ['t', 'tb', 'tebibytes']],
    ] as const
  ).flatMap(([bytes, names]) => names.map(name => [name, bytes])),
)

/** Milliseconds; a bare number is milliseconds too. */
export function parseDurationMs(text: string): number | undefined {
  const iso = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i.exec(text.trim())
  if (iso !== null && text.trim().length > 1) {
    const [d, h, m, s] = iso.slice(1).map(part => Number(part || 0)) as [number, number, number, number]
    return ((d * 24 + h) * 60 + m) * 60_000 + s * 1000
  }
  return parse(text, MS)
}

export function parseMemorySize(text: string): number | undefined {
  return parse(text, BYTES)
}

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+)\s*([a-zµ]*)$/i.exec(text.trim())
  if (match === null) return undefined
  const unit = units[match[2]!.toLowerCase()]
  return unit === undefined ? undefined : Number(match[1]) * unit
}
