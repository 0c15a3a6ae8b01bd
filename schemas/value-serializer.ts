/** Writes a batch value by value. An encoding error is reported for the value that caused it. Any other error fails the batch. */
import { unlessAborted } from '../core/foundation/clock.ts'
import { ShardlineError } from '../core/foundation/errors.ts'
import type { RecordBatch } from '../core/foundation/record-batch/record-batch.ts'
import type { Serializer, WrittenBatch } from './contracts/batch-codec.ts'
import type { SerializationSchema } from './contracts/program-schema.ts'
import { valueInvalid } from './contracts/value-codec.ts'
import type { ValueEncoder } from './contracts/value-codec.ts'
import { closeOfProgram } from './value-deserializer.ts'

export class ValueSerializer implements Serializer {
  readonly #encoder: ValueEncoder
  readonly #closed = new AbortController()

  constructor(encoder: ValueEncoder) {
    this.#encoder = encoder
  }

  async open(): Promise<void> {}

  write(batch: RecordBatch): WrittenBatch | Promise<WrittenBatch> {
    return new Writing(this.#encoder, batch, this.#closed.signal).run()
  }

  /** Rejects a write that is waiting. */
  close(): void {
    this.#closed.abort(new ShardlineError('ILLEGAL_STATE', 'The schema was closed during a write.'))
    this.#encoder.close?.()
  }
}

/** Writes one batch. Pauses at a value whose schema must be registered first. */
class Writing {
  readonly #encoder: ValueEncoder
  readonly #batch: RecordBatch
  readonly #closed: AbortSignal
  readonly #parts: Buffer[] = []
  readonly #dataOffset: Uint32Array
  readonly #dataLength: Uint32Array
  #rejected: Map<number, string> | null = null
  #bytes = 0

  constructor(encoder: ValueEncoder, batch: RecordBatch, closed: AbortSignal) {
    this.#encoder = encoder
    this.#batch = batch
    this.#closed = closed
    this.#dataOffset = new Uint32Array(batch.count)
    this.#dataLength = new Uint32Array(batch.count)
  }

  run(): WrittenBatch | Promise<WrittenBatch> {
    const encoder = this.#encoder
    const batch = this.#batch
    for (let i = this.#parts.length; i < batch.count; i++) {
      const value = batch.value(i)
      const wait = value === null || value === undefined ? null : (encoder.prepare?.(value) ?? null)
      if (wait !== null) return this.#goOnAfter(wait, i, value)
      this.#add(this.#encoded(i, value))
    }
    const columns = {
      slab: Buffer.concat(this.#parts, this.#bytes),
      dataOffset: this.#dataOffset,
      dataLength: this.#dataLength,
    }
    return { batch: batch.withSlab('bytes', columns, null), rejected: this.#rejected }
  }

  async #goOnAfter(wait: Promise<void>, i: number, value: unknown): Promise<WrittenBatch> {
    try {
      await unlessAborted(wait, this.#closed)
    } catch (error) {
      this.#add(this.#blame(error, i, value))
    }
    return this.run()
  }

  #encoded(i: number, value: unknown): Buffer {
    try {
      if ((value === null || value === undefined) && this.#encoder.takesNull !== true)
        throw valueInvalid('null cannot be written.')
      return this.#encoder.encode(value ?? null)
    } catch (error) {
      return this.#blame(error, i, value)
    }
  }

  #blame(error: unknown, i: number, value: unknown): Buffer {
    if (!(error instanceof ShardlineError) || error.code !== 'VALUE_INVALID') throw error
    ;(this.#rejected ??= new Map<number, string>()).set(i, error.message)
    return dataOfRejected(value)
  }

  #add(part: Buffer): void {
    const at = this.#parts.length
    this.#dataOffset[at] = this.#bytes
    this.#bytes += this.#dataLength[at] = part.length
    this.#parts.push(part)
  }
}

/** The data of a dead letter for a value that has no bytes: the value as JSON, or as a string. */
function dataOfRejected(value: unknown): Buffer {
  try {
    return Buffer.from(
      (JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v)) as string | undefined) ??
        '',
    )
  } catch {
    return Buffer.from(String(value))
  }
}

/** Writes with the program's schema. An error that it throws is reported for the value. */
export function customEncoder(schema: SerializationSchema<unknown>): ValueEncoder {
  let isClosed = false
  return {
    takesNull: true,
    encode: value => {
      let bytes: unknown
      try {
        bytes = schema.serialize(value)
      } catch (error) {
        if (error instanceof ShardlineError) throw error
        const { name, message } = error instanceof Error ? error : new Error(String(error))
        throw valueInvalid(`The schema of the program failed: ${name}: ${message}`, error)
      }
      if (typeof bytes === 'string') return Buffer.from(bytes)
      // The program may reuse its buffer for the next value.
      if (bytes instanceof Uint8Array) return Buffer.from(bytes)
      throw valueInvalid(
        `serialize() of the program's schema returned ${bytes === null ? 'null' : typeof bytes}. It must return a Uint8Array or a string.`,
      )
    },
    close: () => {
      if (!isClosed) closeOfProgram(schema)
      isClosed = true
    },
  }
}
