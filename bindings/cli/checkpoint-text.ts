/** Formats the contents of a checkpoint and the changes of a rewind for people. */
import type {
  CheckpointContents,
  OperatorContents,
} from '../../core/connectors/kinesis/positions/checkpoint-contents.ts'
import type { RewoundSplit } from '../../core/connectors/kinesis/positions/rewind.ts'
import type {
  KinesisShardSplit,
  SplitPosition,
} from '../../core/connectors/kinesis/source/split/kinesis-shard-split.ts'
import { byteSize, grouped, sequenceEnd, table } from './figures.ts'

export function contentsText(contents: CheckpointContents, place: string): string {
  const { jobName, jobId, checkpointId, timestampMs, bytes, operators } = contents
  return (
    `${place}\n  checkpoint ${checkpointId} of job '${jobName}' (${jobId.slice(0, 8)}), ${timeOf(timestampMs)}, ${byteSize(bytes)} of state\n` +
    operators.map(operatorText).join('')
  )
}

/** One line for each shard, and the states that were omitted. */
export function movesText(splits: readonly RewoundSplit[], dropped: readonly string[]): string {
  const rows = splits.map(({ before, after }) => [
    before.shardId,
    before.finished ? 'ended' : whereText(before, sequenceEnd),
    before === after ? 'stays: it was not read that far' : positionText(after.position),
  ])
  const left = dropped.map(name => `State of '${name}' was left out.\n`).join('')
  return table(['SHARD', 'WAS', 'NOW'], rows) + left
}

function operatorText({ operatorId, name, parallelism, maxParallelism, bytes, state }: OperatorContents): string {
  const head = `\n${name}\n  uid ${operatorId}, parallelism ${parallelism} of ${maxParallelism}`
  switch (state.type) {
    case 'none':
      return `${head}, no state\n`
    case 'kinesis-source': {
      const rows = state.splits.map(s => [`  ${s.shardId}`, s.finished ? 'ended' : whereText(s)])
      const [arn = 'no stream'] = state.splits.map(s => s.streamArn)
      const shards = rows.map(([shard, where]) => `  ${shard!}  ${where!}\n`).join('')
      return `${head}, ${state.splits.length} shards of ${arn}\n${shards}`
    }
    case 'keyed': {
      const states = Object.entries(state.states).map(([n, kind]) => `${n} (${kind}${typeOf(state.types[n])})`)
      const language = state.encoding === 'pickle' ? 'Python' : 'Node'
      return `${head}, keyed state of ${language}: ${states.join(', ')}; ${grouped(state.keyGroups)} key groups, ${byteSize(bytes)}\n`
    }
    case 'sink':
      return `${head}, ${state.entries === 0 ? 'nothing that was not sent' : `${grouped(state.entries)} records that were not sent, ${byteSize(bytes)}`}\n`
    case 'other':
      return `${head}, state of type ${state.types.join(', ')}, ${byteSize(bytes)}\n`
  }
}

const typeOf = (type: string | null | undefined): string => (type == null ? '' : ` of ${type}`)

type Shown = (sequenceNumber: string) => string

function whereText({ position, lastArrivalMs }: KinesisShardSplit, shown: Shown = whole): string {
  const arrived =
    lastArrivalMs === null || position.type === 'AT_TIMESTAMP' ? '' : `, which arrived ${timeOf(lastArrivalMs)}`
  return `${positionText(position, shown)}${arrived}`
}

function positionText(position: SplitPosition, shown: Shown = whole): string {
  switch (position.type) {
    case 'TRIM_HORIZON':
      return 'from the oldest record'
    case 'LATEST':
      return 'from the newest record'
    case 'AT_TIMESTAMP':
      return `from ${timeOf(position.timestampMs)}`
    case 'AT_SEQUENCE_NUMBER':
      return `from ${shown(position.sequenceNumber)}`
    case 'AFTER_SEQUENCE_NUMBER':
      return `after ${shown(position.sequenceNumber)}`
    case 'WITHIN_AGGREGATE':
      return `after part ${position.subSequenceNumber} of ${shown(position.sequenceNumber)}`
  }
}

const whole: Shown = sequenceNumber => sequenceNumber
const timeOf = (ms: number): string => new Date(ms).toISOString()
