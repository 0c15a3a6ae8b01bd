/**
 * Converts the default of a field from JSON to Avro's binary encoding. In JSON, bytes are a string with a character for each byte. A
 * union uses the first branch that accepts the default.
 */
import { ConfigurationError } from '../../core/foundation/errors.ts'
import { AvroOutput } from './avro-output.ts'
import { isJsonArray, isJsonObject, JsonNumber, quoted } from './json-text.ts'
import type { JsonNode } from './json-text.ts'
import { nameOf } from './schema-model.ts'
import type { AvroField, AvroType } from './schema-model.ts'

const MAX_BYTE = 0xff

/** @throws ConfigurationError */
export function defaultBytes(field: AvroField): Buffer {
  const output = new AvroOutput()
  if (field.default === undefined || !writeDefault(output, field.type, field.default))
    throw new ConfigurationError(
      `The Avro schema is invalid: the default of field ${shown(field.name)} is not a valid ${nameOf(field.type)}.`,
    )
  return output.take()
}

/** Returns false when the default does not fit the type. The output is then incomplete. */
function writeDefault(output: AvroOutput, type: AvroType, node: JsonNode): boolean {
  switch (type.kind) {
    case 'null':
      return node === null
    case 'boolean':
      return typeof node === 'boolean' && done(() => output.boolean(node))
    case 'int':
    case 'long':
      return node instanceof JsonNumber && writeInteger(output, type.kind, node.text)
    case 'float':
    case 'double': {
      const value =
        node instanceof JsonNumber || typeof node === 'string'
          ? Number(node instanceof JsonNumber ? node.text : node)
          : NaN
      const isNumber = node instanceof JsonNumber || node === 'NaN' || !Number.isNaN(value)
      return isNumber && done(() => output[type.kind](value))
    }
    case 'string':
      return typeof node === 'string' && done(() => output.string(node))
    case 'bytes':
    case 'fixed': {
      const bytes = typeof node === 'string' ? bytesOf(node) : null
      if (bytes === null || (type.kind === 'fixed' && bytes.length !== type.size)) return false
      return done(() => (type.kind === 'fixed' ? output.raw(bytes) : output.bytes(bytes)))
    }
    case 'enum': {
      const index = type.symbols.indexOf(node as string)
      return index >= 0 && done(() => output.varint(index))
    }
    case 'array':
      if (!isJsonArray(node)) return false
      if (node.length > 0) output.varint(node.length)
      return node.every(item => writeDefault(output, type.items, item)) && done(() => output.varint(0))
    case 'map':
      if (!isJsonObject(node)) return false
      if (node.size > 0) output.varint(node.size)
      for (const [key, value] of node) {
        output.string(key)
        if (!writeDefault(output, type.values, value)) return false
      }
      return done(() => output.varint(0))
    case 'record':
      return (
        isJsonObject(node) &&
        type.fields.every(field => {
          const value = node.has(field.name) ? node.get(field.name) : field.default
          return value !== undefined && writeDefault(output, field.type, value)
        })
      )
    case 'union': {
      const index = type.types.findIndex(branch => writeDefault(new AvroOutput(), branch, node))
      if (index < 0) return false
      output.varint(index)
      return writeDefault(output, type.types[index]!, node)
    }
  }
}

/** Java accepts 1.0 as a whole number. */
function writeInteger(output: AvroOutput, kind: 'int' | 'long', text: string): boolean {
  const value = /^-?\d+$/.test(text) ? BigInt(text) : Number.isInteger(Number(text)) ? BigInt(Number(text)) : null
  const bits = kind === 'int' ? 32 : 64
  if (value === null || BigInt.asIntN(bits, value) !== value) return false
  output.long(value)
  return true
}

function bytesOf(text: string): Buffer | null {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > MAX_BYTE) return null
  return Buffer.from(text, 'latin1')
}

function done(write: () => void): true {
  write()
  return true
}

/** A name as error messages show it. */
const shown = (text: string): string => quoted(text.length > 60 ? `${text.slice(0, 57)}...` : text)
