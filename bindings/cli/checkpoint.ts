/** `shardline checkpoint`: inspects, rewinds and signs checkpoints and savepoints, and lists and prunes those of a job. */
import path from 'node:path'

import { checkpointKey, KEY_VARIABLE } from '../../core/checkpoint/checkpoint-seal.ts'
import type { CheckpointStorage, StoredCheckpoint } from '../../core/checkpoint/checkpoint.ts'
import { executionOptions } from '../../core/foundation/config/execution-options.ts'
import { DEFAULT_CHECKPOINT_DIRECTORY } from '../../core/runtime/job/job-options.ts'
import { checkpointContents } from '../../core/connectors/kinesis/positions/checkpoint-contents.ts'
import { parseInstantMs } from '../../core/connectors/kinesis/source/instant-text.ts'
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
import { messageOf } from '../../core/foundation/errors.ts'

const HELP = `Usage: shardline checkpoint inspect PATH [--json]
       shardline checkpoint rewind PATH --to WHERE [--operator UID] [--out DIR] [--drop-state] [--allow-skip] [--json]
       shardline checkpoint sign PATH [--out DIR] [--json]
       shardline checkpoint list --job NAME [--no-verify] [--json]
       shardline checkpoint prune --job NAME [--keep N] [--yes] [--json]

inspect shows the contents of a checkpoint or savepoint: operators, the position in each shard and the arrival time of its last record,
and the states with their types and sizes. It verifies the checksum of every file and never runs the pickles in them.
rewind writes a NEW savepoint with other positions of the Kinesis sources and prints its path. The one at PATH is not changed.
sign writes a NEW savepoint that is signed with the configured key, and does not require a signature of the one at PATH. Sign only
what you trust.
list shows the checkpoints and savepoints of a job: number, time, size, whether they are complete, and the job that writes them.
prune removes checkpoints that are older than the newest complete ones, and the remains of failed checkpoints. It keeps complete
savepoints, and the checkpoints that a running job started from or writes. Without --yes it only shows what it would remove.

  PATH                a checkpoint or savepoint, local or s3://; or 'latest', which needs --job
  --job NAME          the name of the job
  --dir DIR           the directory of the checkpoints (default: ${DEFAULT_CHECKPOINT_DIRECTORY})
  --conf KEY=VALUE    set an option, such as s3.endpoint; can be repeated
  --json              print JSON

  --to WHERE          a time (2026-01-31T12:00:00Z, or epoch seconds): read again from the first record that arrived then or later;
                      trim-horizon: from the oldest record of the stream; SHARD=SEQUENCE: from that record, in that shard only; can
                      be repeated
  --operator UID      the source to rewind if there are several: its uid, generated id, or name
  --out DIR           the directory of the savepoint, local or s3:// (default: that of PATH)
  --drop-state        omit the state of other operators, which would count or write records twice
  --allow-skip        also move shards forward. The records in between are never read

  --no-verify         check only whether checkpoints are complete, and do not verify their files
  --keep N            the number of complete checkpoints to keep (default: 1)
  --yes               remove the checkpoints

A shard that has not been read up to WHERE keeps its position. Shards that have ended are read again, before their children.
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

/** Parses the values of `--to`. @param nowMs a later time is an error @throws UsageError */
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
    throw new UsageError(`${messageOf(error).replace(/\.$/, '')}; or trim-horizon, or SHARD=SEQUENCE.`)
  }
  if (timestampMs > nowMs)
    throw new UsageError(
      `--to: ${new Date(timestampMs).toISOString()} is in the future. A number is in epoch seconds, not milliseconds.`,
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

/** The directory of a checkpoint, local or s3://. */
function folderOf(place: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(place)?.[0]
  return scheme === undefined
    ? path.dirname(place)
    : `${scheme}${path.posix.dirname(place.slice(scheme.length).replace(/\/+$/, ''))}`
}
