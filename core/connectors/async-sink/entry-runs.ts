/** Calculations on runs of entries. */
import type { EntryRun } from '../../aws/kinesis/put-records-codec.ts'

/** Data and partition key, as the service counts. */
export function entrySize(run: EntryRun, i: number): number {
  return run.dataLength[i]! + run.keyLength[i]!
}

export function countBytes(runs: readonly EntryRun[]): number {
  let bytes = 0
  for (const run of runs) for (let i = run.from; i < run.to; i++) bytes += entrySize(run, i)
  return bytes
}

/** How many records the entries hold. An aggregate holds several. */
export function countRecords(runs: readonly EntryRun[]): number {
  let records = 0
  for (const run of runs) {
    if (!run.userRecords) records += run.to - run.from
    else for (let i = run.from; i < run.to; i++) records += run.userRecords[i]!
  }
  return records
}

/** The bytes of the partition key, a character for each, as a key of maps. */
export function keyText(run: EntryRun, i: number): string {
  return run.keySlab.latin1Slice(run.keyOffset[i]!, run.keyOffset[i]! + run.keyLength[i]!)
}

export function forEachEntry(runs: readonly EntryRun[], visit: (run: EntryRun, i: number) => void): void {
  for (const run of runs) for (let i = run.from; i < run.to; i++) visit(run, i)
}

/** Adds an entry. Entries that are neighbours in one run stay in one run. */
export function addEntry(runs: EntryRun[], run: EntryRun, i: number): void {
  const last = runs.at(-1)
  if (last?.to === i && last.dataOffset === run.dataOffset) runs[runs.length - 1] = { ...last, to: i + 1 }
  else runs.push({ ...run, from: i, to: i + 1 })
}

/** The entries at `indices` (ascending, counted over all runs of a request), in their order. */
export function selectEntries(runs: readonly EntryRun[], indices: readonly number[]): EntryRun[] {
  const selected: EntryRun[] = []
  let run = 0
  let before = 0
  for (const index of indices) {
    while (index - before >= runs[run]!.to - runs[run]!.from) {
      before += runs[run]!.to - runs[run]!.from
      run++
    }
    addEntry(selected, runs[run]!, runs[run]!.from + index - before)
  }
  return selected
}

/** The entry at `index` of a request: its run and its place in the columns. */
export function entryAt(runs: readonly EntryRun[], index: number): readonly [run: EntryRun, i: number] {
  let left = index
  for (const run of runs) {
    if (left < run.to - run.from) return [run, run.from + left]
    left -= run.to - run.from
  }
  throw new RangeError(`there is no entry ${index}`)
}

/** The first `count` entries, and the rest. */
export function splitEntries(runs: readonly EntryRun[], count: number): readonly [first: EntryRun[], rest: EntryRun[]] {
  const [first, rest]: [EntryRun[], EntryRun[]] = [[], []]
  let left = count
  for (const run of runs) {
    const size = run.to - run.from
    if (left >= size) first.push(run)
    else if (left <= 0) rest.push(run)
    else {
      first.push({ ...run, to: run.from + left })
      rest.push({ ...run, from: run.from + left })
    }
    left -= size
  }
  return [first, rest]
}
