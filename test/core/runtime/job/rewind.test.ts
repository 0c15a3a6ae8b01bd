/** From a savepoint, by a rewind, into a job that reads again: on whole jobs, against an emulator. */
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import t from 'tap'
import type { Test } from 'tap'

import { openCheckpointStorage } from '../../../../core/checkpoint/checkpoint-storage.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import type { JobGraph } from '../../../../core/graph/job-graph.ts'
import { rewindCheckpoint } from '../../../../core/connectors/kinesis/positions/rewind.ts'
import type { RewindOptions, RewindTarget } from '../../../../core/connectors/kinesis/positions/rewind.ts'
import { splitsOf } from '../../../../core/connectors/kinesis/positions/source-state.ts'
import type { KinesisEmulator } from '../../../../emulator/index.ts'
import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../../fakes/graphs.ts'
import { emulator, eventually, jobOf, numbered, pointedAt, StatefulSink, textsIn } from '../../fakes/jobs.ts'

const sorted = (texts: readonly string[]): string[] => [...texts].sort()
const texts = (records: readonly { readonly data: string }[]): string[] => records.map(r => r.data)

function copying(kinesis: KinesisEmulator, configuration: Record<string, string> = {}, uid = 'flights'): JobGraph {
  return graphOf(
    [
      sourceT(1, { uid, source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
      sinkT(2, [1], {
        uid: 'out',
        sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out'), maxTimeInBufferMs: 5 }),
      }),
    ],
    { parallelism: 2, configuration: pointedAt(kinesis, configuration) },
  )
}

/** The path of a savepoint that is `saved` rewound. */
async function rewind(saved: string, target: RewindTarget, options: RewindOptions = {}): Promise<string> {
  const directory = path.dirname(saved)
  const storage = openCheckpointStorage(directory, 'flights', new Configuration())
  const { checkpoint } = rewindCheckpoint((await storage.load(saved)).checkpoint, target, options)
  return storage.storeSavepoint(checkpoint, directory)
}

/** A job that copies, over a split of a shard; stopped with a savepoint when all was written. */
async function stopped(
  t: Test,
): Promise<{ kinesis: KinesisEmulator; saved: string; sinceMs: number; since: string[] }> {
  const kinesis = await emulator(t, { streams: { flights: 2, out: 1 } })
  const { job } = jobOf(t, copying(kinesis))
  kinesis.put('flights', numbered(300))
  await job.start()
  await eventually(() => kinesis.recordCount('out') === 300)
  await delay(5)
  const sinceMs = Date.now()
  const later = [numbered(200, 'r', 200, 300), numbered(100, 'r', 100, 500)] as const
  kinesis.put('flights', later[0])
  kinesis.splitShard('flights', 'shardId-000000000001')
  kinesis.put('flights', later[1])
  await eventually(() => kinesis.recordCount('out') === 600)
  await eventually(() => job.explain().filter(s => s.state === 'finished').length === 1)
  const saved = await job.stopWithSavepoint(t.testdir())
  return { kinesis, saved, sinceMs, since: texts(later.flat()) }
}

t.test('rewound to a time, the records since then come again, each once, over an ended shard too', async t => {
  const { kinesis, saved, sinceMs, since } = await stopped(t)
  const back = await rewind(saved, { type: 'time', timestampMs: sinceMs })
  const { job, warnings } = jobOf(t, copying(kinesis, { 'execution.state-recovery.path': back }))
  await job.start()
  await eventually(() => kinesis.recordCount('out') >= 600 + since.length)
  const last = numbered(50, 'r', 50, 600)
  kinesis.put('flights', last)
  await eventually(() => kinesis.recordCount('out') >= 650 + since.length)
  t.same(sorted(textsIn(kinesis, 'out')), sorted([...texts(numbered(600)), ...since, ...texts(last)]))
  t.same(warnings, [])
})

t.test('rewound to trim-horizon, every record comes again', async t => {
  const { kinesis, saved } = await stopped(t)
  const back = await rewind(saved, { type: 'trim-horizon' })
  const { job } = jobOf(t, copying(kinesis, { 'execution.state-recovery.path': back }))
  await job.start()
  await eventually(() => kinesis.recordCount('out') >= 1200)
  t.same(sorted(textsIn(kinesis, 'out')), sorted([...texts(numbered(600)), ...texts(numbered(600))]))
})

t.test('rewound to a record, that one and those behind it in its shard come again', async t => {
  const { kinesis, saved } = await stopped(t)
  const { records, shardId } = kinesis.records('flights')[0]!
  const from = records.at(-10)!
  const sequenceNumbers = new Map([[shardId, from.sequenceNumber]])
  const back = await rewind(saved, { type: 'sequence-numbers', sequenceNumbers })
  const { job } = jobOf(t, copying(kinesis, { 'execution.state-recovery.path': back }))
  await job.start()
  await eventually(() => kinesis.recordCount('out') >= 610)
  t.same(sorted(textsIn(kinesis, 'out').slice(600)), sorted(records.slice(-10).map(r => r.text)))
})

t.test('rewound beyond what the stream keeps, the restore says what may be missing', async t => {
  const { kinesis, saved } = await stopped(t)
  const back = await rewind(saved, { type: 'time', timestampMs: Date.now() - 40 * 3_600_000 })
  const { job, warnings } = jobOf(t, copying(kinesis, { 'execution.state-recovery.path': back }))
  await job.start()
  t.match(warnings, [/keeps records for 24 hours, .* records may have been missed/])
})

t.test('a sink with state of its own is in the way; without it the job counts anew', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(100))
  const first = new StatefulSink()
  const { job } = jobOf(t, copying(kinesis), { kinesisSink: () => first })
  await job.start()
  await eventually(() => first.values.length === 100)
  const saved = await job.stopWithSavepoint(t.testdir())
  await t.rejects(rewind(saved, { type: 'trim-horizon' }), { message: /State of 'sink 2' \(out, \d+ bytes\)/ })
  const back = await rewind(saved, { type: 'trim-horizon' }, { dropState: true })
  const second = new StatefulSink()
  const again = jobOf(t, copying(kinesis, { 'execution.state-recovery.path': back }), { kinesisSink: () => second })
  await again.job.start()
  await eventually(() => second.values.length >= 100)
  t.same(sorted(second.values), sorted(texts(numbered(100))))
})

