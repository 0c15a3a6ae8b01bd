import t from 'tap'

import type { Checkpoint, OperatorCheckpoint } from '../../../../../core/checkpoint/checkpoint.ts'
import type { OperatorState } from '../../../../../core/checkpoint/operator-state.ts'
import { writeKeyedState } from '../../../../../core/operators/keyed-state/keyed-state.ts'
import { checkpointContents } from '../../../../../core/connectors/kinesis/positions/checkpoint-contents.ts'
import { writeEnumeratorState } from '../../../../../core/connectors/kinesis/source/enumerator/enumerator-state.ts'
import { rewindCheckpoint } from '../../../../../core/connectors/kinesis/positions/rewind.ts'
import type { RewindOptions, RewindTarget } from '../../../../../core/connectors/kinesis/positions/rewind.ts'
import { splitsOf } from '../../../../../core/connectors/kinesis/positions/source-state.ts'
import type {
  KinesisShardSplit,
  SplitPosition,
} from '../../../../../core/connectors/kinesis/source/split/kinesis-shard-split.ts'
import { writeSplits } from '../../../../../core/connectors/kinesis/source/split/split-state.ts'
import { arnOf } from '../../../fakes/fake-stream.ts'
import { splitOf } from '../../../fakes/splits.ts'

const T = 1_000_000

function shard(shardId: string, overrides: Partial<KinesisShardSplit> = {}): KinesisShardSplit {
  return splitOf({ shardId, splitId: `${arnOf('flights')}/${shardId}`, ...overrides })
}

const after = (sequenceNumber: string): SplitPosition => ({ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber })

/** `known`: what the enumerator holds; `read`: what the readers do, by subtask. */
function sourceOf(
  known: readonly KinesisShardSplit[],
  read: readonly (readonly KinesisShardSplit[])[] = [],
  overrides: Partial<OperatorCheckpoint> = {},
): OperatorCheckpoint {
  const shards = known.map(split => ({ split, status: split.finished ? 'FINISHED' : 'ASSIGNED' }) as const)
  return {
    operatorId: 'flights',
    name: 'Flights',
    parallelism: read.length,
    maxParallelism: 128,
    enumerator: writeEnumeratorState({ streamArn: arnOf('flights'), creationTimeMs: 5, shards }),
    subtasks: read.map(splits => writeSplits(splits)),
    ...overrides,
  }
}

const operatorOf = (operatorId: string, ...subtasks: (OperatorState | null)[]): OperatorCheckpoint => ({
  operatorId,
  name: `the ${operatorId}`,
  parallelism: subtasks.length,
  maxParallelism: 128,
  enumerator: null,
  subtasks,
})

const sinkState = (entries: number): OperatorState => ({
  type: 'kinesis-sink-buffer',
  version: 1,
  json: { entries },
  bytes: entries === 0 ? null : Buffer.alloc(entries * 7),
})

const counts = (...keyGroups: number[]): OperatorState =>
  writeKeyedState({
    encoding: 'pickle',
    states: { count: { kind: 'value', type: 'LONG' } },
    keyGroups: new Map(keyGroups.map(g => [g, Buffer.from('blob')])),
  })

const checkpointOf = (...operators: OperatorCheckpoint[]): Checkpoint => ({
  checkpointId: 7,
  jobName: 'job',
  jobId: 'a'.repeat(32),
  timestampMs: T + 500,
  operators,
})

const toTime: RewindTarget = { type: 'time', timestampMs: T }
const toTrimHorizon: RewindTarget = { type: 'trim-horizon' }
const toRecords = (records: Record<string, string>): RewindTarget => ({
  type: 'sequence-numbers',
  sequenceNumbers: new Map(Object.entries(records)),
})

/** Position by shard; finished ones are marked. */
function rewound(checkpoint: Checkpoint, target: RewindTarget, options: RewindOptions = {}): Record<string, unknown> {
  const result = rewindCheckpoint(checkpoint, target, options).checkpoint
  const splits = result.operators.filter(o => o.enumerator !== null).flatMap(splitsOf)
  return Object.fromEntries(splits.map(s => [s.shardId, s.finished ? 'finished' : s.position]))
}

