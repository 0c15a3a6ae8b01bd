import t from 'tap'

import type { LocalFunction } from '../../../../core/operators/job-facilities.ts'
import type { PutResult } from '../../../../emulator/index.ts'
import { collectionT, functionT, graphOf, sinkT, sourceT } from '../../fakes/graphs.ts'
import { local, readFlights, requestsFromNowOn, sorted, textsOf, writeOut, STOP } from '../../fakes/job-graphs.ts'
import { emulator, eventually, jobOf, numbered, pointedAt, StatefulSink, textsIn } from '../../fakes/jobs.ts'

t.test('source positions and state stay exact over failures, across an exchange', async t => {
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

t.test('after a failure the Kinesis sink has each record at least once', async t => {
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

t.test('by default a job fails after the same failure three times without a checkpoint', async t => {
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

t.test('without checkpoints the first failure is final', async t => {
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

t.test('the error of a function has the position of its record', async t => {
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

t.test('a job that waits for a restart is cancelled at once', async t => {
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

t.test('cancellation while the next attempt starts ends that attempt', async t => {
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
