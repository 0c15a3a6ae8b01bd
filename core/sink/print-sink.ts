/** Each value as a line, with Flink's prefix: `id:N> `, `N> ` or `id> ` (N: the subtask, from 1, where there are several). */
import type { Sink, SinkWriter, SinkWriterContext } from './sink.ts'

export class PrintSink implements Sink {
  readonly #identifier: string | null
  readonly #write: (lines: string) => Promise<void> | void

  /** `write` gets whole lines, each ended by a newline. */
  constructor(identifier: string | null, write: (lines: string) => Promise<void> | void) {
    this.#identifier = identifier
    this.#write = write
  }

  async validate(): Promise<void> {}

  createWriter({ subtask, parallelism }: SinkWriterContext): SinkWriter {
    const prefix = printPrefix(this.#identifier, subtask, parallelism)
    return {
      write: batch =>
        this.#write(
          batch
            .values()
            .map(value => `${prefix}${String(value)}\n`)
            .join(''),
        ),
      snapshot: async () => null,
      finish: async () => undefined,
      metrics: () => null,
      close: () => undefined,
    }
  }
}

export function printPrefix(identifier: string | null, subtask: number, parallelism: number): string {
  const number = parallelism > 1 ? String(subtask + 1) : ''
  const parts = [identifier ?? '', number].filter(part => part !== '')
  return parts.length === 0 ? '' : `${parts.join(':')}> `
}

/** Takes everything and does nothing. */
export class DiscardSink implements Sink {
  async validate(): Promise<void> {}

  createWriter(): SinkWriter {
    return {
      write: () => undefined,
      snapshot: async () => null,
      finish: async () => undefined,
      metrics: () => null,
      close: () => undefined,
    }
  }
}