t.test('to a time: what was read beyond it goes back, ended shards and their children too', async t => {
  const parent = shard('s-0', { finished: true })
  const child = shard('s-1', { parentShardIds: ['s-0'] })
  const read = shard('s-1', { parentShardIds: ['s-0'], position: after('80'), lastArrivalMs: T + 100 })
  const given = checkpointOf(sourceOf([parent, child], [[], [read]]))
  const before = structuredClone(given)
  const at = { type: 'AT_TIMESTAMP', timestampMs: T }
  t.same(rewound(given, toTime), { 's-0': at, 's-1': at })
  t.same(given, before, 'what was given stays as it is')

  const [source] = rewindCheckpoint(given, toTime).checkpoint.operators
  t.match(source!.enumerator!.json, {
    creationTimeMs: 5,
    shards: [
      { split: { shardId: 's-0', finished: false }, status: 'UNASSIGNED' },
      { split: { shardId: 's-1', position: at, lastArrivalMs: T, continuationSequenceNumber: null } },
    ],
  })
  t.match(source!.subtasks[1]!.json, { splits: [{ shardId: 's-1', position: at }] }, 'the readers say the same')
})

t.test('to a time: what was not read up to it stays, so that nothing is left out', async t => {
  const splits = [
    shard('behind', { position: after('10'), lastArrivalMs: T - 1 }),
    shard('unread', { position: { type: 'TRIM_HORIZON' } }),
    shard('quiet', { position: { type: 'AT_TIMESTAMP', timestampMs: T - 5 } }),
    shard('started-later', { position: { type: 'AT_TIMESTAMP', timestampMs: T + 5 } }),
    shard('exactly', { position: after('20'), lastArrivalMs: T }),
    shard('within', {
      position: { type: 'WITHIN_AGGREGATE', sequenceNumber: '30', subSequenceNumber: 2 },
      lastArrivalMs: T + 1,
      continuationSequenceNumber: '31',
    }),
  ]
  const given = checkpointOf(sourceOf(splits, [splits]))
  const at = { type: 'AT_TIMESTAMP', timestampMs: T }
  t.same(rewound(given, toTime), {
    behind: after('10'),
    unread: { type: 'TRIM_HORIZON' },
    quiet: { type: 'AT_TIMESTAMP', timestampMs: T - 5 },
    'started-later': at,
    exactly: at,
    within: at,
  })
  t.same(Object.values(rewound(given, toTime, { allowSkip: true })), Array(6).fill(at))
  t.throws(() => rewound(checkpointOf(sourceOf(splits.slice(0, 3))), toTime), {
    code: 'CONFIGURATION_INVALID',
    message: /No shard was read that far/,
  })
})

t.test('to trim-horizon: every shard, whatever it was', async t => {
  const given = checkpointOf(
    sourceOf([shard('s-0', { finished: true }), shard('s-1')], [[shard('s-1', { position: after('5') })]]),
  )
  t.same(rewound(given, toTrimHorizon), { 's-0': { type: 'TRIM_HORIZON' }, 's-1': { type: 'TRIM_HORIZON' } })
})

t.test('to a record: only its shard moves, and only back', async t => {
  const given = checkpointOf(
    sourceOf(
      [shard('s-0', { finished: true }), shard('s-1'), shard('s-2')],
      [[shard('s-1', { position: after('90071992547409931') }), shard('s-2', { position: after('5') })]],
    ),
  )
  t.same(rewound(given, toRecords({ 's-0': '7', 's-1': '90071992547409930' })), {
    's-0': { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: '7' },
    's-1': { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: '90071992547409930' },
    's-2': after('5'),
  })
  const forward = toRecords({ 's-1': '90071992547409932' })
  t.throws(() => rewound(given, forward), { message: /s-1 was read up to 90071992547409931, which is before/ })
  t.match(rewound(given, forward, { allowSkip: true }), { 's-1': { sequenceNumber: '90071992547409932' } })
  t.throws(() => rewound(given, toRecords({ 's-9': '1' })), { message: /knows no shard 's-9'. It knows s-0, s-1, s-2/ })
  t.throws(() => rewound(given, toRecords({ 's-1': 'x' })), { message: /'x' \(of s-1\) is not a sequence number/ })
})

