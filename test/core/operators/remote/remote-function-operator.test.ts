import t from 'tap'

import { SplitEnd } from '../../../../core/event-time/split-end.ts'
import type { FunctionResult, OpenFunction } from '../../../../core/operators/function-runtime.ts'
import { RemoteFunctionOperator } from '../../../../core/operators/remote/remote-function-operator.ts'
import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import type { DeadLetterDestination } from '../../../../core/connectors/dead-letters/dead-letter-destination.ts'
import type { DeadLetter } from '../../../../core/operators/dead-letter.ts'
import { PoisonedRecords } from '../../../../core/connectors/kinesis/source/emitter/poisoned-records.ts'
import { RecordLosses } from '../../../../core/connectors/kinesis/source/emitter/record-losses.ts'
import { sourceBatch } from '../../fakes/batches.ts'
import { ManualClock, settle } from '../../fakes/manual-clock.ts'
import { NotedOutput } from '../../fakes/outputs.ts'

/** A function that takes this many milliseconds a value, one bundle after the other, and gives back what it got. */
async function working(
  msPerValue: number,
  { bundleSize = 1000, bundlesInFlight = 4, bundleTimeMs = 1000, watermarks = false } = {},
) {
  const clock = new ManualClock()
  const bundles: number[] = []
  let freeAtMs = 0
  const answer = (batch: RecordBatch): Promise<FunctionResult> => {
    freeAtMs = Math.max(freeAtMs, clock.monotonic()) + batch.count * msPerValue
    const result = { batch, maxTimestampMs: null, nextTimerMs: null, poisoned: null }
    return new Promise(resolve => clock.schedule(freeAtMs - clock.monotonic(), () => resolve(result)))
  }
  const runtime = {
    open: async () => ({
      nextTimerMs: null,
      process(bundle: RecordBatch): Promise<FunctionResult> {
        bundles.push(bundle.count)
        return answer(bundle)
      },
      advanceWatermark: (timestampMs: number) => answer(RecordBatch.ofValues([`timer ${timestampMs}`])),
      advanceProcessingTime: () => Promise.reject(new Error('not asked for')),
      snapshot: () => Promise.reject(new Error('not asked for')),
      close: async () => undefined,
    }),
  }
  const options = { bundleSize, bundlesInFlight, bundleTimeMs }
  const request = { keyed: false, watermarks } as OpenFunction
  const operator = new RemoteFunctionOperator(runtime, request, options, clock, null, error => t.fail(String(error)))
  const output = new NotedOutput()
  await operator.open(output, output)
  return { clock, bundles, emitted: output.seen, operator }
}

const batchOf = (n: number): RecordBatch =>
  RecordBatch.pack(
    'text',
    Array.from({ length: n }, (_, i) => String(i)),
  )

t.test('bundles grow to their full size while answers come quickly', async t => {
  const { clock, bundles, emitted, operator } = await working(0.001)
  const done = operator.process(batchOf(20_000))
  for (let i = 0; i < 100; i++) await clock.pass(1, 1)
  await done
  await operator.finish()
  t.equal(bundles[0], 32)
  t.equal(Math.max(...bundles), 1000)
  t.same(emitted, batchOf(20_000).values())
})

t.test('bundles shrink for a slow function, so that what is in flight is answered within the bundle time', async t => {
  const { clock, bundles, emitted, operator } = await working(50)
  const done = operator.process(batchOf(300))
  let seen = 0
  for (let i = 0; i < 400 && emitted.length < 300; i++) {
    await clock.pass(50, 50)
    await settle()
    if (bundles.length > 8) t.ok((bundles.at(-1) ?? 0) * 50 <= 250)
    seen = Math.max(seen, emitted.length)
  }
  await done
  await operator.finish()
  t.same(emitted, batchOf(300).values())
  t.ok(Math.max(...bundles) <= 32)
})

