/** Serializer of maps. A map with string keys is a plain object, any other map a Map. */
import type { MapTypeSpec, TypeSpec } from '../../../core/foundation/type-spec.ts'
import { acceptEntries, misfit } from '../acceptance.ts'
import { setField } from '../row-object.ts'
import { leastBytes } from './least-bytes.ts'
import type { Read, SerializerOf, TypeSerializer, Write } from './type-serializer.ts'

export function mapSerializer(type: MapTypeSpec, path: string, serializerOf: SerializerOf): TypeSerializer {
  const inner = `${path}{}`
  const key = serializerOf(type.key, inner)
  const value = serializerOf(type.value, inner)
  return {
    read: entriesReader(type, key.read, value.read, path, inner),
    write: entriesWriter(type, key.write, value.write, path, inner),
  }
}

function entriesReader(type: MapTypeSpec, readKey: Read, readValue: Read, path: string, inner: string): Read {
  const least = leastBytes(type.key) + 1
  const byText = type.key.type === 'STRING' || type.key.type === 'CHAR'
  return input => {
    const length = input.length(least, path)
    const object: Record<string, unknown> = {}
    let map = byText ? null : new Map<unknown, unknown>()
    for (let i = 0; i < length; i++) {
      const key = readKey(input)
      input.need(1, inner)
      const value = input.int8() !== 0 ? null : readValue(input)
      // A Map can have the key null. An object cannot.
      if (key === null) map ??= new Map(Object.entries(object))
      if (map !== null) map.set(key, value)
      else setField(object, key as string, value)
    }
    return map ?? object
  }
}

function entriesWriter(type: MapTypeSpec, writeKey: Write, writeValue: Write, path: string, inner: string): Write {
  const keyOf = keyOfText(type.key, inner)
  return (output, value) => {
    const entries = acceptEntries(value, path)
    output.int32(entries.size)
    const isMap = value instanceof Map
    for (const [key, item] of entries) {
      writeKey(output, isMap ? (key ?? null) : keyOf(key as string))
      output.int8(item === null || item === undefined ? 1 : 0)
      if (item !== null && item !== undefined) writeValue(output, item)
    }
  }
}

/** The keys of a plain object are strings, whatever the type of the map's keys. */
function keyOfText(type: TypeSpec, path: string): (text: string) => unknown {
  switch (type.type) {
    case 'STRING':
    case 'CHAR':
      return text => text
    case 'BYTE':
    case 'SHORT':
    case 'INT':
    case 'LONG':
    case 'BIG_INT':
      return text => {
        if (!/^-?\d+$/.test(text)) throw misfit(path, `a whole number (${type.type})`, text)
        return BigInt(text)
      }
    default:
      return text => {
        throw misfit(path, `a key of a Map: an object's keys can only be strings or whole numbers (${type.type})`, text)
      }
  }
}
