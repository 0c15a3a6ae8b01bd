/**
 * Makes a checkpoint whose Kinesis sources continue at another position: at a time, at the oldest record, or at a record of each shard.
 * The given checkpoint is not changed. Guarantees: without `allowSkip`, no record is left out that was not emitted yet (for a
 * checkpoint without arrival times the caller is responsible); without `dropState`, state that would count records twice is an error.
 *
 * A shard that has ended is read again, and its children wait for it as they did the first time: records of a key keep their order.
 */
import type { Checkpoint, OperatorCheckpoint } from '../../../checkpoint/checkpoint.ts'
import { ConfigurationError } from '../../../foundation/errors.ts'
import { holdsRecords, stateSizeOf } from './checkpoint-contents.ts'
import { isKinesisSource, splitsOf, withSplits } from './source-state.ts'
import type { KinesisShardSplit, SplitPosition } from '../source/split/kinesis-shard-split.ts'

export type RewindTarget =
  | { readonly type: 'time'; readonly timestampMs: number }
  | { readonly type: 'trim-horizon' }
  /** By shard id: the first record that is read again. Other shards stay where they are. */
  | { readonly type: 'sequence-numbers'; readonly sequenceNumbers: ReadonlyMap<string, string> }

export interface RewindOptions {
  /** The operator id or the name of the source. `null`: all Kinesis sources. */
  readonly operator?: string | null
  /** Leaves out the state of other operators, which does not match the new positions. */
  readonly dropState?: boolean
  /** Shards may move forward too. The records in between are never read. */
  readonly allowSkip?: boolean
}

export interface RewoundSplit {
  readonly operatorId: string
  readonly before: KinesisShardSplit
  /** The same object as `before` when the shard had not been read that far; it continues at its position. */
  readonly after: KinesisShardSplit
}

export interface RewoundCheckpoint {
  readonly checkpoint: Checkpoint
  readonly splits: readonly RewoundSplit[]
  /** Names of the operators whose state was left out. */
  readonly dropped: readonly string[]
}

/** @throws ConfigurationError with the obstacle; CheckpointError if another version made the state */
export function rewindCheckpoint(
  checkpoint: Checkpoint,
  target: RewindTarget,
  { operator = null, dropState = false, allowSkip = false }: RewindOptions = {},
): RewoundCheckpoint {
  const sources = sourcesOf(checkpoint, operator)
  if (target.type === 'sequence-numbers') checkShards(sources, target.sequenceNumbers)
  const splits: RewoundSplit[] = []
  const rewound = new Map<OperatorCheckpoint, OperatorCheckpoint>()
  for (const source of sources) {
    const moved = splitsOf(source).map(before => ({
      operatorId: source.operatorId,
      before,
      after: moveSplit(before, target, allowSkip),
    }))
    splits.push(...moved)
    rewound.set(
      source,
      withSplits(
        source,
        moved.map(m => m.after),
      ),
    )
  }
  if (splits.every(s => s.after === s.before))
    throw new ConfigurationError(
      'No shard was read that far: there is nothing to rewind. Shards go forward, and leave records out, only if that is asked for (allowSkip, --allow-skip).',
    )
  const stateful = checkpoint.operators.filter(o => !rewound.has(o) && holdsRecords(o))
  if (stateful.length > 0 && !dropState) throw stateInTheWay(stateful)
  const operators = checkpoint.operators.map(
    o => rewound.get(o) ?? (stateful.includes(o) ? { ...o, subtasks: o.subtasks.map(() => null) } : o),
  )
  return { checkpoint: { ...checkpoint, operators }, splits, dropped: stateful.map(o => o.name) }
}

function sourcesOf({ jobName, operators }: Checkpoint, operator: string | null): OperatorCheckpoint[] {
  const sources = operators.filter(isKinesisSource)
  const chosen = operator === null ? sources : sources.filter(o => o.operatorId === operator || o.name === operator)
  if (chosen.length > 0) return chosen
  const there = sources.map(o => `'${o.name}' (${o.operatorId})`).join(', ')
  throw new ConfigurationError(
    sources.length === 0
      ? `The checkpoint of job '${jobName}' holds no positions of a Kinesis source.`
      : `The checkpoint of job '${jobName}' has no Kinesis source '${operator ?? ''}'. It has ${there}.`,
  )
}

