/** What one sink writer counts for its metrics. */
import type { SinkWriterMetrics } from '../../metrics/sink-metrics.ts'

export type SinkCounts = Pick<
  SinkWriterMetrics,
  'records' | 'bytes' | 'retries' | 'errors' | 'deadLetters' | 'currentSendTimeMs' | 'errorsByCode'
>

export class SinkCounters {
  records = 0
  bytes = 0
  retries = 0
  deadLetters = 0
  currentSendTimeMs = 0
  #errors = 0
  readonly #errorsByCode = new Map<string, number>()

  addErrors(code: string, entries: number): void {
    this.#errors += entries
    this.#errorsByCode.set(code, (this.#errorsByCode.get(code) ?? 0) + entries)
  }

  counts(): SinkCounts {
    const { records, bytes, retries, deadLetters, currentSendTimeMs } = this
    const errorsByCode = Object.fromEntries(this.#errorsByCode)
    return { records, bytes, retries, errors: this.#errors, deadLetters, currentSendTimeMs, errorsByCode }
  }
}
