/**
 * A job's metrics for Prometheus, on a port of their own, under the names that Flink's PrometheusReporter gives them:
 *
 *   flink_taskmanager_job_task_operator_<metric>{job_id, job_name, operator_id, operator_name}     summed over subtasks
 *   flink_taskmanager_job_task_operator_KinesisStreamSource_accountId_region_stream_shardId_<metric>{accountId, region, stream, shardId, ...}
 *   flink_jobmanager_job_<metric>{job_id, job_name}
 *   shardline_<metric>{...}                                                                        what Flink does not have
 *
 * A port that cannot be had is no reason to fail a job. Names and keys: Flink's docs, metric reporters and system metrics.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'

import { maskedUrl } from '../foundation/config/mask.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import type { JobMetrics } from './job-metrics.ts'

export interface EndpointOptions {
  readonly host: string
  /** One port, or the first and last of a range; the first that is free is taken. */
  readonly ports: readonly [number, number]
  readonly jobName: string
}

export interface PrometheusEndpoint {
  readonly port: number
  /** The text that a scrape gets. */
  text(): Promise<string>
  close(): void
}

/** `9249`, or `9249-9260`. @throws ConfigurationError */
export function parsePorts(text: string, key: string): readonly [number, number] {
  const match = /^\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?\s*$/.exec(text)
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])]
  if (match === null || last < first || last > 65_535)
    throw new ConfigurationError(
      `${key}: '${maskedUrl(text)}' is not a port such as 9249, or a range such as 9249-9260.`,
    )
  return [first, last]
}

/** @throws Error if no port of the range is free */
export async function openPrometheusEndpoint(
  { host, ports, jobName }: EndpointOptions,
  metrics: () => JobMetrics,
): Promise<PrometheusEndpoint> {
  const text = await exposition(jobName, metrics)
  const server = http.createServer((request, response) => {
    if (request.method !== 'GET') {
      response.writeHead(405).end()
      return
    }
    text().then(
      body => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  const port = await listen(server, host, ports)
  // Neither the endpoint nor a scraper's connection keeps a finished program alive.
  server.unref()
  return {
    port,
    text,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function listen(server: http.Server, host: string, [first, last]: readonly [number, number]): Promise<number> {
  for (let port = first; ; port++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve()
        })
      })
      return (server.address() as AddressInfo).port
    } catch (error) {
      if (port >= last) throw error
    }
  }
}

type Labels = Readonly<Record<string, string>>

interface Sample {
  readonly name: string
  readonly help: string
  readonly labels: Labels
  readonly value: number
}

/** The library is loaded only when the endpoint is used. */
async function exposition(jobName: string, metrics: () => JobMetrics): Promise<() => Promise<string>> {
  // A CommonJS module: a bundler gives its exports under `default` alone.
  const { Gauge, Registry } = (await import('prom-client')).default
  return async () => {
    const registry = new Registry()
    const gauges = new Map<string, InstanceType<typeof Gauge>>()
    for (const { name, help, labels, value } of samples(jobName, metrics())) {
      let gauge = gauges.get(name)
      if (gauge === undefined) {
        gauge = new Gauge({ name, help, labelNames: Object.keys(labels), registers: [registry] })
        gauges.set(name, gauge)
      }
      gauge.set(labels, value)
    }
    return registry.metrics()
  }
}

const OPERATOR = 'flink_taskmanager_job_task_operator_'
const SHARD = `${OPERATOR}KinesisStreamSource_accountId_region_stream_shardId_`
const JOB = 'flink_jobmanager_job_'

