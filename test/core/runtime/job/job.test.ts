import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'

import type { JobGraph } from '../../../../core/graph/job-graph.ts'
import type { LocalFunction } from '../../../../core/operators/job-facilities.ts'
import type { KinesisEmulator, PutResult } from '../../../../emulator/index.ts'
import {
  collectionT,
  functionT,
  graphOf,
  kinesisSinkSpec,
  kinesisSourceSpec,
  sinkT,
  sourceT,
} from '../../fakes/graphs.ts'
import { emulator, eventually, jobOf, numbered, pointedAt, StatefulSink, textsIn } from '../../fakes/jobs.ts'

const STOP = { 'shardline.source.stop-at': 'latest' }
const sorted = (texts: readonly string[]): string[] => [...texts].sort()
const textsOf = (records: readonly { readonly data: string }[]): string[] => sorted(records.map(r => r.data))

const local = (localId: string, kind: 'map' | 'filter' | 'flat_map' | 'collect' = 'map') =>
  ({ kind, function: { type: 'local', localId } }) as const

const readFlights = (kinesis: KinesisEmulator) => ({
  source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }),
})
const writeOut = (kinesis: KinesisEmulator) => ({
  sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out') }),
})

/** Leaves what is on its way the time to arrive; then a reader that runs on would ask many times. */
async function requestsFromNowOn(kinesis: KinesisEmulator): Promise<number> {
  // Longer than any answer that a test holds back: a request counts when it is answered.
  await delay(600)
  const before = kinesis.requests.count()
  await delay(150)
  return kinesis.requests.count() - before
}

function passthrough(kinesis: KinesisEmulator, configuration: Record<string, string> = {}, parallelism = 1): JobGraph {
  return graphOf([sourceT(1, readFlights(kinesis)), sinkT(2, [1], writeOut(kinesis))], {
    parallelism,
    configuration: pointedAt(kinesis, configuration),
  })
}

t.test('Kinesis to Kinesis, each record exactly once, at one and at three subtasks', async t => {
  for (const parallelism of [1, 3]) {
    const kinesis = await emulator(t, { streams: { flights: 4, out: 2 } })
    const records = numbered(5000)
    kinesis.put('flights', records)
    const { job, statuses } = jobOf(t, passthrough(kinesis, STOP, parallelism))
    await job.start()
    t.match(await job.result(), { state: 'FINISHED', checkpointPath: null })
    t.same(sorted(textsIn(kinesis, 'out')), textsOf(records))
    t.same(
      statuses.map(s => s.state),
      ['RUNNING', 'FINISHED'],
    )
    t.match(job.metrics().operators, [
      { name: 'Source: source 1', numRecordsOut: 5000 },
      { name: 'sink 2', numRecordsIn: 5000, sink: { records: 5000, retries: 0, bufferedEntries: 0 } },
    ])
  }
})

t.test('functions of this process: map, filter, flat_map', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(100))
  const locals = new Map<string, LocalFunction>([
    ['shout', (v: string) => v.toUpperCase()],
    ['even', (v: string) => Number(v.slice(1)) % 2 === 0],
    ['twice', (v: string) => [v, `${v} again`]],
  ])
  const graph = graphOf(
    [
      sourceT(1, readFlights(kinesis)),
      functionT(2, [1], local('shout')),
      functionT(3, [2], local('even', 'filter')),
      functionT(4, [3], local('twice', 'flat_map')),
      sinkT(5, [4], writeOut(kinesis)),
    ],
    { parallelism: 2, configuration: pointedAt(kinesis, STOP) },
  )
  const { job } = jobOf(t, graph, { locals })
  await job.start()
  await job.result()
  const evens = Array.from({ length: 50 }, (_, i) => `R${i * 2}`)
  t.same(sorted(textsIn(kinesis, 'out')), sorted(evens.flatMap(v => [v, `${v} again`])))
})

