/** `shardline checkpoint list|prune`: lists the checkpoints of a job, and removes those that are no longer needed. */
import { prunable, takeInventory } from '../../core/checkpoint/checkpoint-inventory.ts'
import type { Inventory, InventoryEntry } from '../../core/checkpoint/checkpoint-inventory.ts'
import { describe } from '../../core/checkpoint/checkpoint-lease.ts'
import { systemProcesses } from '../../core/checkpoint/process-table.ts'
import type { CheckpointStorage } from '../../core/checkpoint/checkpoint.ts'
import { PLACE_OPTIONS, storageOf } from './checkpoint-place.ts'
import type { PlaceValues } from './checkpoint-place.ts'
import { exitCodes, UsageError } from './exit-codes.ts'
import { byteSize, shellWord, table } from './figures.ts'
import { parseVerb, printJson } from './verb-arguments.ts'

const LIST = { ...PLACE_OPTIONS, 'no-verify': { type: 'boolean', default: false } } as const
const PRUNE = {
  ...PLACE_OPTIONS,
  keep: { type: 'string', default: '1' },
  yes: { type: 'boolean', default: false },
} as const

export async function list(args: readonly string[]): Promise<number> {
  const { values } = parseVerb(args, LIST, 0)
  const storage = storageOfJob(values)
  const inventory = await takeInventory(storage, systemProcesses, !values['no-verify'])
  if (values.json) printJson({ location: storage.location, ...inventory })
  else process.stdout.write(listText(storage.location, inventory))
  return exitCodes.ok
}

export async function prune(args: readonly string[]): Promise<number> {
  const { values } = parseVerb(args, PRUNE, 0)
  const keep = Number(values.keep)
  if (!Number.isInteger(keep) || keep < 1) throw new UsageError(`--keep takes a number from 1, not '${values.keep}'.`)
  const storage = storageOfJob(values)
  const inventory = await takeInventory(storage, systemProcesses, true)
  const removed = prunable(inventory, keep, Date.now())
  if (values.yes) for (const { name } of removed) await storage.removeEntry(name)
  if (values.json) {
    printJson({ location: storage.location, removed: values.yes, entries: removed, writer: inventory.writer })
    return exitCodes.ok
  }
  process.stdout.write(removed.length === 0 ? '' : table(HEADER, removed.map(row), [3]))
  const bytes = removed.reduce((sum, e) => sum + e.bytes, 0)
  const what = `${removed.length} of ${inventory.entries.length} folders in ${storage.location}, ${byteSize(bytes)}`
  process.stderr.write(
    removed.length === 0
      ? `Nothing to remove in ${storage.location}.\n`
      : values.yes
        ? `Removed ${what}.\n`
        : `Would remove ${what}. To remove them, pass --yes.\n`,
  )
  return exitCodes.ok
}

const HEADER = ['NAME', 'KIND', 'TIME', 'SIZE', 'CONDITION']

export function listText(location: string, { entries, writer }: Inventory): string {
  const writing =
    writer === null ? '' : `${writer === 'unknown' ? 'A job' : `A${describe(writer).slice(1)}`} writes here.\n`
  if (entries.length === 0) return `${location}\nThere is no checkpoint.\n${writing}`
  const newest = entries.filter(e => e.checkpointId !== null && e.complete).at(-1)
  const latest =
    newest === undefined
      ? ''
      : `'--restore latest' takes ${newest.name}. Any other: shardline run --restore ${shellWord(newest.path.replace(newest.name, ''))}NAME ...\n`
  return `${location}\n${table(HEADER, entries.map(row), [3])}${latest}${writing}`
}

function row({ name, checkpointId, timestampMs, modifiedMs, bytes, condition, problem }: InventoryEntry): string[] {
  const time = timestampMs ?? modifiedMs
  return [
    name,
    checkpointId === null ? 'savepoint' : 'checkpoint',
    time === null ? '-' : new Date(time).toISOString(),
    byteSize(bytes),
    problem === null ? condition : `${condition}: ${problem}`,
  ]
}

function storageOfJob(values: PlaceValues): CheckpointStorage {
  if (values.job === undefined) throw new UsageError('--job is needed: the name of the job.')
  return storageOf(values)
}
