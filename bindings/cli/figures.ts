/** Formats numbers, durations and tables for people. */

export const grouped = (n: number): string => n.toLocaleString('en-US')

/** How far behind a shard is read. */
export function lag(millisBehindLatest: number, finished = false): string {
  if (finished) return 'ended'
  if (millisBehindLatest < 0) return 'starting'
  if (millisBehindLatest < 1000) return `${Math.round(millisBehindLatest)} ms behind`
  return `${(millisBehindLatest / 1000).toFixed(1)} s behind`
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const

/** The two greatest units: `2 h 4 min`. */
export function duration(ms: number): string {
  let seconds = Math.max(0, Math.round(ms / 1000))
  const parts: string[] = []
  for (const [unit, size] of UNITS) {
    const n = Math.floor(seconds / size)
    seconds -= n * size
    if (n > 0 || (parts.length === 0 && unit === 's')) parts.push(`${n} ${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ')
}

export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`
}

/** The end of a sequence number, which has 56 digits. */
export const sequenceEnd = (sequenceNumber: string): string =>
  sequenceNumber.length > 14 ? `..${sequenceNumber.slice(-12)}` : sequenceNumber

/** A table whose columns are as wide as their widest cells. The columns in `right` are right-aligned. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], right: readonly number[] = []) {
  const all = [header, ...rows]
  const widths = header.map((_, i) => Math.max(...all.map(row => (row[i] ?? '').length)))
  return all
    .map(row =>
      row
        .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .map(line => `${line}\n`)
    .join('')
}

/** A word of a command line, quoted if a shell would split or expand it. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
