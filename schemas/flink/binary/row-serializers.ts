/** Serializers of rows, which are objects by field name, and of tuples, which are arrays. */
import type { TypeSpec } from '../../../core/foundation/type-spec.ts'
import { acceptArray, acceptObject, fieldPath, misfit, refuseOtherNames } from '../acceptance.ts'
import { getField, setField } from '../row-object.ts'
import type { Read, SerializerOf, TypeSerializer, Write } from './type-serializer.ts'

/** The byte that Flink's serializer of the empty tuple writes. */
const EMPTY_TUPLE = 42
/** The bits of the row kind, before those of the fields. */
const KIND_BITS = 2

export function tupleSerializer(types: readonly TypeSpec[], path: string, serializerOf: SerializerOf): TypeSerializer {
  const fields = types.map((type, i) => serializerOf(type, fieldPath(path, `f${i}`)))
  return {
    read: tupleReader(
      fields.map(field => field.read),
      path,
    ),
    write: tupleWriter(
      fields.map(field => field.write),
      path,
    ),
  }
}

function tupleReader(readers: readonly Read[], path: string): Read {
  if (readers.length > 0) return input => readers.map(read => read(input))
  return input => {
    input.need(1, path)
    input.at++
    return []
  }
}

function tupleWriter(writers: readonly Write[], path: string): Write {
  return (output, value) => {
    const values = acceptArray(value, 'TUPLE', path)
    if (values.length !== writers.length) throw misfit(path, `an array of ${writers.length} (TUPLE)`, value)
    if (writers.length === 0) output.int8(EMPTY_TUPLE)
    for (let i = 0; i < writers.length; i++) writers[i]!(output, values[i] ?? null)
  }
}

export function rowSerializer(
  names: readonly string[],
  types: readonly TypeSpec[],
  path: string,
  serializerOf: SerializerOf,
): TypeSerializer {
  const fields = types.map((type, i) => serializerOf(type, fieldPath(path, names[i]!)))
  return {
    read: rowReader(
      names,
      fields.map(field => field.read),
      path,
    ),
    write: rowWriter(
      names,
      fields.map(field => field.write),
      path,
    ),
  }
}

function rowReader(names: readonly string[], readers: readonly Read[], path: string): Read {
  const maskBytes = Math.ceil((KIND_BITS + names.length) / 8)
  const plain = !names.includes('__proto__')
  return input => {
    input.need(maskBytes, path)
    const { bytes, at } = input
    input.at = at + maskBytes
    const row: Record<string, unknown> = {}
    for (let i = 0, bit = KIND_BITS; i < readers.length; i++, bit++) {
      const isNull = (bytes[at + (bit >> 3)]! & (0x80 >> (bit & 7))) !== 0
      const value = isNull ? null : readers[i]!(input)
      if (plain) row[names[i]!] = value
      else setField(row, names[i]!, value)
    }
    return row
  }
}

function rowWriter(names: readonly string[], writers: readonly Write[], path: string): Write {
  const known = new Set(names)
  const count = names.length
  return (output, value) => {
    const row = acceptObject(value, 'ROW', path)
    const values: unknown[] = []
    let mask = 0
    for (let i = 0, bit = KIND_BITS; i < count; i++, bit++) {
      const field = getField(row, names[i]!)
      if (field === undefined) refuseOtherNames(row, known, path)
      values.push(field)
      if (field === null || field === undefined) mask |= 0x80 >> (bit & 7)
      if ((bit & 7) === 7) {
        output.int8(mask)
        mask = 0
      }
    }
    if (((count + KIND_BITS) & 7) !== 0) output.int8(mask)
    for (let i = 0; i < count; i++) {
      const field = values[i]
      if (field !== null && field !== undefined) writers[i]!(output, field)
    }
  }
}