t.test('one stream to several sinks, each with all of it', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(50))
  const graph = graphOf(
    [
      sourceT(1, readFlights(kinesis)),
      sinkT(2, [1], writeOut(kinesis)),
      sinkT(3, [1], { sink: { type: 'print', identifier: 'p' } }),
      sinkT(4, [1], { sink: { type: 'print', identifier: null }, partitioning: 'rebalance', parallelism: 2 }),
    ],
    { parallelism: 1, configuration: pointedAt(kinesis, STOP) },
  )
  const { job, printed } = jobOf(t, graph)
  await job.start()
  await job.result()
  const lines = printed.join('').trim().split('\n')
  t.same(sorted(textsIn(kinesis, 'out')), textsOf(numbered(50)))
  t.equal(lines.filter(l => l.startsWith('p> ')).length, 50)
  t.equal(lines.filter(l => /^[12]> r/.test(l)).length, 50)
})

t.test('reshards while the job runs: nothing is lost or doubled, and each key keeps its order', async t => {
  const kinesis = await emulator(t)
  const seen: string[] = []
  const locals = new Map<string, LocalFunction>([['see', (values: string[]) => void seen.push(...values)]])
  const graph = graphOf([sourceT(1, readFlights(kinesis)), functionT(2, [1], local('see', 'collect'))], {
    parallelism: 3,
    configuration: pointedAt(kinesis),
  })
  const { job } = jobOf(t, graph, { locals })
  await job.start()
  let count = 0
  const put = (n: number): void => {
    kinesis.put('flights', numbered(n, 'r', 20, count))
    count += n
  }
  const open = (): string[] =>
    kinesis
      .records('flights')
      .filter(s => s.open)
      .map(s => s.shardId)
  put(200)
  for (let round = 0; round < 6; round++) {
    const [first] = open() as [string]
    const children = kinesis.splitShard('flights', first)
    put(100)
    if (round % 2 === 1) kinesis.mergeShards('flights', children[0]!, children[1]!)
    put(100)
    if (round % 3 === 0) await eventually(() => seen.length >= count, `${count} records`)
  }
  await eventually(() => seen.length >= count, `${count} records`)
  await job.cancel('drain')
  t.same(sorted(seen), textsOf(numbered(count)))
  for (let key = 0; key < 20; key++) {
    const numbers = seen.map(s => Number(s.slice(1))).filter(n => n % 20 === key)
    t.same(
      numbers,
      [...numbers].sort((a, b) => a - b),
      `key ${key}`,
    )
  }
})

t.test('failures at any time: source positions and state stay exact, over an exchange', async t => {
  const kinesis = await emulator(t, { streams: { flights: 3, out: 1 } })
  const records = numbered(3000)
  kinesis.put('flights', records)
  const sink = new StatefulSink()
  let calls = 0
  let failures = 0
  const fail = (v: string): string => {
    // Fails now and then until it has failed five times, which it has before every record came once.
    if (++calls % 500 === 0 && failures < 5) {
      failures++
      throw new Error(`failure ${failures}`)
    }
    return v
  }
  const graph = graphOf(
    [
      sourceT(1, { ...(readFlights(kinesis) as object), parallelism: 2 }),
      functionT(2, [1], { ...local('fail'), partitioning: 'rebalance', parallelism: 3 }),
      sinkT(3, [2], { ...(writeOut(kinesis) as object), partitioning: 'rebalance', parallelism: 2 }),
    ],
    {
      configuration: pointedAt(kinesis, {
        ...STOP,
        'source.shard.get-records.max-record-count': '50',
        'source.reader.nonempty-records-fetch-interval': '5 ms',
        'execution.checkpointing.interval': '10 ms',
        'execution.checkpointing.dir': t.testdir(),
        'restart-strategy.type': 'fixed-delay',
        'restart-strategy.fixed-delay.attempts': '100',
        'restart-strategy.fixed-delay.delay': '1 ms',
      }),
    },
  )
  const { job, warnings } = jobOf(t, graph, {
    locals: new Map([['fail', fail]]),
    kinesisSink: () => sink,
  })
  await job.start()
  await job.result()
  t.equal(failures, 5)
  t.equal(warnings.filter(w => /restarting in 1 ms: Operator 'function 2' failed/.test(w)).length, 5)
  t.equal(job.status.attempt, 5)
  t.same(sorted(sink.values), textsOf(records))
})

