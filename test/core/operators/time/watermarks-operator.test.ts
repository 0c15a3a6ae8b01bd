import t from 'tap'

import { AlignmentGroup } from '../../../../core/event-time/watermark-alignment.ts'

import { SplitEnd } from '../../../../core/event-time/split-end.ts'
import { PeriodicWatermarks } from '../../../../core/operators/time/periodic-watermarks.ts'
import type { WatermarkOptions } from '../../../../core/operators/time/periodic-watermarks.ts'
import { WatermarksOperator } from '../../../../core/operators/time/watermarks-operator.ts'
import type { TimestampAssigner } from '../../../../core/operators/time/watermarks-operator.ts'
import { sourceBatch, textBatch } from '../../fakes/batches.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'
import { NotedOutput } from '../../fakes/outputs.ts'

async function opened(assigner: TimestampAssigner | null, options: Partial<WatermarkOptions> = {}) {
  const clock = new ManualClock()
  const settings = { type: 'monotonous', maxOutOfOrdernessMs: null, idlenessMs: null } as const
  const watermarks = new PeriodicWatermarks(
    { settings, intervalMs: 200, activeSplits: null, alignment: null, ...options },
    clock,
  )
  const operator = new WatermarksOperator(assigner, watermarks, 'Timestamps')
  const output = new NotedOutput()
  await operator.open(output, output)
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await output.readMail()
  }
  return { operator, output, watermarks, pass, clock }
}

const ofText = (value: string): number => Number(value)

t.test('watermarks are said at every interval, of the time that the assigner gives', async t => {
  const { operator, output, pass } = await opened(ofText)
  await operator.process(textBatch('10', '5'))
  await pass(199)
  t.same(output.seen, ['10', '5'])
  await pass(1)
  await pass(200)
  t.same(output.seen, ['10', '5', 'w9'])
  t.same([...output.batches[0]!.timestamp!], [10, 5])
})

t.test('without an assigner records keep the time at which they arrived', async t => {
  const { operator, output, pass } = await opened(null)
  const batch = sourceBatch('a', 'b')
  await operator.process(batch)
  await pass(200)
  t.same(output.seen.at(-1), `w${batch.timestamp![1]! - 1}`)
})

t.test('the assigner sees the time that a record had', async t => {
  const { operator, output } = await opened((_: string, recordTimestampMs: number) => recordTimestampMs - 1)
  const batch = sourceBatch('a')
  await operator.process(batch)
  t.equal(output.batches[0]!.timestamp![0], batch.timestamp![0]! - 1)
  await operator.process(textBatch('b'))
  t.equal(output.batches[1]!.timestamp![0], -Infinity)
})

t.test('what comes from above ends here, save the end of time', async t => {
  const { operator, output, pass } = await opened(ofText)
  await operator.advance({ type: 'watermark', timestampMs: 5 })
  await operator.advance({ type: 'status', idle: true })
  t.same(output.seen, [])
  await operator.process(textBatch('7'))
  await operator.advance({ type: 'watermark', timestampMs: Infinity })
  await pass(400)
  t.same(output.seen, ['7', 'wInfinity'], 'and nothing follows it')
})

t.test('each split counts, also one that has finished and whose last records are still on their way', async t => {
  let active = ['a', 'b']
  const { operator, output, watermarks, pass } = await opened(ofText, { activeSplits: () => active })
  watermarks.hold('b')
  await operator.process(textBatch('10'), 0, 'a')
  active = ['a']
  await pass(200)
  t.same(output.seen, ['10'])
  watermarks.release('b')
  await pass(200)
  t.same(output.seen, ['10', 'w9'])
})

t.test('an interval of 0 says nothing before the end', async t => {
  const { operator, clock } = await opened(ofText, { intervalMs: 0 })
  await operator.process(textBatch('10'))
  t.same(clock.armed, [])
})

t.test('an assigner that fails names the record', async t => {
  const bad = await opened(() => NaN)
  t.throws(() => void bad.operator.process(sourceBatch('a')), {
    code: 'FUNCTION_FAILED',
    message: /'Timestamps' failed on the record at stream flights.*epoch milliseconds, not NaN/,
  })
})

t.test('it is quiet once it is closed', async t => {
  const { operator, clock } = await opened(ofText)
  await operator.close()
  t.same(clock.armed, [])
})

t.test('splits of sources that are aligned wait for the slowest source, and are not idle meanwhile', async t => {
  const group = new AlignmentGroup()
  const other = { alignedMs: 0 }
  group.join(other)
  const calls: string[] = []
  const { operator, output, pass } = await opened(ofText, {
    settings: { type: 'monotonous', maxOutOfOrdernessMs: null, idlenessMs: 5000 },
    activeSplits: () => ['a', 'b'],
    alignment: {
      group,
      maxDriftMs: 100,
      updateIntervalMs: 1000,
      pauseOrResumeSplits: (pause, resume) => calls.push(`${pause.join()}|${resume.join()}`),
    },
  })
  await operator.process(textBatch('50'), 0, 'a')
  await operator.process(textBatch('500'), 0, 'b')
  await pass(1000)
  t.same(calls, ['b|'])
  t.equal(group.leastMs, 0)
  for (let i = 0; i < 20; i++) {
    await operator.process(textBatch('60'), 0, 'a')
    await pass(1000)
  }
  t.ok(output.seen.includes('w59'))
  t.notOk(output.seen.includes('idle'))
  other.alignedMs = Infinity
  t.equal(group.leastMs, 59)
  other.alignedMs = 450
  await operator.process(textBatch('480'), 0, 'a')
  await pass(1000)
  t.same(calls, ['b|', '|b'])
  await operator.close()
  t.equal(group.leastMs, 450, 'who is closed has left')
})

t.test('the end of a split goes on, behind its records', async t => {
  const { operator, output } = await opened(ofText)
  await operator.process(textBatch('10'))
  await operator.advance(new SplitEnd('s', () => undefined))
  t.same(output.seen, ['10', 'end of s'])
})
