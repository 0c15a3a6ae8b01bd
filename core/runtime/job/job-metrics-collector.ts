/** Sums the metrics of the subtasks by operator. */
import type { CheckpointStatistics } from '../../metrics/checkpoint-statistics.ts'
import type { JobMetrics, OperatorMetrics } from '../../metrics/job-metrics.ts'
import { RateMeter } from '../../metrics/rate-meter.ts'
import type { Trouble } from '../../foundation/persistent-failure.ts'
import type { SinkWriterMetrics } from '../../metrics/sink-metrics.ts'
import type { JobPlan } from '../plan/job-plan.ts'
import type { Subtask } from '../task/subtask.ts'

export interface MeasuredJob {
  readonly jobId: string
  readonly subtasks: readonly Subtask[]
  readonly checkpoints: CheckpointStatistics
  readonly unreadShards: number
  readonly numRestarts: number
  readonly uptimeMs: number
}

export class JobMetricsCollector {
  readonly #plan: JobPlan
  readonly #rates: ReadonlyMap<string, { readonly in: RateMeter; readonly out: RateMeter }>

  constructor(plan: JobPlan) {
    this.#plan = plan
    this.#rates = new Map(
      plan.nodes.map(({ node }) => [node.operatorId, { in: new RateMeter(), out: new RateMeter() }]),
    )
  }

  /** Rates are computed from the calls within the last minute. */
  collect({ subtasks, ...job }: MeasuredJob, nowMs: number): JobMetrics {
    const trees = subtasks.flatMap(s => [...s.tree.all()])
    const operators = this.#plan.nodes.map(({ node, chain }): OperatorMetrics => {
      const own = trees.filter(tree => tree.node === node)
      const metrics = own.map(tree => tree.operator?.metrics?.() ?? {})
      const sinks = metrics.flatMap(m => m.sink ?? [])
      const numRecordsIn = sum(own.map(t => t.recordsIn))
      // The output of a sink is the number of records that the service has accepted.
      const numRecordsOut = sinks.length > 0 ? sum(sinks.map(s => s.records)) : sum(own.map(t => t.recordsOut))
      const rates = this.#rates.get(node.operatorId)!
      rates.in.update(nowMs, numRecordsIn)
      rates.out.update(nowMs, numRecordsOut)
      const watermark = Math.min(...own.map(t => t.watermarkMs))
      return {
        operatorId: node.operatorId,
        name: node.name,
        parallelism: chain.parallelism,
        numRecordsIn,
        numRecordsOut,
        numRecordsInPerSecond: rates.in.perSecond,
        numRecordsOutPerSecond: rates.out.perSecond,
        currentOutputWatermark: Number.isFinite(watermark) ? watermark : null,
        numRecordsInErrors:
          sum(subtasks.map(s => (s.tree.node === node ? (s.reader?.metrics().numRecordsInErrors ?? 0) : 0))) +
          sum(metrics.map(m => m.numRecordsInErrors ?? 0)),
        bundlesInFlight: sum(metrics.map(m => m.bundlesInFlight ?? 0)),
        sink: sinks.length === 0 ? null : sumSinks(sinks),
      }
    })
    const shards = subtasks.flatMap(s => s.reader?.metrics().shards ?? [])
    return { ...job, operators, shards, residentSetSize: process.memoryUsage.rss() }
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

function sumSinks(sinks: readonly SinkWriterMetrics[]): SinkWriterMetrics {
  return {
    records: sum(sinks.map(s => s.records)),
    bytes: sum(sinks.map(s => s.bytes)),
    retries: sum(sinks.map(s => s.retries)),
    errors: sum(sinks.map(s => s.errors)),
    errorsByCode: sumByCode(sinks),
    deadLetters: sum(sinks.map(s => s.deadLetters)),
    inFlightRequests: sum(sinks.map(s => s.inFlightRequests)),
    bufferedEntries: sum(sinks.map(s => s.bufferedEntries)),
    currentSendTimeMs: Math.max(...sinks.map(s => s.currentSendTimeMs)),
    trouble: longest(sinks.map(s => s.trouble)),
  }
}

function longest(troubles: readonly (Trouble | null)[]): Trouble | null {
  return troubles.reduce((a, b) => (a === null || (b !== null && b.sinceMs < a.sinceMs) ? b : a), null)
}

function sumByCode(sinks: readonly SinkWriterMetrics[]): Record<string, number> {
  const totals: Record<string, number> = {}
  for (const { errorsByCode } of sinks)
    for (const [code, errors] of Object.entries(errorsByCode)) totals[code] = (totals[code] ?? 0) + errors
  return totals
}