/** Every figure with its full name. */
export function samples(jobName: string, metrics: JobMetrics): Sample[] {
  const { jobId, operators, shards, checkpoints } = metrics
  const job = { job_id: jobId, job_name: jobName }
  const out: Sample[] = []
  const add = (name: string, help: string, labels: Labels, value: number | null): void => {
    if (value !== null) out.push({ name, help, labels, value })
  }
  for (const o of operators) {
    const labels = { ...job, operator_id: o.operatorId, operator_name: o.name }
    add(`${OPERATOR}numRecordsIn`, 'Records taken in', labels, o.numRecordsIn)
    add(`${OPERATOR}numRecordsOut`, 'Records given out', labels, o.numRecordsOut)
    add(`${OPERATOR}numRecordsInPerSecond`, 'Records taken in a second', labels, o.numRecordsInPerSecond)
    add(`${OPERATOR}numRecordsOutPerSecond`, 'Records given out a second', labels, o.numRecordsOutPerSecond)
    add(`${OPERATOR}currentOutputWatermark`, 'Watermark, epoch milliseconds', labels, o.currentOutputWatermark)
    if (o.name.startsWith('Source: '))
      add(`${OPERATOR}numRecordsInErrors`, 'Records that could not be read', labels, o.numRecordsInErrors)
    if (o.sink === null) continue
    add(`${OPERATOR}numRecordsSend`, 'Records that the service acknowledged', labels, o.sink.records)
    add(`${OPERATOR}numBytesOut`, 'Bytes that the service acknowledged', labels, o.sink.bytes)
    add(`${OPERATOR}currentSendTime`, 'Milliseconds that the last request took', labels, o.sink.currentSendTimeMs)
    add(`${OPERATOR}numRecordsOutErrors`, 'Entries refused, each time', labels, o.sink.errors)
    for (const [code, errors] of Object.entries(o.sink.errorsByCode))
      add('shardline_sink_errors', 'Entries refused, by the name of the error', { ...labels, code }, errors)
    add('shardline_sink_deadLetters', 'Records given to the dead letters', labels, o.sink.deadLetters)
    add('shardline_sink_retries', 'Records sent again', labels, o.sink.retries)
    add('shardline_sink_inFlightRequests', 'Requests without an answer', labels, o.sink.inFlightRequests)
    add('shardline_sink_bufferedEntries', 'Entries that wait', labels, o.sink.bufferedEntries)
  }
  for (const s of shards) {
    const [, , , region = '', accountId = ''] = s.streamArn.split(':')
    const labels = { ...job, accountId, region, stream: s.stream, shardId: s.shardId }
    if (!s.finished)
      add(`${SHARD}millisBehindLatest`, 'Lag behind the tip, milliseconds; -1: not known', labels, s.millisBehindLatest)
    add('shardline_shard_numRecordsIn', 'Records read', labels, s.records)
    add('shardline_shard_numBytesIn', 'Bytes read', labels, s.bytes)
    add('shardline_shard_fetchIntervalMs', 'Time between two GetRecords calls', labels, s.fetchIntervalMs)
    if (!s.finished)
      add('shardline_shard_lastAnswer', 'When the service last answered, epoch milliseconds', labels, s.lastAnswerAtMs)
    add('shardline_shard_throttles', 'Throttled calls', labels, s.throttles)
    const foreign = 'User records dropped with an aggregate that holds a record of another shard'
    add('shardline_shard_droppedUserRecords', foreign, labels, s.droppedUserRecords)
    add('shardline_shard_skippedRecords', 'Records that could not be read and were left out', labels, s.skippedRecords)
    add('shardline_shard_deadLetters', 'Records that could not be read, given to dead letters', labels, s.deadLetters)
    add(
      'shardline_shard_expiredPositions',
      'Times that a position had passed the retention',
      labels,
      s.expiredPositions,
    )
  }
  add(`${JOB}numberOfCompletedCheckpoints`, 'Completed checkpoints', job, checkpoints.completed)
  add(`${JOB}numberOfFailedCheckpoints`, 'Failed checkpoints', job, checkpoints.failed)
  add(`${JOB}lastCheckpointDuration`, 'Milliseconds that the last checkpoint took', job, checkpoints.lastDurationMs)
  add(`${JOB}numRestarts`, 'Restarts', job, metrics.numRestarts)
  add(`${JOB}uptime`, 'Milliseconds since the job was submitted', job, metrics.uptimeMs)
  add('shardline_job_unreadShards', 'Shards that are not read, or give no answer: an alarm', job, metrics.unreadShards)
  add('shardline_process_residentSetSize', 'Memory of the engine, bytes', job, metrics.residentSetSize)
  return out
}
