/** Serializer of lists and arrays. An array of bytes is a Buffer. */
import type { ArrayTypeSpec } from '../../../core/foundation/type-spec.ts'
import { isBytes } from '../../../core/foundation/type-spec.ts'
import { acceptArray, acceptBytes } from '../acceptance.ts'
import { leastBytes } from './least-bytes.ts'
import type { Read, SerializerOf, TypeSerializer, Write } from './type-serializer.ts'

export function arraySerializer(type: ArrayTypeSpec, path: string, serializerOf: SerializerOf): TypeSerializer {
  if (isBytes(type)) return bytesSerializer(path)
  const inner = `${path}[]`
  const element = serializerOf(type.element, inner)
  return { read: elementsReader(type, element.read, path, inner), write: elementsWriter(type, element.write, path) }
}

const bytesSerializer = (path: string): TypeSerializer => ({
  read: input => {
    const length = input.length(1, path)
    const bytes = Buffer.from(input.bytes.subarray(input.at, input.at + length))
    input.at += length
    return bytes
  },
  write: (output, value) => {
    const bytes = acceptBytes(value, path)
    output.int32(bytes.length)
    output.raw(bytes)
  },
})

/** Whether a byte before each element tells null from a value. */
function hasNulls(type: ArrayTypeSpec): boolean {
  // `Types.OBJECT_ARRAY(Types.STRING)` is BasicArrayTypeInfo's array of strings, in Java and in PyFlink.
  return (type.type === 'OBJECT_ARRAY' || type.type === 'BASIC_ARRAY') && type.element.type !== 'STRING'
}

function elementsReader(type: ArrayTypeSpec, readElement: Read, path: string, inner: string): Read {
  const nulls = hasNulls(type)
  const least = nulls ? 1 : leastBytes(type.element)
  return input => {
    const length = input.length(least, path)
    const values: unknown[] = []
    for (let i = 0; i < length; i++) {
      if (nulls) {
        input.need(1, inner)
        values.push(input.int8() === 0 ? null : readElement(input))
      } else values.push(readElement(input))
    }
    return values
  }
}

function elementsWriter(type: ArrayTypeSpec, writeElement: Write, path: string): Write {
  const nulls = hasNulls(type)
  return (output, value) => {
    const values = acceptArray(value, type.type, path)
    output.int32(values.length)
    for (let i = 0; i < values.length; i++) {
      const element = values[i] ?? null
      if (nulls) output.int8(element === null ? 0 : 1)
      if (!nulls || element !== null) writeElement(output, element)
    }
  }
}