t.test('after a failure the Kinesis sink has each record at least once, and none is missing', async t => {
  const kinesis = await emulator(t)
  const records = numbered(2000)
  kinesis.put('flights', records.slice(0, 1000))
  let failed = false
  const locals = new Map<string, LocalFunction>([
    [
      'fail once',
      (v: string) => {
        if (!failed && job.metrics().checkpoints.completed > 2) {
          failed = true
          throw new Error('once')
        }
        return v
      },
    ],
  ])
  const graph = graphOf(
    [sourceT(1, readFlights(kinesis)), functionT(2, [1], local('fail once')), sinkT(3, [2], writeOut(kinesis))],
    {
      parallelism: 2,
      configuration: pointedAt(kinesis, {
        'source.shard.get-records.max-record-count': '20',
        'source.reader.nonempty-records-fetch-interval': '2 ms',
        'execution.checkpointing.interval': '10 ms',
        'execution.checkpointing.dir': t.testdir(),
        'restart-strategy.exponential-delay.initial-backoff': '1 ms',
      }),
    },
  )
  kinesis.faults.inject({ operation: 'PutRecords', times: 5, after: 3, fault: { kind: 'partial', indices: [0, 3] } })
  kinesis.faults.inject({ operation: 'GetRecords', times: 3, after: 10, fault: { kind: 'reset', when: 'after' } })
  kinesis.faults.inject({ operation: 'GetRecords', times: 2, after: 20, fault: { kind: 'expired-iterator' } })
  const { job } = jobOf(t, graph, { locals })
  await job.start()
  await eventually(() => job.metrics().checkpoints.completed > 2, 'three checkpoints')
  kinesis.put('flights', records.slice(1000))
  const out = new Set<string>()
  await eventually(() => {
    for (const text of textsIn(kinesis, 'out')) out.add(text)
    return out.size === records.length
  }, 'all records in the sink')
  t.equal(failed, true)
  t.match(await job.cancel('drain').then(() => job.result()), { state: 'CANCELED' })
  t.same(sorted([...out]), textsOf(records))
})

t.test('auto starts from the beginning without a checkpoint, and from the latest with one', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(10))
  const options = {
    'execution.checkpointing.interval': '20 ms',
    'execution.checkpointing.dir': t.testdir(),
    'execution.state-recovery.path': 'auto',
  }
  for (const [i, expected] of [10, 20].entries()) {
    const { job } = jobOf(t, passthrough(kinesis, options, 1))
    await job.start()
    t.match(job.restoredFrom, i === 0 ? null : /chk-\d+$/)
    await eventually(() => textsIn(kinesis, 'out').length >= expected)
    await job.cancel('drain')
    t.equal(textsIn(kinesis, 'out').length, expected)
    kinesis.put('flights', numbered(10, 'later'))
  }
})

t.test('auto fails where the latest checkpoint cannot be read', async t => {
  const kinesis = await emulator(t)
  const folder = t.testdir({ flights: { 'chk-1': { _metadata: 'no checkpoint' } } })
  const options = { 'execution.checkpointing.dir': folder, 'execution.state-recovery.path': 'auto' }
  const { job } = jobOf(t, passthrough(kinesis, options, 1))
  await t.rejects(job.start(), { code: 'CHECKPOINT_UNREADABLE' })
})

t.test('drained, and restored from the latest checkpoint at another parallelism: each record exactly once', async t => {
  const kinesis = await emulator(t, { streams: { flights: 4, out: 2 } })
  const dir = t.testdir()
  const checkpoints = { 'execution.checkpointing.interval': '1 h', 'execution.checkpointing.dir': dir }
  const all: string[] = []
  const parallelisms = [1, 3, 2]
  for (const [i, parallelism] of parallelisms.entries()) {
    const records = numbered(500, `run ${i} `)
    kinesis.put('flights', records)
    all.push(...records.map(r => r.data))
    const restore = i === 0 ? {} : { 'execution.state-recovery.path': 'latest' }
    const { job } = jobOf(t, passthrough(kinesis, { ...checkpoints, ...restore }, parallelism))
    await job.start()
    t.equal(job.restoredFrom === null, i === 0)
    await eventually(() => kinesis.recordCount('out') >= all.length, 'all records in the sink')
    if (i === 1) kinesis.splitShard('flights', kinesis.records('flights')[0]!.shardId)
    await job.cancel('drain')
    const result = await job.result()
    t.equal(result.state, 'CANCELED')
    t.ok(existsSync(path.join(result.checkpointPath!, '_metadata')))
    t.same(sorted(textsIn(kinesis, 'out')), sorted(all))
  }
})

