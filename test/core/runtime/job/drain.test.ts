import t from 'tap'

import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../../fakes/graphs.ts'
import { emulator, eventually, jobOf, numbered, pointedAt, StatefulSink } from '../../fakes/jobs.ts'

t.test('an interrupt drains a job that can be drained', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(100))
  const sink = new StatefulSink()
  const graph = graphOf(
    [
      sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
      sinkT(2, [1], { sink: kinesisSinkSpec() }),
    ],
    { configuration: pointedAt(kinesis), parallelism: 1 },
  )
  const { job, warnings } = jobOf(t, graph, { kinesisSink: () => sink })
  await job.start()
  await eventually(() => sink.values.length === 100)
  await job.cancel('interrupt')
  t.equal(job.status.state, 'CANCELED')
  t.same(warnings, [])
})

t.test('an interrupt ends a job that does not drain in time, and says what it waited for', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(100))
  kinesis.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'error' } })
  const graph = graphOf(
    [
      sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
      sinkT(2, [1], { sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out'), maxTimeInBufferMs: 10 }) }),
    ],
    { configuration: pointedAt(kinesis, { 'shardline.job.drain-timeout': '300 ms' }), parallelism: 1 },
  )
  const { job, warnings } = jobOf(t, graph)
  await job.start()
  await eventually(() => kinesis.requests.recent('PutRecords').length > 1)
  await job.cancel('interrupt')
  t.equal(job.status.state, 'CANCELED')
  t.match(
    warnings.at(-1),
    /^Job 'flights' is not drained after 300 ms \(shardline.job.drain-timeout\)\. It waits for .* to write 100 records/,
  )
  t.match(warnings.at(-1), /It fails: .*PutRecords .*\. It is ended now\.$/)
})
