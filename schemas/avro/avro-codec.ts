/** Avro's binary encoding without a header: one value for each record. */
import { ConfigurationError } from '../../core/foundation/errors.ts'
import type { AvroSchemaSpec } from '../contracts/schema-spec.ts'
import { recordMalformed, valueInvalid } from '../contracts/value-codec.ts'
import type { ValueDecoder, ValueEncoder } from '../contracts/value-codec.ts'
import { AvroInput, AvroMalformed } from './avro-input.ts'
import { AvroOutput, AvroRefused } from './avro-output.ts'
import { compileReader } from './avro-reader.ts'
import { avroType } from './avro-type.ts'
import { nameOf } from './schema-model.ts'
import type { AvroType } from './schema-model.ts'
import { compileWriter } from './avro-writer.ts'
import { typeOf } from './avro-type-spec.ts'
import type { ValueMapping } from './logical-values.ts'
import { whyRefused } from './value-check.ts'

export interface AvroReading {
  /** The reader's schema. */
  readonly reader: AvroType
  /** The writer's schema. */
  readonly writer: AvroType
  /** Default `generic`. */
  readonly mapping?: ValueMapping
}

/** Ignores `convert` of the spec. @throws ConfigurationError */
export function avroSchemaDecoder(spec: AvroSchemaSpec): ValueDecoder {
  const type = avroType(spec.schema)
  if (spec.values === 'row') checkRow(type)
  return avroDecoder({ reader: type, writer: type, mapping: spec.values })
}

/** @throws ConfigurationError */
export function avroSchemaEncoder(spec: AvroSchemaSpec): ValueEncoder {
  const type = avroType(spec.schema)
  if (spec.values === 'row') checkRow(type)
  return avroEncoder(type, spec.values)
}

/** Compiling is slow: reuse the decoder. @throws ConfigurationError when a default does not fit its field */
export function avroDecoder({ reader, writer, mapping = 'generic' }: AvroReading): ValueDecoder {
  const read = compileReader(writer, reader, mapping)
  const input = new AvroInput()
  const name = nameOf(reader)
  return {
    type: typeOf(reader, mapping),
    decode(record) {
      input.reset(record)
      let value: unknown
      try {
        value = read(input)
      } catch (cause) {
        throw recordMalformed(`The record is not a valid Avro ${name}: ${whyMalformed(cause)}.`, cause)
      }
      if (input.left > 0)
        throw recordMalformed(
          `The record is not a valid Avro ${name}: ${input.left} of its ${record.length} bytes follow the end of the value.`,
        )
      return value
    },
  }
}

/** @throws ConfigurationError when a default does not fit its field */
export function avroEncoder(type: AvroType, mapping: ValueMapping = 'generic'): ValueEncoder {
  const write = compileWriter(type, mapping)
  const output = new AvroOutput()
  return {
    encode(value) {
      output.reset()
      try {
        write(output, value)
      } catch (cause) {
        throw valueInvalid(
          `The value cannot be written as ${nameOf(type)} in Avro: ${whyInvalid(cause, type, value, mapping)}.`,
          cause,
        )
      }
      return output.take()
    },
  }
}

function whyMalformed(cause: unknown): string {
  if (cause instanceof AvroMalformed) return cause.message
  if (isStackOverflow(cause)) return 'it is nested too deeply'
  throw cause
}

function whyInvalid(cause: unknown, type: AvroType, value: unknown, mapping: ValueMapping): string {
  if (isStackOverflow(cause)) return 'it is nested too deeply or contains itself'
  if (!(cause instanceof AvroRefused)) throw cause
  return whyRefused(type, value, mapping) ?? 'it changed while it was written'
}

const isStackOverflow = (error: unknown): boolean => error instanceof RangeError && /call stack/.test(error.message)

/** As in Flink, only a record can be a row. */
function checkRow(type: AvroType): void {
  if (type.kind !== 'record')
    throw new ConfigurationError(`An Avro schema for rows must be a record. This schema is ${nameOf(type)}.`)
}
