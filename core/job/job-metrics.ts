/** Adds up what the subtasks counted, by operator. */
import type { CheckpointStatistics } from '../checkpoint/checkpoint-coordinator.ts'
import { SinkOperator } from '../operators/sink-operator.ts'
import type { SinkWriterMetrics } from '../sink/sink.ts'
import type { JobPlan } from './job-plan.ts'
import type { JobMetrics, OperatorMetrics } from './job-status.ts'
import type { Subtask } from './subtask.ts'

export function collectMetrics(
  jobId: string,
  plan: JobPlan,
  subtasks: readonly Subtask[],
  checkpoints: CheckpointStatistics,
): JobMetrics {
  const trees = subtasks.flatMap(s => [...s.tree.all()])
  const operators = plan.nodes.map(({ node, chain }): OperatorMetrics => {
    const own = trees.filter(tree => tree.node === node)
    const sinks = own
      .flatMap(({ operator }) => (operator instanceof SinkOperator ? [operator.metrics()] : []))
      .filter(m => m !== null)
    return {
      operatorId: node.operatorId,
      name: node.name,
      parallelism: chain.parallelism,
      numRecordsIn: sum(own.map(t => t.recordsIn)),
      numRecordsOut: sum(own.map(t => t.recordsOut)),
      sink: sinks.length === 0 ? null : sumSinks(sinks),
    }
  })
  const shards = subtasks.flatMap(s => s.reader?.metrics().shards ?? [])
  return { jobId, operators, shards, checkpoints, residentSetSize: process.memoryUsage.rss() }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

function sumSinks(sinks: readonly SinkWriterMetrics[]): SinkWriterMetrics {
  return {
    records: sum(sinks.map(s => s.records)),
    bytes: sum(sinks.map(s => s.bytes)),
    retries: sum(sinks.map(s => s.retries)),
    inFlightRequests: sum(sinks.map(s => s.inFlightRequests)),
    bufferedEntries: sum(sinks.map(s => s.bufferedEntries)),
    currentSendTimeMs: Math.max(...sinks.map(s => s.currentSendTimeMs)),
  }
}
