/** `shardline checkpoint`: what is in a checkpoint or savepoint, a new one with other positions or a signature, what lies in a folder. */
import path from 'node:path'

import { checkpointKey, KEY_VARIABLE } from '../../core/checkpoint/checkpoint-seal.ts'
import type { CheckpointStorage, StoredCheckpoint } from '../../core/checkpoint/checkpoint.ts'
import { executionOptions } from '../../core/foundation/config/execution-options.ts'
import { DEFAULT_CHECKPOINT_DIRECTORY } from '../../core/runtime/job/job-options.ts'
import { checkpointContents } from '../../core/connectors/kinesis/positions/checkpoint-contents.ts'
import { parseInstantMs } from '../../core/connectors/kinesis/source/instants.ts'
import { rewindCheckpoint } from '../../core/connectors/kinesis/positions/rewind.ts'
import type { RewindTarget } from '../../core/connectors/kinesis/positions/rewind.ts'
import { list, prune } from './checkpoint-folder.ts'
import { configurationOf, PLACE_OPTIONS, storageOf } from './checkpoint-place.ts'
import type { PlaceValues } from './checkpoint-place.ts'
import { contentsText, movesText } from './checkpoint-text.ts'
import { exitCodes, UsageError } from './exit-codes.ts'
import { shellWord } from './figures.ts'
import { absolutePlace } from './restore-hint.ts'
import { parseVerb, printJson } from './verb-arguments.ts'

const HELP = `Usage: shardline checkpoint inspect PATH [--json]
       shardline checkpoint rewind PATH --to WHERE [--operator UID] [--out DIR] [--drop-state] [--allow-skip] [--json]
       shardline checkpoint sign PATH [--out DIR] [--json]
       shardline checkpoint list --job NAME [--no-verify] [--json]
       shardline checkpoint prune --job NAME [--keep N] [--yes] [--json]

inspect shows what a checkpoint or savepoint holds: operators, the position in each shard and when its last record arrived, states with their
types and sizes. It compares every file with its checksum, and never runs the pickles in it.
rewind writes a NEW savepoint in which the positions of the Kinesis sources are moved, and prints its path; the one at PATH stays as it is.
sign writes a NEW savepoint that is signed with the configured key, whether or not the one at PATH is. Sign only what you trust.
list shows the checkpoints and savepoints in the folder of a job: number, time, size, whether they are whole, and what writes there.
prune removes checkpoints that are older than the newest ones that are whole, and what failed checkpoints left behind. It keeps savepoints
that are complete, and what a running job started from or writes. Without --yes it only shows what it would remove.

  PATH                a checkpoint or savepoint, local or s3://; or 'latest', which needs --job
  --job NAME          the name of the job
  --dir DIR           where its checkpoints are (default: ${DEFAULT_CHECKPOINT_DIRECTORY})
  --conf KEY=VALUE    an option, such as s3.endpoint; may be repeated
  --json              for programs

  --to WHERE          a time (2026-01-31T12:00:00Z, or epoch seconds): the first record that is read again arrived then or later;
                      trim-horizon: the oldest record that is kept; SHARD=SEQUENCE: that record, in that shard only; may be repeated
  --operator UID      of several sources, this one: its uid, generated id, or name
  --out DIR           where the savepoint goes, local or s3:// (default: beside PATH)
  --drop-state        leave state of other operators out, which would count or write records twice
  --allow-skip        let shards go forward too, and never read what lies between

  --no-verify         do not read the files: only whether a checkpoint is complete
  --keep N            how many complete checkpoints stay (default: 1)
  --yes               remove

A shard that was not read up to WHERE yet stays where it is. Shards that ended are read again, before their children.
Signatures need a key: ${KEY_VARIABLE}, or --conf ${executionOptions.checkpointKeyFile.key}=FILE.
`

const REWIND = {
  ...PLACE_OPTIONS,
  to: { type: 'string', multiple: true },
  operator: { type: 'string' },
  out: { type: 'string' },
  'drop-state': { type: 'boolean', default: false },
  'allow-skip': { type: 'boolean', default: false },
} as const

const SIGN = { ...PLACE_OPTIONS, out: { type: 'string' } } as const

export async function run(args: readonly string[]): Promise<number> {
  const [what, ...rest] = args
  if (what === '--help' || what === '-h' || rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(HELP)
    return exitCodes.ok
  }
  switch (what) {
    case 'inspect':
      return inspect(rest)
    case 'rewind':
      return rewind(rest)
    case 'sign':
      return sign(rest)
    case 'list':
      return list(rest)
    case 'prune':
      return prune(rest)
    default:
      throw new UsageError(
        `checkpoint takes inspect, rewind, sign, list or prune${what === undefined ? '' : `, not '${what}'`}.`,
      )
  }
}