t.test('draining sends what the sink still holds, and takes a last checkpoint', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(10))
  const graph = graphOf(
    [
      sourceT(1, readFlights(kinesis)),
      sinkT(2, [1], { sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out'), maxTimeInBufferMs: 3_600_000 }) }),
    ],
    {
      parallelism: 1,
      configuration: pointedAt(kinesis, {
        'execution.checkpointing.interval': '1 h',
        'execution.checkpointing.dir': t.testdir(),
      }),
    },
  )
  const { job, statuses } = jobOf(t, graph)
  await job.start()
  await eventually(() => job.metrics().operators[1]!.numRecordsIn === 10)
  t.equal(kinesis.recordCount('out'), 0)
  await job.cancel('drain')
  t.equal(kinesis.recordCount('out'), 10)
  t.match(job.metrics().checkpoints, { completed: 1 })
  t.same(
    statuses.map(s => s.state),
    ['RUNNING', 'CANCELLING', 'CANCELED'],
  )
})

t.test('cancelled now, it stops at once, holds nothing, and asks the service nothing more', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(10))
  // The sink cannot get rid of anything: draining would never end.
  kinesis.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
  const { job } = jobOf(t, passthrough(kinesis))
  await job.start()
  await eventually(() => kinesis.requests.count('PutRecords') > 2)
  const draining = job.cancel('drain')
  await job.cancel('now')
  await draining
  t.match(await job.result(), { state: 'CANCELED', checkpointPath: null })
  t.equal(await requestsFromNowOn(kinesis), 0)
})

t.test('checkpoints of a bounded job go when it has finished, all others stay', async t => {
  const dir = t.testdir()
  const configuration = { 'execution.checkpointing.interval': '1 h', 'execution.checkpointing.dir': dir }
  const bounded = (name: string): JobGraph =>
    graphOf([collectionT(1, 'a', 'b'), functionT(2, [1], local('f')), sinkT(3, [2])], {
      name,
      configuration: { ...configuration, 'restart-strategy.type': 'none' },
    })
  const checkpointsOf = (name: string): string[] =>
    existsSync(path.join(dir, name)) ? readdirSync(path.join(dir, name)) : []

  const finished = jobOf(t, bounded('finished'), { locals: new Map([['f', (v: never) => v]]) }).job
  await finished.start()
  t.match(await finished.result(), { state: 'FINISHED', checkpointPath: null })
  t.same(checkpointsOf('finished'), [])

  const kinesis = await emulator(t)
  const endless = jobOf(t, { ...passthrough(kinesis, { ...configuration, ...STOP }), name: 'endless' }).job
  await endless.start()
  const { state, checkpointPath } = await endless.result()
  t.equal(state, 'FINISHED')
  t.equal(checkpointPath, path.join(dir, 'endless', 'chk-1'))
  t.same(checkpointsOf('endless'), ['chk-1'])
})

t.test('the numbers of checkpoints go on where the last run of the job ended', async t => {
  const dir = t.testdir({ flights: { 'chk-41': { _metadata: '' } } })
  const kinesis = await emulator(t)
  const configuration = { 'execution.checkpointing.interval': '1 h', 'execution.checkpointing.dir': dir, ...STOP }
  const { job } = jobOf(t, passthrough(kinesis, configuration))
  await job.start()
  t.match(await job.result(), { checkpointPath: path.join(dir, 'flights', 'chk-42') })
})

t.test('a checkpoint that an older job left behind is not started from unless it is asked for', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(10))
  const configuration = {
    'execution.checkpointing.interval': '1 h',
    'execution.checkpointing.dir': t.testdir(),
    ...STOP,
  }
  for (const expected of [10, 20]) {
    const { job } = jobOf(t, passthrough(kinesis, configuration))
    await job.start()
    await job.result()
    t.equal(kinesis.recordCount('out'), expected)
  }
})

