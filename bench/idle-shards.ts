/**
 * Ours over many idle shards: a program of its own, `node idle-shards.js ENDPOINT ARN SECONDS`. Prints, as JSON, how long the
 * start (discovery and assignment) and a checkpoint took, what memory that needs, and what reading nothing costs.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import {
  KinesisStreamsSource,
  SimpleStringSchema,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from '../core/index.ts'

export interface IdleShards {
  readonly startMs: number
  readonly checkpointMs: number
  readonly memoryBytes: number
  /** Milliseconds between two calls for a shard. */
  readonly pollCycleMs: number
  readonly cpuPerShardAndSecondUs: number
  /** Of one GetRecords call that brings nothing. */
  readonly cpuPerCallUs: number
}

const [endpoint, streamArn, seconds] = process.argv.slice(2) as [string, string, string]
const env = StreamExecutionEnvironment.getExecutionEnvironment().setParallelism(2)
const source = KinesisStreamsSource.builder()
  .setStreamArn(streamArn)
  .setSourceConfig({ 'source.init.position': 'TRIM_HORIZON', 'aws.endpoint': endpoint })
  .setDeserializationSchema(new SimpleStringSchema())
  .build()
env.fromSource(source, WatermarkStrategy.noWatermarks(), 'idle').print()
const directory = mkdtempSync(path.join(os.tmpdir(), 'shardline-bench-'))
const startedAt = performance.now()
const job = await env.executeAsync('idle')
const startMs = performance.now() - startedAt
const savedAt = performance.now()
await job.savepoint(directory)
const checkpointMs = performance.now() - savedAt
const memoryBytes = process.memoryUsage.rss()
// Every shard was read once before what follows is measured.
const deadline = performance.now() + 120_000
while (job.metrics().shards.some(s => s.fetchIntervalMs === null) && performance.now() < deadline)
  await new Promise(resolve => setTimeout(resolve, 500))
// And the code has been compiled.
await new Promise(resolve => setTimeout(resolve, 5000))
const [cpu, from] = [process.cpuUsage(), performance.now()]
await new Promise(resolve => setTimeout(resolve, Number(seconds) * 1000))
const used = process.cpuUsage(cpu)
const elapsedSeconds = (performance.now() - from) / 1000
const { shards } = job.metrics()
const intervals = shards.map(s => s.fetchIntervalMs ?? 0).sort((a, b) => a - b)
const pollCycleMs = intervals[Math.floor(intervals.length / 2)]!
const cpuPerShardAndSecondUs = (used.user + used.system) / elapsedSeconds / shards.length
const result: IdleShards = {
  startMs,
  checkpointMs,
  memoryBytes,
  pollCycleMs,
  cpuPerShardAndSecondUs,
  cpuPerCallUs: (cpuPerShardAndSecondUs * pollCycleMs) / 1000,
}
process.stdout.write(`${JSON.stringify(result)}\n`)
rmSync(directory, { recursive: true, force: true })
process.exit(0)
