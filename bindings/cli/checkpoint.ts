/** `shardline checkpoint inspect|rewind`: what is in a checkpoint or savepoint, and a new one with other positions. */
import path from 'node:path'

import type { CheckpointStorage, StoredCheckpoint } from '../../core/checkpoint/checkpoint.ts'
import { openCheckpointStorage } from '../../core/checkpoint/checkpoint-storage.ts'
import { Configuration } from '../../core/config/configuration.ts'
import { DEFAULT_CHECKPOINT_DIRECTORY } from '../../core/job/job.ts'
import { checkpointContents } from '../../core/source/checkpoint-contents.ts'
import { parseInstantMs } from '../../core/source/instants.ts'
import { rewindCheckpoint } from '../../core/source/rewind.ts'
import type { RewindTarget } from '../../core/source/rewind.ts'
import { contentsText, movesText } from './checkpoint-text.ts'
import { exitCodes, UsageError } from './exit-codes.ts'
import { shellWord } from './figures.ts'
import { absolutePlace } from './restore-hint.ts'
import { HELP_OPTION, JSON_OPTION, parseVerb, printJson } from './verb-arguments.ts'

const HELP = `Usage: shardline checkpoint inspect PATH [--json]
       shardline checkpoint rewind PATH --to WHERE [--operator UID] [--out DIR] [--drop-state] [--allow-skip] [--json]

inspect shows what a checkpoint or savepoint holds: operators, the position in each shard and when its last record arrived, sizes of state.
rewind writes a NEW savepoint in which the positions of the Kinesis sources are moved, and prints its path; the one at PATH stays as it is.

  PATH                a checkpoint or savepoint, local or s3://; or 'latest', which needs --job
  --job NAME          of which job 'latest' is
  --dir DIR           where its checkpoints are (default: ${DEFAULT_CHECKPOINT_DIRECTORY})
  --conf KEY=VALUE    an option, such as s3.endpoint; may be repeated
  --json              for programs

  --to WHERE          a time (2026-01-31T12:00:00Z, or epoch seconds): the first record that is read again arrived then or later;
                      trim-horizon: the oldest record that is kept; SHARD=SEQUENCE: that record, in that shard only; may be repeated
  --operator UID      of several sources, this one: its uid, generated id, or name
  --out DIR           where the savepoint goes, local or s3:// (default: beside PATH)
  --drop-state        leave state of other operators out, which would count or write records twice
  --allow-skip        let shards go forward too, and never read what lies between

A shard that was not read up to WHERE yet stays where it is. Shards that ended are read again, before their children.
`

const COMMON = {
  ...HELP_OPTION,
  ...JSON_OPTION,
  job: { type: 'string' },
  dir: { type: 'string' },
  conf: { type: 'string', multiple: true },
} as const

const REWIND = {
  ...COMMON,
  to: { type: 'string', multiple: true },
  operator: { type: 'string' },
  out: { type: 'string' },
  'drop-state': { type: 'boolean', default: false },
  'allow-skip': { type: 'boolean', default: false },
} as const

export async function run(args: readonly string[]): Promise<number> {
  const [what, ...rest] = args
  if (what === '--help' || what === '-h' || rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(HELP)
    return exitCodes.ok
  }
  if (what === 'inspect') return inspect(rest)
  if (what === 'rewind') return rewind(rest)
  throw new UsageError(`checkpoint takes inspect or rewind${what === undefined ? '' : `, not '${what}'`}.`)
}

async function inspect(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseVerb(args, COMMON, 1)
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

interface PlaceOptions {
  readonly job?: string | undefined
  readonly dir?: string | undefined
  readonly conf?: readonly string[] | undefined
}

async function load(
  place: string | undefined,
  { job, dir, conf = [] }: PlaceOptions,
): Promise<{ readonly stored: StoredCheckpoint; readonly storage: CheckpointStorage }> {
  if (place === undefined) throw new UsageError("name a checkpoint: its path, or 'latest' with --job.")
  if (place === 'latest' && job === undefined) throw new UsageError("'latest' needs --job: the name of the job.")
  const pairs = conf.map(pair => {
    const at = pair.indexOf('=')
    if (at < 1) throw new UsageError(`--conf takes KEY=VALUE, not '${pair}'.`)
    return [pair.slice(0, at), pair.slice(at + 1)] as const
  })
  const configuration = new Configuration(Object.fromEntries(pairs))
  const storage = openCheckpointStorage(dir ?? DEFAULT_CHECKPOINT_DIRECTORY, job ?? '', configuration)
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