t.test('restoring what is not there, or is of another job, says so', async t => {
  const kinesis = await emulator(t)
  const dir = t.testdir()
  const checkpoints = { 'execution.checkpointing.interval': '1 h', 'execution.checkpointing.dir': dir, ...STOP }
  const latest = { 'execution.state-recovery.path': 'latest' }
  const none = jobOf(t, passthrough(kinesis, { ...checkpoints, ...latest })).job
  await t.rejects(none.start(), { code: 'CHECKPOINT_NOT_FOUND', message: /latest/ })
  t.equal(none.status.state, 'FAILED')

  const first = jobOf(t, passthrough(kinesis, checkpoints)).job
  await first.start()
  await first.result()

  const other = graphOf([sourceT(1, { ...(readFlights(kinesis) as object), uid: 'renamed' }), sinkT(2, [1])], {
    configuration: pointedAt(kinesis, { ...checkpoints, ...latest }),
  })
  await t.rejects(jobOf(t, other).job.start(), {
    code: 'CHECKPOINT_UNREADABLE',
    message: /state of the operator 'Source: source 1'.*ignore-unclaimed-state/,
  })
  const ignoring = jobOf(t, {
    ...other,
    configuration: { ...other.configuration, 'execution.state-recovery.ignore-unclaimed-state': 'true' },
  }).job
  await ignoring.start()
  await ignoring.cancel('now')

  const wider = jobOf(t, { ...passthrough(kinesis, { ...checkpoints, ...latest }), maxParallelism: 64 }).job
  await t.rejects(wider.start(), { code: 'CONFIGURATION_INVALID', message: /max parallelism 128 .* says 64/ })
})

t.test('the same failure three times without a checkpoint in between ends the job, by default', async t => {
  const locals = new Map<string, LocalFunction>([
    [
      'broken',
      () => {
        throw new RangeError('no such airport')
      },
    ],
  ])
  const graph = graphOf([collectionT(1, 'a'), functionT(2, [1], local('broken')), sinkT(3, [2])], {
    configuration: {
      'execution.checkpointing.interval': '1 h',
      'execution.checkpointing.dir': t.testdir(),
      'restart-strategy.exponential-delay.initial-backoff': '1 ms',
    },
  })
  const { job, statuses } = jobOf(t, graph, { locals })
  await job.start()
  await t.rejects(job.result(), {
    code: 'FUNCTION_FAILED',
    message: /Operator 'function 2' failed.*RangeError: no such airport/,
  })
  t.same(
    statuses.map(s => `${s.attempt} ${s.state}`),
    ['0 RUNNING', '0 RESTARTING', '1 RUNNING', '1 RESTARTING', '2 RUNNING', '2 FAILED'],
  )
})

t.test('without checkpoints the first failure is the end', async t => {
  const locals = new Map<string, LocalFunction>([
    [
      'broken',
      () => {
        throw new Error('no')
      },
    ],
  ])
  const { job } = jobOf(t, graphOf([collectionT(1, 'a'), functionT(2, [1], local('broken')), sinkT(3, [2])]), {
    locals,
  })
  await job.start()
  await t.rejects(job.result(), { code: 'FUNCTION_FAILED' })
})

t.test('a failing function is told with the position of its record', async t => {
  const kinesis = await emulator(t)
  const [{ shardId, sequenceNumber }] = kinesis.put('flights', [{ data: 'bad', partitionKey: 'k' }]) as [PutResult]
  const locals = new Map<string, LocalFunction>([
    [
      'broken',
      () => {
        throw new Error('cannot parse')
      },
    ],
  ])
  const graph = graphOf([sourceT(1, readFlights(kinesis)), functionT(2, [1], local('broken')), sinkT(3, [2])], {
    configuration: pointedAt(kinesis),
  })
  const { job } = jobOf(t, graph, { locals })
  await job.start()
  t.match(await job.result().catch((error: unknown) => error), {
    code: 'FUNCTION_FAILED',
    details: { stream: 'flights', shardId, sequenceNumber },
  })
})

