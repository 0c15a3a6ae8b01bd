/**
 * Shows the progress of a running job: records per second, the position and lag of each shard, and checkpoints. On a terminal these
 * lines stay at the bottom, below the output of the script and its jobs. Elsewhere one plain line is written every second.
 */
import { writeSync } from 'node:fs'
import tty from 'node:tty'

import type { Job } from '../../core/runtime/job/job.ts'
import type { JobMetrics } from '../../core/metrics/job-metrics.ts'
import { grouped, lag } from './figures.ts'
import { StatusLines } from './status-lines.ts'
import type { Terminal } from './status-lines.ts'

const TERMINAL_INTERVAL_MS = 250
const PLAIN_INTERVAL_MS = 1000

export class ProgressDisplay {
  readonly #out: ProgressOutput
  readonly #lines: StatusLines | null
  #timer: NodeJS.Timeout | null = null
  #last = { atMs: performance.now(), records: 0 }
  #rate = 0
  #job: Job | null = null

  constructor(out: ProgressOutput) {
    this.#out = out
    this.#lines = out.isTTY ? new StatusLines(out) : null
  }

  show(job: Job): void {
    this.#job = job
    this.#last = { atMs: performance.now(), records: 0 }
    this.#timer ??= setInterval(() => this.#draw(), this.#out.isTTY ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)
    this.#timer.unref()
  }

  /** Leaves the last state on the terminal. Idempotent. */
  close(): void {
    if (this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
    const last = this.#view() ?? []
    if (this.#lines !== null) this.#lines.close(last)
    else this.#writePlain(last)
  }

  #draw(): void {
    const view = this.#view()
    if (view === null) return
    if (this.#lines !== null) this.#lines.draw(view)
    else this.#writePlain(view)
  }

  #writePlain(lines: readonly string[]): void {
    if (lines.length > 0) this.#out.write(`${lines.join('\n')}\n`)
  }

  /** `null` before the job runs. */
  #view(): string[] | null {
    const job = this.#job
    if (job === null || job.status.state === 'CREATED' || (job.status.state === 'FAILED' && job.status.attempt === 0))
      return null
    const metrics = job.metrics()
    const read = metrics.shards.reduce((sum, s) => sum + s.records, 0)
    const now = performance.now()
    const seconds = (now - this.#last.atMs) / 1000
    if (seconds > 0.2) {
      this.#rate = Math.max(0, read - this.#last.records) / seconds
      this.#last = { atMs: now, records: read }
    }
    return this.#out.isTTY ? fullView(job, metrics, read, this.#rate) : [plainLine(job, metrics, read, this.#rate)]
  }
}

export interface ProgressOutput extends Terminal {
  readonly isTTY: boolean
}

/** An inherited descriptor: a terminal, a file or a pipe. */
export function progressOutput(fd: number): ProgressOutput {
  if (!tty.isatty(fd)) return { isTTY: false, columns: 0, rows: 0, write: text => void writeSync(fd, text) }
  const stream = new tty.WriteStream(fd)
  stream.on('error', () => undefined)
  // A process of another session gets no signal when the size changes.
  const sized = stream as tty.WriteStream & { _refreshSize?(): void }
  const size = (): [number, number] => {
    sized._refreshSize?.()
    return stream.getWindowSize()
  }
  return {
    isTTY: true,
    get columns() {
      return size()[0]
    },
    get rows() {
      return size()[1]
    },
    write: text => void stream.write(text),
  }
}

function summary(job: Job, metrics: JobMetrics, read: number, rate: number): string {
  const written = metrics.operators.reduce((sum, o) => sum + (o.sink?.records ?? 0), 0)
  const { completed, failed, lastCheckpointId } = metrics.checkpoints
  const checkpoints =
    completed === 0
      ? 'no checkpoint yet'
      : `${completed} ${completed === 1 ? 'checkpoint' : 'checkpoints'}, last chk-${lastCheckpointId ?? 0}`
  const failures = failed === 0 ? '' : ` (${grouped(failed)} failed)`
  return `[${job.status.state}] read ${grouped(read)} (${grouped(Math.round(rate))}/s), wrote ${grouped(written)}, ${checkpoints}${failures}, ${Math.round(metrics.residentSetSize / 1e6)} MB`
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
