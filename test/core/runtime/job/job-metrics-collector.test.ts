import http from 'node:http'
import t from 'tap'

import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../../fakes/graphs.ts'
import { emulator, eventually, jobOf, numbered, pointedAt } from '../../fakes/jobs.ts'

t.test('a job counts under the names of Flink, and Prometheus can read it while it runs', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(100))
  const graph = graphOf(
    [
      sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
      sinkT(2, [1], { sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out'), maxTimeInBufferMs: 10 }) }),
    ],
    {
      parallelism: 2,
      configuration: pointedAt(kinesis, {
        'metrics.reporter.prom.port': '29249-29349',
        'shardline.metrics.prom.host': '127.0.0.1',
      }),
    },
  )
  const { job, warnings } = jobOf(t, graph)
  await job.start()
  await eventually(() => job.metrics().operators[1]!.sink?.records === 100)
  t.match(job.metrics(), {
    operators: [{ numRecordsOut: 100 }, { numRecordsIn: 100, numRecordsOut: 100 }],
    shards: [{ streamArn: kinesis.streamArn('flights') }, {}],
    unreadShards: 0,
    numRestarts: 0,
  })
  const port = job.prometheusPort!
  const body = await new Promise<string>((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', agent: false }, response => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve(text))
      })
      .on('error', reject)
  })
  for (const name of ['numRecordsOut', 'numRecordsSend'])
    t.match(body, new RegExp(`^flink_taskmanager_job_task_operator_${name}\\{.*Sink.*\\} 100$`, 'mi'))
  t.match(body, /^flink_taskmanager_job_task_operator_numRecordsOutErrors\{.*\} 0$/m)
  await job.cancel('now')
  await t.rejects(
    new Promise((resolve, reject) => http.get({ port, host: '127.0.0.1', agent: false }, resolve).on('error', reject)),
    { code: 'ECONNREFUSED' },
    'the port is free again',
  )
  t.same(warnings, [])
})

t.test('a port that cannot be had is a warning', async t => {
  const kinesis = await emulator(t)
  const taken = http.createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const graph = graphOf(
    [
      sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
      sinkT(2, [1], { sink: { type: 'discard' } }),
    ],
    {
      configuration: pointedAt(kinesis, {
        'metrics.reporter.prom.port': String(port),
        'shardline.metrics.prom.host': '127.0.0.1',
      }),
    },
  )
  const { job, warnings } = jobOf(t, graph)
  await job.start()
  t.match(warnings, [/metrics.reporter.prom.port.*EADDRINUSE/])
  t.equal(job.status.state, 'RUNNING')
})
