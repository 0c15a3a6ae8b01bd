/** What an operator is opened with: an output that notes what comes, and a mailbox that a test empties. */
import type { Mailbox, Output } from '../../../core/operators/operator.ts'
import type { RecordBatch } from '../../../core/foundation/record-batch/record-batch.ts'

export class NotedOutput implements Output, Mailbox {
  readonly batches: RecordBatch[] = []
  /** Values, `w5` for a watermark, `idle` and `active`, `end of x` for the end of split x, in their order. */
  readonly seen: unknown[] = []
  readonly mails: (() => Promise<void> | void)[] = []
  readonly #hold: () => Promise<void> | void

  /** `hold`: what a batch has to wait for. */
  constructor(hold: () => Promise<void> | void = () => undefined) {
    this.#hold = hold
  }

  get values(): unknown[] {
    return this.batches.flatMap(b => [...b.values()])
  }

  emit(batch: RecordBatch): Promise<void> | void {
    this.batches.push(batch)
    this.seen.push(...batch.values())
    return this.#hold()
  }

  advance(signal: Parameters<Output['advance']>[0]): void {
    this.seen.push(describe(signal))
  }

  post(mail: () => Promise<void> | void): void {
    this.mails.push(mail)
  }

  /** As the loop of a subtask does. */
  async readMail(): Promise<void> {
    for (let mail = this.mails.shift(); mail !== undefined; mail = this.mails.shift()) await mail()
  }
}

function describe(signal: Parameters<Output['advance']>[0]): string {
  switch (signal.type) {
    case 'watermark':
      return `w${signal.timestampMs}`
    case 'status':
      return signal.idle ? 'idle' : 'active'
    case 'split-end':
      return `end of ${signal.splitId}`
  }
}