t.test('of several sources all go back, or the one that is named', async t => {
  const read = shard('s-0', { position: after('5'), lastArrivalMs: T + 1 })
  const given = checkpointOf(
    sourceOf([read]),
    sourceOf([read], [], { operatorId: 'other', name: 'Other' }),
    operatorOf('plain'),
  )
  const moved = (options: RewindOptions) =>
    rewindCheckpoint(given, toTime, options).splits.map(s => [s.operatorId, s.after.position.type])
  t.same(moved({}), [
    ['flights', 'AT_TIMESTAMP'],
    ['other', 'AT_TIMESTAMP'],
  ])
  t.same(moved({ operator: 'other' }), [['other', 'AT_TIMESTAMP']])
  t.same(moved({ operator: 'Flights' }), [['flights', 'AT_TIMESTAMP']])
  t.throws(() => moved({ operator: 'nobody' }), {
    message: /no Kinesis source 'nobody'. It has 'Flights' \(flights\), 'Other' \(other\)/,
  })
  t.throws(() => rewound(given, toRecords({ 's-0': '1' })), { message: /More than one source reads a shard 's-0'/ })
  t.throws(() => rewound(checkpointOf(operatorOf('plain')), toTime), { message: /no positions of a Kinesis source/ })
})

t.test('state that would count or write records twice is in the way, unless it is dropped', async t => {
  const source = sourceOf([shard('s-0', { position: after('5'), lastArrivalMs: T + 1 })])
  const unknown: OperatorState = { type: 'somebodys', version: 1, json: {}, bytes: null }
  for (const [state, stands] of [
    [counts(3, 9), true],
    [counts(), false],
    [sinkState(2), true],
    [sinkState(0), false],
    [unknown, true],
    [null, false],
  ] as const) {
    const given = checkpointOf(source, operatorOf('op', null, state))
    if (!stands) {
      t.same(rewindCheckpoint(given, toTime).checkpoint.operators[1], given.operators[1])
      continue
    }
    t.throws(() => rewindCheckpoint(given, toTime), {
      code: 'CONFIGURATION_INVALID',
      message: /State of 'the op' \(op, \d+ bytes\) .*--drop-state/,
    })
    const { checkpoint, dropped } = rewindCheckpoint(given, toTime, { dropState: true })
    t.same(dropped, ['the op'])
    t.same(checkpoint.operators[1]!.subtasks, [null, null])
    t.same(given.operators[1]!.subtasks, [null, state])
  }
})

t.test('the position of another source is in nobody’s way', async t => {
  const collection = {
    ...operatorOf('list', { type: 'collection', version: 1, json: { emitted: 3 }, bytes: null }),
    enumerator: { type: 'collection-enumerator', version: 1, json: {}, bytes: null },
  }
  const given = checkpointOf(sourceOf([shard('s-0', { position: after('5'), lastArrivalMs: T })]), collection)
  t.same(rewindCheckpoint(given, toTime).checkpoint.operators[1], collection)
})

t.test('what a checkpoint holds', async t => {
  const read = shard('s-0', { position: after('5'), lastArrivalMs: T })
  const contents = checkpointContents(
    checkpointOf(
      sourceOf([shard('s-0')], [[read]]),
      operatorOf('count', counts(1, 2), counts(9)),
      operatorOf('out', sinkState(2), sinkState(1)),
      operatorOf('map', null),
      operatorOf('odd', { type: 'odd', version: 1, json: 1, bytes: Buffer.alloc(99) }),
    ),
  )
  t.match(contents, { checkpointId: 7, jobName: 'job', timestampMs: T + 500 })
  t.match(
    contents.operators.map(o => o.state),
    [
      { type: 'kinesis-source', splits: [read] },
      { type: 'keyed', encoding: 'pickle', states: { count: 'value' }, types: { count: 'LONG' }, keyGroups: 3 },
      { type: 'sink', entries: 3 },
      { type: 'none' },
      { type: 'other', types: ['odd'] },
    ],
  )
  t.equal(contents.operators[3]!.bytes, 0)
  t.equal(contents.operators[4]!.bytes, 100)
  t.equal(
    contents.bytes,
    contents.operators.reduce((sum, o) => sum + o.bytes, 0),
  )
})