t.test('no more bundles are in flight than there are credits', async t => {
  const { clock, bundles, operator } = await working(50, { bundlesInFlight: 2 })
  const done = operator.process(batchOf(500))
  await settle()
  t.equal(bundles.length, 2)
  for (let i = 0; i < 2000; i++) await clock.pass(50, 50)
  await done
  await operator.finish()
  t.equal(
    bundles.reduce((a, b) => a + b, 0),
    500,
  )
})

t.test('event time leaves behind the bundles that were in flight, and nobody waits for them to say it', async t => {
  const { clock, emitted, operator } = await working(10)
  await operator.process(batchOf(2))
  await operator.advance({ type: 'watermark', timestampMs: 5 })
  await operator.advance({ type: 'status', idle: true })
  await operator.process(batchOf(1))
  t.same(emitted, [])
  await clock.pass(100, 10)
  t.same(emitted, ['0', '1', 'w5', 'idle', '0'])
})

t.test('a watermark that the functions ask for leaves behind what they make of it', async t => {
  const { clock, emitted, operator } = await working(10, { watermarks: true })
  await operator.process(batchOf(1))
  await operator.advance({ type: 'watermark', timestampMs: 5 })
  await operator.process(batchOf(1))
  await clock.pass(100, 10)
  t.same(emitted, ['0', 'timer 5', 'w5', '0'])
})

t.test('a barrier waits for the letters of records that the function could not read', async t => {
  const letters: DeadLetter[] = []
  let taken: () => void = () => undefined
  const deadLetters: DeadLetterDestination = {
    validate: async () => undefined,
    put: given =>
      new Promise(resolve => {
        taken = () => {
          letters.push(...given)
          resolve()
        }
      }),
    close: async () => undefined,
  }
  const runtime = {
    open: async () => ({
      nextTimerMs: null,
      process: async (bundle: RecordBatch): Promise<FunctionResult> => ({
        batch: bundle.select(Uint32Array.of(0, 2)),
        maxTimestampMs: null,
        nextTimerMs: null,
        poisoned: [{ i: 1, message: 'no good' }],
      }),
      advanceWatermark: () => Promise.reject(new Error('not asked for')),
      advanceProcessingTime: () => Promise.reject(new Error('not asked for')),
      snapshot: () => Promise.reject(new Error('not asked for')),
      close: async () => undefined,
    }),
  }
  const operator = new RemoteFunctionOperator(
    runtime,
    { keyed: false, watermarks: false } as OpenFunction,
    { bundleSize: 10, bundlesInFlight: 2, bundleTimeMs: 1000 },
    new ManualClock(),
    null,
    error => t.fail(String(error)),
    new PoisonedRecords({
      poisonRecords: 'fail',
      deadLetters,
      losses: new RecordLosses(new ManualClock(), () => undefined),
    }),
  )
  const output = new NotedOutput()
  await operator.open(output, output)
  await operator.process(sourceBatch('a', 'b', 'c'))
  let stored = false
  const snapshot = operator.snapshot(1).then(() => (stored = true))
  await settle()
  t.same([stored, output.seen.length], [false, 0])
  taken()
  await snapshot
  t.same(
    output.seen.map(v => (v as Buffer).toString()),
    ['a', 'c'],
  )
  t.match(letters, [
    {
      code: 'RECORD_MALFORMED',
      message: 'no good',
      partitionKey: 'key 1',
      position: { shardId: 'shardId-000000000003' },
    },
  ])
  t.equal(letters[0]!.data.toString(), 'b')
  t.equal(operator.metrics().numRecordsInErrors, 1)
})

t.test('the end of a split leaves behind the answers to everything before it, and takes no credit', async t => {
  const { clock, emitted, operator } = await working(10, { bundleSize: 1, bundlesInFlight: 2 })
  await operator.process(batchOf(2))
  await operator.advance(new SplitEnd('s', () => undefined))
  t.same(emitted, [])
  const more = operator.process(batchOf(1))
  for (let i = 0; i < 5; i++) await clock.pass(10, 10)
  await more
  await operator.finish()
  t.same(emitted, ['0', '1', 'end of s', '0'])
})
