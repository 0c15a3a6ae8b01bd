import { Duplex } from 'node:stream'

import { LocalDate } from '@js-joda/core'
import t from 'tap'

import type { Frame } from '../../../bindings/functions/frame.ts'
import { encodeFrame, frameTypes } from '../../../bindings/functions/frame.ts'
import { FrameReader } from '../../../bindings/functions/frame-reader.ts'
import { FunctionChannel } from '../../../bindings/functions/function-channel.ts'
import { BridgeError } from '../../../core/foundation/errors.ts'
import { systemClock } from '../../../core/foundation/clock.ts'
import type { OpenFunction } from '../../../core/operators/function-runtime.ts'
import { RemoteFunctionOperator } from '../../../core/operators/remote/remote-function-operator.ts'
import { sourceBatch, textBatch } from '../../core/fakes/batches.ts'
import { settle } from '../../core/fakes/manual-clock.ts'
import { NotedOutput } from '../../core/fakes/outputs.ts'

const requestOf = (overrides: Partial<OpenFunction> = {}): OpenFunction => ({
  jobName: 'flights',
  taskName: 'Map -> Filter',
  subtask: 3,
  parallelism: 4,
  maxParallelism: 128,
  attempt: 1,
  mode: 'thread',
  keyed: false,
  timestamps: false,
  watermarks: false,
  restored: null,
  operators: [
    {
      id: 2,
      uid: null,
      name: 'Map',
      operation: 'map',
      pickle: 'AAAA',
      input: 'text',
      output: 'text',
      deserializes: false,
    },
    {
      id: 3,
      uid: 'u',
      name: 'Filter',
      operation: 'filter',
      pickle: 'BBBB',
      input: 'text',
      output: 'text',
      deserializes: false,
    },
  ],
  ...overrides,
})

/** The other end of a channel: it notes what it is sent, and answers what the test says. */
class ScriptedHost {
  readonly got: Frame[] = []
  readonly stream: Duplex
  readonly channel: FunctionChannel
  /** Opens and closes are answered by themselves; bundles by the test. */
  polite = true

  constructor() {
    const reader = new FrameReader(frame => {
      this.got.push(frame)
      if (!this.polite) return
      if (frame.type === frameTypes.OPEN) this.answer(frame, frameTypes.OPENED)
      if (frame.type === frameTypes.CLOSE) this.answer(frame, frameTypes.CLOSED)
    })
    this.stream = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _, done) => {
        reader.push(chunk)
        done()
      },
    })
    this.channel = new FunctionChannel(this.stream, () => new BridgeError('DRIVER_LOST', 'the driver is gone'))
  }

  bundles(): Frame[] {
    return this.got.filter(f => f.type === frameTypes.BUNDLE)
  }

  answer({ functionId, subtask, sequence }: Frame, type: 2 | 7 | 5, body: Buffer | null = null): void {
    this.stream.push(encodeFrame(type, { functionId, subtask, sequence }, body))
  }

  /** The values of a bundle in capitals. */
  shout(frame: Frame): void {
    const body = Buffer.from(frame.body.toString().toUpperCase())
    const out = encodeFrame(frameTypes.RESULT, frame, body)
    out.writeUInt32LE(frame.count, 20)
    this.stream.push(out)
  }

  result(frame: Frame, { flags, count, body }: Pick<Frame, 'flags' | 'count' | 'body'>): void {
    const out = encodeFrame(frameTypes.RESULT, frame, body)
    out[6] = flags
    out.writeUInt32LE(count, 20)
    this.stream.push(out)
  }

  fail(frame: Frame, overrides: object = {}): void {
    const body = {
      errorType: 'ValueError',
      message: 'no',
      traceback: 'Traceback ...',
      operatorId: 2,
      operatorName: 'Map',
      index: 1,
      ...overrides,
    }
    this.answer(frame, frameTypes.FAILED, Buffer.from(JSON.stringify(body)))
  }

  end(): void {
    this.stream.push(null)
  }
}