async function inspect(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseVerb(args, PLACE_OPTIONS, 1)
  const { checkpoint, path: place } = (await load(positionals[0], values)).stored
  const contents = checkpointContents(checkpoint)
  if (values.json) printJson({ path: place, ...contents })
  else process.stdout.write(contentsText(contents, place))
  return exitCodes.ok
}

async function rewind(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseVerb(args, REWIND, 1)
  const target = parseTarget(values.to ?? [], Date.now())
  const { stored, storage } = await load(positionals[0], values)
  const { checkpoint, splits, dropped } = rewindCheckpoint(stored.checkpoint, target, {
    operator: values.operator ?? null,
    dropState: values['drop-state'],
    allowSkip: values['allow-skip'],
  })
  const out = values.out === undefined ? folderOf(stored.path) : absolutePlace(values.out)
  const written = await storage.storeSavepoint(checkpoint, out)
  if (values.json) {
    printJson({ path: written, from: stored.path, splits, dropped })
    return exitCodes.ok
  }
  process.stderr.write(movesText(splits, dropped))
  process.stdout.write(`${written}\n`)
  process.stderr.write(`To start from it: shardline run --restore ${shellWord(written)} ...\n`)
  return exitCodes.ok
}

async function sign(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseVerb(args, SIGN, 1)
  if (checkpointKey(configurationOf(values)) === null)
    throw new UsageError(`sign needs a key: ${KEY_VARIABLE}, or --conf ${executionOptions.checkpointKeyFile.key}=FILE.`)
  const { stored } = await load(positionals[0], values, storageOf(values, null))
  const out = values.out === undefined ? folderOf(stored.path) : absolutePlace(values.out)
  const written = await storageOf(values).storeSavepoint(stored.checkpoint, out)
  if (values.json) printJson({ path: written, from: stored.path })
  else {
    process.stdout.write(`${written}\n`)
    process.stderr.write(`To start from it: shardline run --restore ${shellWord(written)} ...\n`)
  }
  return exitCodes.ok
}

async function load(
  place: string | undefined,
  values: PlaceValues,
  storage: CheckpointStorage = storageOf(values),
): Promise<{ readonly stored: StoredCheckpoint; readonly storage: CheckpointStorage }> {
  if (place === undefined) throw new UsageError("name a checkpoint: its path, or 'latest' with --job.")
  if (place === 'latest' && values.job === undefined) throw new UsageError("'latest' needs --job: the name of the job.")
  return { stored: await storage.load(place), storage }
}

/** What `--to` says. `nowMs`: a later time is a mistake. @throws UsageError */
export function parseTarget(texts: readonly string[], nowMs: number): RewindTarget {
  const [first, ...more] = texts
  if (first === undefined) throw new UsageError('rewind takes --to: a time, trim-horizon, or SHARD=SEQUENCE.')
  if (texts.some(text => text.includes('='))) return { type: 'sequence-numbers', sequenceNumbers: shardsOf(texts) }
  if (more.length > 0) throw new UsageError('--to may be repeated only with SHARD=SEQUENCE.')
  if (first === 'trim-horizon' || first === 'TRIM_HORIZON') return { type: 'trim-horizon' }
  let timestampMs: number
  try {
    timestampMs = parseInstantMs(first, '--to')
  } catch (error) {
    throw new UsageError(`${(error as Error).message.replace(/\.$/, '')}; or trim-horizon, or SHARD=SEQUENCE.`)
  }
  if (timestampMs > nowMs)
    throw new UsageError(
      `--to: ${new Date(timestampMs).toISOString()} has not come yet (epoch seconds, not milliseconds?).`,
    )
  return { type: 'time', timestampMs }
}

function shardsOf(texts: readonly string[]): Map<string, string> {
  const shards = new Map<string, string>()
  for (const text of texts) {
    const [, shardId, sequenceNumber] = /^([A-Za-z0-9_.-]+)=(\d+)$/.exec(text) ?? []
    if (shardId === undefined || sequenceNumber === undefined)
      throw new UsageError(`--to: '${text}' is not SHARD=SEQUENCE, such as shardId-000000000000=4959...`)
    if (shards.has(shardId)) throw new UsageError(`--to names ${shardId} twice.`)
    shards.set(shardId, sequenceNumber)
  }
  return shards
}

/** The folder that a checkpoint lies in, local or s3://. */
function folderOf(place: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(place)?.[0]
  return scheme === undefined
    ? path.dirname(place)
    : `${scheme}${path.posix.dirname(place.slice(scheme.length).replace(/\/+$/, ''))}`
}
