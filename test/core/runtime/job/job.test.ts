import t from 'tap'

import type { JobGraph } from '../../../../core/graph/job-graph.ts'
import type { LocalFunction } from '../../../../core/operators/job-facilities.ts'
import {
  collectionT,
  functionT,
  graphOf,
  kinesisSinkSpec,
  kinesisSourceSpec,
  sinkT,
  sourceT,
} from '../../fakes/graphs.ts'
import { local, passthrough, readFlights, sorted, STOP, textsOf, writeOut } from '../../fakes/job-graphs.ts'
import { emulator, eventually, jobOf, numbered, pointedAt, textsIn } from '../../fakes/jobs.ts'

t.test('records are copied from Kinesis to Kinesis exactly once, with one and with three subtasks', async t => {
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

t.test('map, filter and flat_map run functions of this process', async t => {
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

t.test('every sink of a stream receives all of its records', async t => {
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

t.test('no record is lost or duplicated, and each key keeps its order, when the stream is resharded', async t => {
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

t.test('a permanent error fails the job at once, with a message that names the cause and the place', async t => {
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

t.test('a job fails when its stream is deleted', async t => {
  const kinesis = await emulator(t)
  const { job } = jobOf(t, passthrough(kinesis))
  await job.start()
  await eventually(() => kinesis.requests.count('GetRecords') > 2)
  kinesis.deleteStream('flights')
  await t.rejects(job.result(), { code: 'STREAM_NOT_FOUND', message: /flights/ })
})

t.test('with failOnError a rejected record fails the job', async t => {
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