t.test('a chain is opened with what it needs to know', async t => {
  const host = new ScriptedHost()
  await host.channel.open(requestOf())
  t.match(host.got[0], { type: frameTypes.OPEN, functionId: 1, subtask: 3, sequence: 0 })
  t.same(JSON.parse(host.got[0]!.body.toString()), {
    version: 5,
    jobName: 'flights',
    taskName: 'Map -> Filter',
    parallelism: 4,
    maxParallelism: 128,
    attempt: 1,
    keyed: false,
    operators: requestOf().operators,
  })
})

t.test('bundles are numbered, and answered in their order', async t => {
  const host = new ScriptedHost()
  const fn = await host.channel.open(requestOf())
  const answers = [fn.process(textBatch('a', 'b')), fn.process(textBatch('c'))]
  await settle()
  t.same(
    host.bundles().map(f => [f.sequence, f.count]),
    [
      [0, 2],
      [1, 1],
    ],
  )
  for (const frame of host.bundles()) host.shout(frame)
  t.same(
    (await Promise.all(answers)).map(a => a.batch.values()),
    [['A', 'B'], ['C']],
  )
})

t.test('functions and subtasks share a channel without mixing', async t => {
  const host = new ScriptedHost()
  const one = await host.channel.open(requestOf({ subtask: 0 }))
  const two = await host.channel.open(requestOf({ subtask: 1 }))
  const first = one.process(textBatch('one'))
  const second = two.process(textBatch('two'))
  await settle()
  for (const frame of [...host.bundles()].reverse()) host.shout(frame)
  t.same((await first).batch.values(), ['ONE'])
  t.same((await second).batch.values(), ['TWO'])
})

t.test('what a schema could make nothing of is told with the values of the others', async t => {
  const host = new ScriptedHost()
  const fn = await host.channel.open(requestOf())
  const answers = [0, 1].map(() => fn.process(textBatch('a', 'b', 'c')))
  for (const answer of answers) answer.catch(() => undefined)
  await settle()
  const told = (list: unknown): Buffer => {
    const json = Buffer.from(JSON.stringify(list))
    return Buffer.concat([Buffer.from(Uint32Array.of(0, 2, json.length).buffer), json, Buffer.from('A\0C')])
  }
  host.result(host.bundles()[0]!, { flags: 4 | 128, count: 2, body: told([[1, 'no good']]) })
  const { batch, poisoned } = await answers[0]!
  t.same([batch.values(), poisoned], [['A', 'C'], [{ i: 1, message: 'no good' }]])
  host.result(host.bundles()[1]!, { flags: 4 | 128, count: 2, body: told([[3, 'no good']]) })
  await t.rejects(answers[1]!, { code: 'PROTOCOL_VIOLATED', message: /names input 3 of a bundle of 3/ })
})

t.test('a failure names the operator and the position of the record', async t => {
  const host = new ScriptedHost()
  const fn = await host.channel.open(requestOf())
  const source = sourceBatch('a', 'b')
  const answer = fn.process(source.withSlab('text', source, null))
  await settle()
  host.fail(host.bundles()[0]!)
  t.match(await answer.catch((e: unknown) => e), {
    code: 'FUNCTION_FAILED',
    message:
      /Operator 'Map' failed on the record at stream flights, shardId-000000000003, sequence number 495\d+1, value "b": ValueError: no/,
    details: { traceback: 'Traceback ...', index: 1 },
  })
})

t.test('a value that Python has nothing for is named by its record', async t => {
  const host = new ScriptedHost()
  const fn = await host.channel.open(requestOf())
  const days = [LocalDate.of(2026, 11, 24), LocalDate.of(10_000, 1, 1)]
  const answer = fn.process(sourceBatch('a', 'b').withValues(days, null))
  t.match(await answer.catch((e: unknown) => e), {
    code: 'FUNCTION_FAILED',
    message:
      /Operator 'Map' failed on the record at stream flights, shardId-000000000003, sequence number 495\d+1, value .*: .*10000-01-01 cannot go to Python, whose years are 1 to 9999/,
  })
  t.same(host.bundles(), [])
})