t.test('cancelled while it waits for a restart, it ends at once', async t => {
  const locals = new Map<string, LocalFunction>([
    [
      'broken',
      () => {
        throw new Error('no')
      },
    ],
  ])
  for (const mode of ['now', 'drain'] as const) {
    const graph = graphOf([collectionT(1, 'a'), functionT(2, [1], local('broken')), sinkT(3, [2])], {
      configuration: { 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.delay': '1 h' },
    })
    const { job } = jobOf(t, graph, { locals })
    await job.start()
    await eventually(() => job.status.state === 'RESTARTING')
    await job.cancel(mode)
    t.match(await job.result(), { state: 'CANCELED' })
  }
})

t.test('cancelled while it starts, it ends at once', async t => {
  for (const operation of ['ListShards', 'DescribeStreamSummary'] as const) {
    const kinesis = await emulator(t)
    kinesis.faults.inject({ operation, times: 10, fault: { kind: 'slow', delayMs: 60_000 } })
    const { job, statuses } = jobOf(t, passthrough(kinesis))
    const started = job.start()
    t.match(job.metrics().checkpoints, { completed: 0, lastPath: null }, 'metrics can be asked for')
    // The emulator counts what it has answered; the sink or the source waits by then.
    await delay(100)
    const from = performance.now()
    const cancelled = job.cancel('drain')
    await t.rejects(started, { code: 'JOB_CANCELED' })
    await cancelled
    t.ok(performance.now() - from < 10_000)
    t.same(
      statuses.map(s => s.state),
      ['CANCELLING', 'CANCELED'],
    )
  }
})

t.test('cancelled while the next attempt is starting, that one is ended too', async t => {
  for (const mode of ['now', 'drain'] as const) {
    const kinesis = await emulator(t)
    kinesis.put('flights', numbered(5))
    let failed = false
    const locals = new Map<string, LocalFunction>([
      [
        'once',
        (v: string) => {
          if (failed) return v
          failed = true
          throw new Error('once')
        },
      ],
    ])
    const graph = graphOf(
      [sourceT(1, readFlights(kinesis)), functionT(2, [1], local('once')), sinkT(3, [2], writeOut(kinesis))],
      {
        parallelism: 1,
        configuration: pointedAt(kinesis, {
          'restart-strategy.type': 'fixed-delay',
          'restart-strategy.fixed-delay.delay': '1 ms',
          'execution.checkpointing.interval': '10 ms',
          'execution.checkpointing.dir': t.testdir(),
        }),
      },
    )
    const { job } = jobOf(t, graph, { locals })
    await job.start()
    // The second attempt asks for the shards, and gets its answer late.
    kinesis.faults.inject({ operation: 'ListShards', fault: { kind: 'slow', delayMs: 300 } })
    await eventually(() => job.status.attempt === 1, 'the restart')
    await job.cancel(mode)
    t.match(await job.result(), { state: 'CANCELED' })
    t.equal(await requestsFromNowOn(kinesis), 0, 'nothing runs on behind it')
  }
})

t.test('what can never succeed ends the job at once, with a message that says what and where', async t => {
  const kinesis = await emulator(t)
  const failure = async (graph: JobGraph): Promise<unknown> => {
    const { job } = jobOf(t, graph)
    try {
      await job.start()
      await job.result()
    } catch (error) {
      t.equal(job.status.state, 'FAILED')
      return error
    }
    throw new Error('it did not fail')
  }
  const missing = kinesisSourceSpec({ streamArn: kinesis.streamArn('nope') })
  t.match(
    await failure(graphOf([sourceT(1, { source: missing }), sinkT(2, [1])], { configuration: pointedAt(kinesis) })),
    {
      code: 'STREAM_NOT_FOUND',
      message: /on stream nope failed: ResourceNotFoundException.*create the stream/,
    },
  )
  const noSink = kinesisSinkSpec({
    streamArn: null,
    streamName: 'nowhere',
    configuration: { 'aws.region': 'us-east-1' },
  })
  t.match(
    await failure(
      graphOf([collectionT(1, 'a'), sinkT(2, [1], { sink: noSink })], { configuration: pointedAt(kinesis) }),
    ),
    { code: 'STREAM_NOT_FOUND', message: /nowhere/ },
  )
  t.match(await failure(passthrough(kinesis, { 'aws.endpoint': 'http://127.0.0.1:1' })), {
    code: 'ENDPOINT_UNREACHABLE',
    message: /cannot reach http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)/,
  })
  const rejected = kinesis.faults.inject({
    times: Infinity,
    fault: {
      kind: 'error',
      name: 'UnrecognizedClientException',
      status: 400,
      message: 'The security token is invalid.',
    },
  })
  t.match(await failure(passthrough(kinesis)), {
    code: 'CREDENTIALS_REJECTED',
    message: /The security token is invalid\. Check the access key/,
  })
  rejected.remove()
  kinesis.faults.inject({
    operation: 'GetRecords',
    fault: { kind: 'error', name: 'AccessDeniedException', status: 400, message: 'not authorized' },
  })
  t.match(
    await failure(
      passthrough(kinesis, { 'execution.checkpointing.interval': '1 h', 'execution.checkpointing.dir': t.testdir() }),
    ),
    { code: 'ACCESS_DENIED', message: /GetRecords on stream flights, shard shardId-00000000000\d failed/ },
  )
})