function checkShards(sources: readonly OperatorCheckpoint[], wanted: ReadonlyMap<string, string>): void {
  const known = sources.map(s => new Set(splitsOf(s).map(split => split.shardId)))
  for (const [shardId, sequenceNumber] of wanted) {
    if (!/^\d{1,128}$/.test(sequenceNumber))
      throw new ConfigurationError(`'${sequenceNumber}' (of ${shardId}) is not a sequence number: it has digits only.`)
    const holders = known.filter(shards => shards.has(shardId)).length
    if (holders === 0)
      throw new ConfigurationError(
        `The checkpoint knows no shard '${shardId}'. It knows ${[...known[0]!].slice(0, 20).join(', ')}${known[0]!.size > 20 ? ' and more' : ''}.`,
      )
    if (holders > 1)
      throw new ConfigurationError(
        `More than one source reads a shard '${shardId}': name the source (operator, --operator).`,
      )
  }
}

/** Returns the split itself if it does not move. */
function moveSplit(split: KinesisShardSplit, target: RewindTarget, allowSkip: boolean): KinesisShardSplit {
  switch (target.type) {
    case 'trim-horizon':
      return split.position.type === 'TRIM_HORIZON' && !split.finished
        ? split
        : at(split, { type: 'TRIM_HORIZON' }, null)
    case 'time': {
      const { timestampMs } = target
      const behind = !split.finished && !wasReadUpTo(split, timestampMs)
      return behind && !allowSkip ? split : at(split, { type: 'AT_TIMESTAMP', timestampMs }, timestampMs)
    }
    case 'sequence-numbers': {
      const sequenceNumber = target.sequenceNumbers.get(split.shardId)
      if (sequenceNumber === undefined) return split
      if (!allowSkip && !split.finished && !wasEmitted(split, sequenceNumber))
        throw new ConfigurationError(
          `${split.shardId} was read up to ${describe(split.position)}, which is before ${sequenceNumber}: the records between would never be read. To skip them, set allowSkip (--allow-skip).`,
        )
      return at(split, { type: 'AT_SEQUENCE_NUMBER', sequenceNumber }, null)
    }
  }
}

const at = (split: KinesisShardSplit, position: SplitPosition, lastArrivalMs: number | null): KinesisShardSplit => ({
  ...split,
  position,
  continuationSequenceNumber: null,
  lastArrivalMs,
  finished: false,
})

/** Whether all records before that time were emitted. */
function wasReadUpTo({ position, lastArrivalMs }: KinesisShardSplit, timestampMs: number): boolean {
  switch (position.type) {
    case 'TRIM_HORIZON':
      return false
    case 'LATEST':
      return true
    case 'AT_TIMESTAMP':
      return position.timestampMs > timestampMs
    case 'AT_SEQUENCE_NUMBER':
    case 'AFTER_SEQUENCE_NUMBER':
    case 'WITHIN_AGGREGATE':
      // Older checkpoints do not have the arrival time. Then the caller is responsible.
      return lastArrivalMs === null || lastArrivalMs >= timestampMs
  }
}

function wasEmitted({ position }: KinesisShardSplit, sequenceNumber: string): boolean {
  return 'sequenceNumber' in position && BigInt(sequenceNumber) <= BigInt(position.sequenceNumber)
}

function describe(position: SplitPosition): string {
  return 'sequenceNumber' in position ? position.sequenceNumber : position.type
}

function stateInTheWay(operators: readonly OperatorCheckpoint[]): ConfigurationError {
  const list = operators.map(o => `'${o.name}' (${o.operatorId}, ${stateSizeOf(o)} bytes)`).join(', ')
  return new ConfigurationError(
    `State of ${list} belongs to the positions that the checkpoint has: records that are read again would be counted, or written, a second time. Leave that state out of the new savepoint (dropState, --drop-state); or, for what a sink had not sent, take the savepoint by stopping the job, which sends it first.`,
  )
}