t.test('values that Python has nothing for are left out where the source has an answer for them', async t => {
  const host = new ScriptedHost()
  const fn = await host.channel.open(requestOf())
  const days = ['2026-11-24', '+10000-01-01', '2026-11-25', '0000-12-31'].map(day => LocalDate.parse(day))
  const answers = [
    fn.process(sourceBatch('a', 'b', 'c', 'd').withValues(days, null), true),
    fn.process(textBatch('e'), true),
  ]
  for (const answer of answers) answer.catch(() => undefined)
  await settle()
  t.same(
    host.bundles().map(f => [f.sequence, f.count]),
    [
      [0, 2],
      [1, 1],
    ],
    'the rest is sent before the next bundle',
  )
  const json = Buffer.from(JSON.stringify([[1, 'no good']]))
  const body = Buffer.concat([Buffer.from(Uint32Array.of(0, json.length).buffer), json, Buffer.from('A')])
  host.result(host.bundles()[0]!, { flags: 4 | 128, count: 1, body })
  const { batch, poisoned } = await answers[0]!
  t.same(batch.positions!.sequenceNumber(0).at(-1), '0')
  t.same(poisoned, [
    { i: 1, message: '+10000-01-01 cannot go to Python, whose years are 1 to 9999.' },
    { i: 2, message: 'no good' },
    { i: 3, message: '0000-12-31 cannot go to Python, whose years are 1 to 9999.' },
  ])
  host.shout(host.bundles()[1]!)
  t.same((await answers[1]!).poisoned, null)
})

t.test('an index that the bundle does not have is not taken for a position', async t => {
  const host = new ScriptedHost()
  const fn = await host.channel.open(requestOf())
  const answer = fn.process(textBatch('a'))
  await settle()
  host.fail(host.bundles()[0]!, { index: 17, operatorName: null })
  t.match(await answer.catch((e: unknown) => e), { message: /^Operator 'Map -> Filter' failed: ValueError/ })
})

t.test('after a failure in the middle the bundles behind it fail too, and closing is still answered', async t => {
  const host = new ScriptedHost()
  const fn = await host.channel.open(requestOf())
  const answers = ['a', 'b', 'c'].map(v => fn.process(textBatch(v)).catch((e: unknown) => e))
  await settle()
  host.shout(host.bundles()[0]!)
  host.fail(host.bundles()[1]!)
  t.match(await answers[0], { batch: { count: 1 } })
  t.match(await answers[1], { code: 'FUNCTION_FAILED' })
  t.match(await answers[2], { code: 'ILLEGAL_STATE' })
  // The host drops what comes after; a bundle that is refused here cannot take the answer of the CLOSE.
  await t.rejects(fn.process(textBatch('d')), { code: 'ILLEGAL_STATE' })
  t.equal(host.bundles().length, 3)
  await fn.close()
  t.equal(host.got.at(-1)?.type, frameTypes.CLOSE)
})

t.test('an operator whose bundle fails while it sends the next one can still be closed', async t => {
  const host = new ScriptedHost()
  const failures: unknown[] = []
  const runtime = { open: (request: OpenFunction) => host.channel.open(request) }
  const operator = new RemoteFunctionOperator(
    runtime,
    requestOf(),
    { bundleSize: 1, bundlesInFlight: 2, bundleTimeMs: 1000 },
    systemClock,
    null,
    e => failures.push(e),
  )
  const output = new NotedOutput()
  await operator.open(output, output)
  const processing = operator.process(textBatch('a', 'b', 'c', 'd')).catch((e: unknown) => e)
  await settle()
  host.shout(host.bundles()[0]!)
  host.fail(host.bundles()[1]!, { index: 0 })
  t.match(await processing, { code: 'FUNCTION_FAILED' })
  await operator.close()
  t.match(failures, [{ code: 'FUNCTION_FAILED' }])
})

