/** What an unknown key was probably meant to be. */

/** Edits up to here are a slip of the finger, whatever the key. */
export const TYPO = 3

/** Edits up to here are likely meant to be another key, if any is near. */
export const nearEnough = (key: string): number => Math.max(TYPO, Math.ceil(key.length * 0.45))

/** The nearest key that is fewer than `below` edits away. `null` when there is none. */
export function nearestKey(key: string, candidates: Iterable<string>, below = nearEnough(key)): string | null {
  let best: string | null = null
  let bestDistance = below
  for (const candidate of candidates) {
    const d = distance(key.toLowerCase(), candidate.toLowerCase())
    if (d < bestDistance) [best, bestDistance] = [candidate, d]
  }
  return best
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
