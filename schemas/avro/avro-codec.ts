/** Avro's binary encoding, one record a value, without a header: values to bytes and back. */
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
  /** What values are read as. */
  readonly reader: AvroType
  /** What they were written with. */
  readonly writer: AvroType
  /** Default `generic`. */
  readonly mapping?: ValueMapping
}

/** `convert` of the spec is for others. @throws ConfigurationError */
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

/** Compiling takes a while: keep it as long as there are records. @throws ConfigurationError where a default does not fit */
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
        throw recordMalformed(`The record is no ${name} in Avro: ${whyMalformed(cause)}.`, cause)
      }
      if (input.left > 0)
        throw recordMalformed(
          `The record is no ${name} in Avro: ${input.left} of its ${record.length} bytes are left behind its end.`,
        )
      return value
    },
  }
}

/** @throws ConfigurationError where a default does not fit */
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
  if (isStackOverflow(cause)) return 'it is nested too deeply, or holds itself'
  if (!(cause instanceof AvroRefused)) throw cause
  return whyRefused(type, value, mapping) ?? 'it changes while it is written'
}

const isStackOverflow = (error: unknown): boolean => error instanceof RangeError && /call stack/.test(error.message)

/** Flink refuses others, too. */
function checkRow(type: AvroType): void {
  if (type.kind !== 'record')
    throw new ConfigurationError(`An Avro schema for rows is a record, and this is ${nameOf(type)}.`)
}