t.test('a chain that cannot be opened says why', async t => {
  const host = new ScriptedHost()
  host.polite = false
  const opening = host.channel.open(requestOf())
  await settle()
  host.fail(host.got[0]!, { errorType: 'ModuleNotFoundError', index: null })
  await t.rejects(opening, { code: 'FUNCTION_FAILED', message: /ModuleNotFoundError/ })
})

t.test(
  'a state that does not fit the checkpoint is an error about the checkpoint, which no restart can mend',
  async t => {
    const host = new ScriptedHost()
    host.polite = false
    const opening = host.channel.open(requestOf())
    await settle()
    host.fail(host.got[0]!, {
      errorType: 'StateMigrationException',
      message: "state 'count' has the type INT",
      index: null,
    })
    await t.rejects(opening, {
      code: 'CHECKPOINT_UNREADABLE',
      fatal: true,
      message: /^The state of '.*' cannot be restored: state 'count' has the type INT/,
    })
  },
)

t.test('when the channel ends everything that waits fails, and so does what comes later', async t => {
  const host = new ScriptedHost()
  const fn = await host.channel.open(requestOf())
  const answer = fn.process(textBatch('a')).catch((e: unknown) => e)
  host.polite = false
  const opening = host.channel.open(requestOf()).catch((e: unknown) => e)
  await settle()
  host.end()
  t.match(await answer, { code: 'DRIVER_LOST' })
  t.match(await opening, { code: 'DRIVER_LOST' })
  await t.rejects(fn.process(textBatch('b')), { code: 'DRIVER_LOST' })
  await t.rejects(host.channel.open(requestOf()), { code: 'DRIVER_LOST' })
  await fn.close()
})

t.test('what breaks the protocol ends the channel', async t => {
  const answers: readonly ((host: ScriptedHost) => void)[] = [
    host => host.stream.push(Buffer.alloc(24)),
    host => host.answer({ ...host.got[0]!, functionId: 99 }, frameTypes.OPENED),
    host => host.answer(host.got[0]!, frameTypes.FAILED, Buffer.from('not JSON')),
  ]
  for (const say of answers) {
    const host = new ScriptedHost()
    const fn = await host.channel.open(requestOf())
    const answer = fn.process(textBatch('a')).catch((e: unknown) => e)
    await settle()
    say(host)
    t.match(await answer, { code: 'PROTOCOL_VIOLATED' })
  }
})

t.test('closing twice is closing once', async t => {
  const host = new ScriptedHost()
  const fn = await host.channel.open(requestOf())
  await Promise.all([fn.close(), fn.close()])
  await fn.close()
  t.equal(host.got.filter(f => f.type === frameTypes.CLOSE).length, 1)
})

t.test('the operator keeps to its credits, emits in order, and waits for all at a barrier', async t => {
  const host = new ScriptedHost()
  let release = (): void => undefined
  const output = new NotedOutput(() => new Promise(resolve => (release = resolve)))
  const emitted = output.seen
  const runtime = { open: (request: OpenFunction) => host.channel.open(request) }
  const operator = new RemoteFunctionOperator(
    runtime,
    requestOf(),
    { bundleSize: 2, bundlesInFlight: 2, bundleTimeMs: 1000 },
    systemClock,
    null,
    () => undefined,
  )
  await operator.open(output, output)
  void operator.process(textBatch('a', 'b', 'c', 'd', 'e'))
  await settle()
  t.equal(host.bundles().length, 2)
  host.shout(host.bundles()[0]!)
  host.shout(host.bundles()[1]!)
  await settle()
  t.same(emitted, ['A', 'B'], 'the second waits until the first was taken')
  t.equal(host.bundles().length, 2, 'and a credit returns only then')
  release()
  await settle()
  t.equal(host.bundles().length, 3)
  let snapshotted = false
  void operator.snapshot(1).then(() => (snapshotted = true))
  host.shout(host.bundles()[2]!)
  release()
  await settle()
  t.equal(snapshotted, false)
  release()
  await settle()
  t.same(emitted, ['A', 'B', 'C', 'D', 'E'])
  t.equal(snapshotted, true)
  await operator.close()
})
