/** What the outcome of a request means for each entry of its batch: acknowledged, a dead letter, or to be sent again. */
import type { EntryRun } from '../../aws/kinesis/put-records-codec.ts'
import type { Outcome } from './batch-sender.ts'
import { addEntry, countRecords, entrySize, forEachEntry } from './entry-runs.ts'
import type { Batch } from './sink-buffer.ts'
import type { SinkCounters } from './sink-counters.ts'

/**
 * Counts the entries and calls `onAcknowledged` for those that are done: written, or stored as dead letters.
 *
 * @returns the entries to send again, in their order
 */
export function settleBatch(
  { runs, bytes }: Batch,
  { failed, replaced, rejected }: Outcome,
  counters: SinkCounters,
): EntryRun[] {
  if (failed.length + replaced.size + rejected.size === 0) {
    counters.records += countRecords(runs)
    counters.bytes += bytes
    for (const run of runs) run.onAcknowledged?.(run.to - run.from)
    return []
  }
  const again: EntryRun[] = []
  const failedAt = new Set(failed.map(f => f.index))
  let index = 0
  forEachEntry(runs, (run, i) => {
    const at = index++
    const records = run.userRecords?.[i] ?? 1
    if (failedAt.has(at)) {
      addEntry(again, run, i)
      counters.retries += records
      return
    }
    if (replaced.has(at)) {
      again.push(...replaced.get(at)!)
      counters.retries += records
      return
    }
    if (rejected.has(at)) counters.deadLetters += records
    else {
      counters.records += records
      counters.bytes += entrySize(run, i)
    }
    run.onAcknowledged?.(1)
  })
  return again
}
