import http from 'node:http'
import t from 'tap'

import type { JobMetrics } from '../../../core/metrics/job-metrics.ts'
import { openPrometheusEndpoint, parsePorts } from '../../../core/metrics/prometheus-endpoint.ts'

const metrics: JobMetrics = {
  jobId: 'abc',
  operators: [
    {
      operatorId: 'src',
      name: 'Source: flights',
      parallelism: 2,
      numRecordsIn: 0,
      numRecordsOut: 7,
      numRecordsInPerSecond: 0,
      numRecordsOutPerSecond: 3.5,
      currentOutputWatermark: 1_769_860_800_000,
      numRecordsInErrors: 2,
      bundlesInFlight: 0,
      sink: null,
    },
    {
      operatorId: 'out',
      name: 'Sink "out"',
      parallelism: 2,
      numRecordsIn: 7,
      numRecordsOut: 0,
      numRecordsInPerSecond: 3.5,
      numRecordsOutPerSecond: 0,
      currentOutputWatermark: null,
      numRecordsInErrors: 0,
      bundlesInFlight: 0,
      sink: {
        records: 6,
        bytes: 60,
        retries: 1,
        errors: 3,
        errorsByCode: { ProvisionedThroughputExceededException: 2, REQUEST_TIMED_OUT: 1 },
        deadLetters: 4,
        inFlightRequests: 2,
        bufferedEntries: 1,
        currentSendTimeMs: 12,
        trouble: null,
      },
    },
  ],
  shards: [
    {
      stream: 'flights',
      streamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/flights',
      shardId: 'shardId-000000000000',
      sequenceNumber: '1',
      millisBehindLatest: 250,
      records: 7,
      bytes: 70,
      finished: false,
      activity: 'fetching',
      trouble: null,
      lastAnswerAtMs: 1_769_860_800_000,
      fetchIntervalMs: null,
      throttles: 0,
      droppedUserRecords: 20,
      skippedRecords: 3,
      deadLetters: 4,
      expiredPositions: 1,
    },
  ],
  unreadShards: 0,
  checkpoints: { completed: 3, failed: 1, lastCheckpointId: 4, lastPath: '/chk-4', lastDurationMs: 17 },
  numRestarts: 2,
  uptimeMs: 5000,
  residentSetSize: 100,
}

function get(port: number, method = 'GET'): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    http
      .request({ port, host: '127.0.0.1', method, agent: false }, response => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () =>
          resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', body }),
        )
      })
      .on('error', reject)
      .end()
  })
}

const open = (ports: readonly [number, number], of = () => metrics) =>
  openPrometheusEndpoint({ host: '127.0.0.1', ports, jobName: 'my job' }, of)

t.test("a scrape gets Flink's names and labels", async t => {
  const endpoint = await open([0, 0])
  t.teardown(() => endpoint.close())
  const { status, type, body } = await get(endpoint.port)
  t.equal(status, 200)
  t.match(type, /^text\/plain; version=0\.0\.4/)
  const lines = body.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  const job = 'job_id="abc",job_name="my job"'
  const shard = `${job},accountId="123456789012",region="eu-west-1",stream="flights",shardId="shardId-000000000000"`
  for (const line of [
    `flink_taskmanager_job_task_operator_numRecordsOut{${job},operator_id="src",operator_name="Source: flights"} 7`,
    `flink_taskmanager_job_task_operator_numRecordsOutPerSecond{${job},operator_id="src",operator_name="Source: flights"} 3.5`,
    `flink_taskmanager_job_task_operator_currentOutputWatermark{${job},operator_id="src",operator_name="Source: flights"} 1769860800000`,
    `flink_taskmanager_job_task_operator_numRecordsIn{${job},operator_id="out",operator_name="Sink \\"out\\""} 7`,
    `flink_taskmanager_job_task_operator_currentSendTime{${job},operator_id="out",operator_name="Sink \\"out\\""} 12`,
    `flink_taskmanager_job_task_operator_KinesisStreamSource_accountId_region_stream_shardId_millisBehindLatest{${shard}} 250`,
    `shardline_shard_numRecordsIn{${shard}} 7`,
    `flink_jobmanager_job_numberOfCompletedCheckpoints{${job}} 3`,
    `flink_jobmanager_job_lastCheckpointDuration{${job}} 17`,
    `flink_jobmanager_job_numRestarts{${job}} 2`,
    `shardline_job_unreadShards{${job}} 0`,
  ])
    t.ok(lines.includes(line), line)
  t.notOk(body.includes('shardline_shard_fetchIntervalMs'), 'what is not known is left out')
  t.equal((await get(endpoint.port, 'POST')).status, 405)
})

t.test('each scrape is new', async t => {
  let numRestarts = 0
  const endpoint = await open([0, 0], () => ({ ...metrics, numRestarts: numRestarts++ }))
  t.teardown(() => endpoint.close())
  await get(endpoint.port)
  t.match((await get(endpoint.port)).body, /^flink_jobmanager_job_numRestarts\{.*\} 1$/m)
})

t.test('a port that is taken is passed over within the range, and an error at its end', async t => {
  const first = await open([0, 0])
  t.teardown(() => first.close())
  const second = await open([first.port, first.port + 20])
  t.teardown(() => second.close())
  t.ok(second.port > first.port)
  await t.rejects(open([first.port, first.port]), { code: 'EADDRINUSE' })
})

t.test('ports as text', async t => {
  t.same(parsePorts('9249', 'key'), [9249, 9249])
  t.same(parsePorts(' 9249 - 9260 ', 'key'), [9249, 9260])
  for (const wrong of ['', 'x', '9260-9249', '70000', '1,2'])
    t.throws(() => parsePorts(wrong, 'some.key'), { code: 'CONFIGURATION_INVALID', message: /^some\.key: / }, wrong)
})
