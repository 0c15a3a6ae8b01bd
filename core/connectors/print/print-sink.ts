/** Each value as a line, with Flink's prefix: `id:N> `, `N> ` or `id> ` (N: the subtask, from 1, where there are several). */
import type { Sink, SinkWriter, SinkWriterContext } from '../../operators/sink.ts'

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
            .map(value => `${prefix}${inLine(value)}\n`)
            .join(''),
        ),
      snapshot: async () => null,
      finish: async () => undefined,
      metrics: () => null,
      close: () => undefined,
    }
  }
}

/** Rows, lists and bytes are printed as JSON, because `String` does not show their contents. */
function inLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const saysItself = typeof value.toString === 'function' && value.toString !== Object.prototype.toString
  const isContainer = Array.isArray(value) || value instanceof Map || value instanceof Uint8Array
  if (saysItself && !isContainer) return (value as { toString(): string }).toString()
  try {
    return JSON.stringify({ value }, asJson).slice('{"value":'.length, -1)
  } catch {
    return Object.prototype.toString.call(value) // it holds itself
  }
}

function asJson(this: Readonly<Record<string, unknown>>, key: string, json: unknown): unknown {
  const value = this[key]
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value instanceof Map ? [...value] : json
}

export function printPrefix(identifier: string | null, subtask: number, parallelism: number): string {
  const number = parallelism > 1 ? String(subtask + 1) : ''
  const parts = [identifier ?? '', number].filter(part => part !== '')
  return parts.length === 0 ? '' : `${parts.join(':')}> `
}

/** Drops all records. */
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