t.test('a source of another uid starts anew, but only if its state may be left behind', async t => {
  const { kinesis, saved } = await stopped(t)
  const restore = { 'execution.state-recovery.path': saved }
  const refused = jobOf(t, copying(kinesis, restore, 'flights-2'))
  await t.rejects(refused.job.start(), {
    code: 'CHECKPOINT_UNREADABLE',
    message:
      /holds state of the operator '.*' \(flights\), which this job does not have\. .*--allow-non-restored-state/,
  })
  t.equal(refused.job.status.state, 'FAILED')
  const allowed = { ...restore, 'execution.state-recovery.ignore-unclaimed-state': 'true' }
  const { job } = jobOf(t, copying(kinesis, allowed, 'flights-2'))
  await job.start()
  await eventually(() => kinesis.recordCount('out') >= 1200)
  t.equal(job.restoredFrom, saved)
  t.same(sorted(textsIn(kinesis, 'out').slice(600)), sorted(texts(numbered(600))))
})

t.test('the savepoint that was rewound stays as it was', async t => {
  const { saved } = await stopped(t)
  const storage = openCheckpointStorage(path.dirname(saved), 'flights', new Configuration())
  const before = (await storage.load(saved)).checkpoint
  const back = await rewind(saved, { type: 'trim-horizon' })
  t.not(back, saved)
  t.same((await storage.load(saved)).checkpoint, before)
  t.notSame(splitsOf((await storage.load(back)).checkpoint.operators[0]!), splitsOf(before.operators[0]!))
})