t.test('a stream that is deleted under a running job ends it', async t => {
  const kinesis = await emulator(t)
  const { job } = jobOf(t, passthrough(kinesis))
  await job.start()
  await eventually(() => kinesis.requests.count('GetRecords') > 2)
  kinesis.deleteStream('flights')
  await t.rejects(job.result(), { code: 'STREAM_NOT_FOUND', message: /flights/ })
})

t.test('a wrong option is an error that names its key, before anything runs', async t => {
  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ 'execution.checkpointing.interval': 'often' }, /execution.checkpointing.interval: 'often' is not a duration/],
    [{ 'execution.checkpointing.interval': '5 ms' }, /at least 10 ms/],
    [{ 'parallelism.default': '0' }, /parallelism.default/],
    [{ 'restart-strategy.type': 'sometimes' }, /one of none, fixed-delay, exponential-delay/],
    [{ 'execution.checkpointing.dir': 'gs://bucket/dir' }, /'gs:\/\/'/],
  ]
  for (const [configuration, message] of wrong)
    t.throws(() => jobOf(t, graphOf([sourceT(1), sinkT(2, [1])], { configuration })), {
      code: 'CONFIGURATION_INVALID',
      message,
    })
})

t.test('an interval of 0 is no checkpoints, as in Flink', async t => {
  const { job } = jobOf(
    t,
    graphOf([collectionT(1, 'a'), sinkT(2, [1])], { configuration: { 'execution.checkpointing.interval': '0' } }),
  )
  t.equal(job.checkpointDirectory, null)
  await job.start()
  t.match(await job.result(), { state: 'FINISHED' })
})

t.test('a key that nobody knows is warned about, with the nearest one that somebody does', async t => {
  const configuration = { 'execution.checkpointing.intervall': '1 s', 'pipeline.jars': 'x', 'completely.else': '1' }
  const { warnings } = jobOf(t, graphOf([collectionT(1, 'a'), sinkT(2, [1])], { configuration }))
  t.equal(warnings.length, 2)
  t.match(warnings[0], /'execution.checkpointing.intervall' .* Did you mean 'execution.checkpointing.interval'\?/)
  t.match(warnings[1], /'completely.else' is not known and changes nothing\.$/)
})

t.test('the sink may fail a job: a refused record with failOnError', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(3))
  kinesis.faults.inject({ operation: 'PutRecords', fault: { kind: 'partial', indices: [1] } })
  const sink = kinesisSinkSpec({ streamArn: kinesis.streamArn('out'), failOnError: true })
  const graph = graphOf([sourceT(1, readFlights(kinesis)), sinkT(2, [1], { sink })], {
    parallelism: 1,
    configuration: pointedAt(kinesis),
  })
  const { job } = jobOf(t, graph)
  await job.start()
  await t.rejects(job.result(), { code: 'RECORDS_REJECTED' })
})

t.test('a job that was not started has no result, and cancelling it is nothing', async t => {
  const { job } = jobOf(t, graphOf([collectionT(1, 'a'), sinkT(2, [1])]))
  t.throws(() => job.result(), { code: 'ILLEGAL_STATE' })
  await job.cancel('now')
  t.equal(job.status.state, 'CREATED')
})
