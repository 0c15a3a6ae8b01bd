/**
 * What a running job looks like on a terminal: records per second, each shard's position and lag, checkpoints. Drawn over
 * itself on a terminal; elsewhere one plain line every few seconds.
 */
import type { WriteStream } from 'node:tty'

import type { Job } from '../../core/job/job.ts'
import type { JobMetrics } from '../../core/metrics/job-metrics.ts'
import { grouped, lag } from './figures.ts'

const TERMINAL_INTERVAL_MS = 250
const PLAIN_INTERVAL_MS = 1000

export class ProgressDisplay {
  readonly #out: WriteStream
  #timer: NodeJS.Timeout | null = null
  #drawnLines = 0
  #last = { atMs: performance.now(), records: 0 }
  #rate = 0
  #job: Job | null = null

  constructor(out: WriteStream) {
    this.#out = out
  }

  show(job: Job): void {
    this.#job = job
    this.#last = { atMs: performance.now(), records: 0 }
    this.#timer ??= setInterval(() => this.#draw(), this.#out.isTTY ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)
    this.#timer.unref()
  }

  /** Leaves the last state on the terminal. */
  close(): void {
    if (this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
    this.#draw()
  }

  #draw(): void {
    const job = this.#job
    if (job === null || job.status.state === 'CREATED' || (job.status.state === 'FAILED' && job.status.attempt === 0))
      return
    const metrics = job.metrics()
    const read = metrics.shards.reduce((sum, s) => sum + s.records, 0)
    const now = performance.now()
    const seconds = (now - this.#last.atMs) / 1000
    if (seconds > 0.2) {
      this.#rate = Math.max(0, read - this.#last.records) / seconds
      this.#last = { atMs: now, records: read }
    }
    const lines = this.#out.isTTY
      ? fullView(job, metrics, read, this.#rate)
      : [plainLine(job, metrics, read, this.#rate)]
    if (this.#out.isTTY) {
      const back = this.#drawnLines > 0 ? `\x1b[${this.#drawnLines}A\x1b[0J` : ''
      this.#out.write(`${back}${lines.map(l => l.slice(0, this.#out.columns - 1)).join('\n')}\n`)
      this.#drawnLines = lines.length
    } else this.#out.write(`${lines.join('\n')}\n`)
  }
}

function summary(job: Job, metrics: JobMetrics, read: number, rate: number): string {
  const written = metrics.operators.reduce((sum, o) => sum + (o.sink?.records ?? 0), 0)
  const { completed, lastCheckpointId } = metrics.checkpoints
  const checkpoints =
    completed === 0
      ? 'no checkpoint yet'
      : `${completed} ${completed === 1 ? 'checkpoint' : 'checkpoints'}, last chk-${lastCheckpointId ?? 0}`
  return `[${job.status.state}] read ${grouped(read)} (${grouped(Math.round(rate))}/s), wrote ${grouped(written)}, ${checkpoints}, ${Math.round(metrics.residentSetSize / 1e6)} MB`
}

function fullView(job: Job, metrics: JobMetrics, read: number, rate: number): string[] {
  const shards = [...metrics.shards].sort((a, b) => (a.shardId < b.shardId ? -1 : 1))
  return [
    `${job.name}  ${summary(job, metrics, read, rate)}`,
    ...shards
      .slice(0, 20)
      .map(
        s =>
          `  ${s.stream} ${s.shardId}  ${lag(s.millisBehindLatest, s.finished).padEnd(18)} ${grouped(s.records).padStart(12)} records  at ${s.sequenceNumber ?? '-'}`,
      ),
    ...(shards.length > 20 ? [`  and ${shards.length - 20} more shards`] : []),
  ]
}

function plainLine(job: Job, metrics: JobMetrics, read: number, rate: number): string {
  const lags = metrics.shards.map(
    s =>
      `${s.shardId.replace(/^shardId-0*(?=\d)/, '#')} ${lag(s.millisBehindLatest, s.finished)} at ..${s.sequenceNumber?.slice(-24) ?? '-'}`,
  )
  return `${summary(job, metrics, read, rate)}; ${lags.sort().slice(0, 8).join(', ')}`
}
