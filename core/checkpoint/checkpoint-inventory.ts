/** What lies in a job's folder and in what condition, and what of it nothing needs any more. */
import path from 'node:path'

import type { CheckpointEntry, CheckpointStorage } from './checkpoint.ts'
import type { LeaseHolder } from './lease-store.ts'
import type { ProcessTable } from './process-table.ts'
import { messageOf } from '../foundation/errors.ts'

export interface InventoryEntry extends CheckpointEntry {
  /**
   * `whole`: every file has its checksum; `damaged`: it has `_metadata` and cannot be restored; `incomplete`: it has no
   * `_metadata`; `complete`: it has, and nothing more was looked at.
   */
  readonly condition: 'whole' | 'damaged' | 'incomplete' | 'complete'
  /** What is damaged; else null. */
  readonly problem: string | null
  /** When it was triggered, epoch milliseconds; null where that cannot be read. */
  readonly timestampMs: number | null
}

export interface Inventory {
  /** By number, the oldest first, then savepoints by time. */
  readonly entries: readonly InventoryEntry[]
  /** The run that writes here, or null if no run does. */
  readonly writer: LeaseHolder | 'unknown' | null
}

/** @param verify whether to read every file and compare it with its checksum */
export async function takeInventory(
  storage: CheckpointStorage,
  processes: ProcessTable,
  verify: boolean,
): Promise<Inventory> {
  const entries: InventoryEntry[] = []
  for (const entry of await storage.list()) entries.push(await examined(entry, storage, verify))
  entries.sort((a, b) => compare(orderOf(a), orderOf(b)) || compare(timeOf(a), timeOf(b)))
  const lease = await storage.readLease()
  const ended = lease === null || lease.released || (lease.holder !== null && processes.lives(lease.holder) === false)
  return { entries, writer: ended ? null : (lease.holder ?? 'unknown') }
}

/** Of a savepoint without `_metadata`: it may still be being written, by a job that has no lease here. */
const SAVEPOINT_MS = 60 * 60 * 1000

/**
 * What can be removed: complete checkpoints that are older than the newest `keep` that are whole, and what failed writes left.
 * Never a savepoint that is complete, nor what a run that writes here started from or may be writing.
 */
export function prunable({ entries, writer }: Inventory, keep: number, nowMs: number): InventoryEntry[] {
  const checkpoints = entries.filter(e => e.checkpointId !== null)
  const usable = checkpoints.filter(e => e.condition === 'whole' || e.condition === 'complete')
  const kept = usable.slice(-keep)
  const [oldestKept, newestKept] = [kept[0]?.checkpointId ?? 0, kept.at(-1)?.checkpointId ?? 0]
  const startedFrom = writer === null || writer === 'unknown' ? null : writer.restoredFrom
  return entries.filter(entry => {
    const { checkpointId, complete, modifiedMs, name } = entry
    if (checkpointId === null) return !complete && nowMs - (modifiedMs ?? 0) > SAVEPOINT_MS
    // The path may be written in several ways, so the name decides.
    if (startedFrom !== null && path.posix.basename(startedFrom.replace(/\/+$/, '')) === name) return false
    if (complete) return checkpointId < oldestKept
    return writer === null || checkpointId < newestKept
  })
}

async function examined(entry: CheckpointEntry, storage: CheckpointStorage, verify: boolean): Promise<InventoryEntry> {
  if (!entry.complete) return { ...entry, condition: 'incomplete', problem: null, timestampMs: null }
  if (!verify) return { ...entry, condition: 'complete', problem: null, timestampMs: null }
  try {
    const { timestampMs } = (await storage.load(entry.path)).checkpoint
    return { ...entry, condition: 'whole', problem: null, timestampMs }
  } catch (error) {
    const problem = messageOf(error)
      .replace(/^The checkpoint at .* cannot be read: /, '')
      .replace(/\. .*$|\.$/, '')
    return { ...entry, condition: 'damaged', problem, timestampMs: null }
  }
}

const orderOf = ({ checkpointId }: InventoryEntry): number => checkpointId ?? Infinity
const timeOf = ({ timestampMs, modifiedMs }: InventoryEntry): number => timestampMs ?? modifiedMs ?? 0
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0)
