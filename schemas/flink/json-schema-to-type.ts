/**
 * Converts a JSON schema to the row type that it describes, as Flink's JsonRowSchemaConverter does:
 *
 *   object                        ROW of its properties, in order
 *   array of one kind of items    OBJECT_ARRAY; BASIC_ARRAY of strings
 *   array of a list of items      ROW of f0, f1, ...
 *   string                        STRING; SQL_DATE, SQL_TIME or SQL_TIMESTAMP by its format; bytes when in base64
 *   number, integer               BIG_DEC
 *   boolean, null                 BOOLEAN, VOID
 *
 * A list of types, and oneOf, may only add null to a type. A $ref must lead to the same document. allOf, anyOf, not, extends and
 * disallow are refused, as are additionalProperties and additionalItems when they are true. As in Flink, comments, single quotes and
 * unquoted names are accepted.
 */
import { ConfigurationError } from '../../core/foundation/errors.ts'
import { BYTES } from '../../core/foundation/type-spec.ts'
import type { RowTypeSpec, TypeSpec } from '../../core/foundation/type-spec.ts'
import { JsonNumber, parseJsonTree } from './json-tree.ts'

const ROOT = '<root>'
const REFUSED = ['allOf', 'anyOf', 'not', 'extends', 'disallow']
/** Bounds schemas that refer to themselves. Flink overflows its stack for these. */
const MAX_DEPTH = 500

/** @throws ConfigurationError */
export function jsonSchemaToType(schema: string): RowTypeSpec {
  let root: unknown
  try {
    root = parseJsonTree(schema, { lenient: true })
  } catch (error) {
    throw new ConfigurationError(`Invalid JSON schema. ${(error as Error).message}`, { cause: error })
  }
  const type = new Converter(root).type(ROOT, root, 0)
  if (type.type !== 'ROW')
    throw new ConfigurationError(`The JSON schema must describe an object, but it describes ${type.type}.`)
  return type
}

class Converter {
  private readonly root: unknown

  constructor(root: unknown) {
    this.root = root
  }

  type(location: string, node: unknown, depth: number): TypeSpec {
    if (depth > MAX_DEPTH) throw new ConfigurationError(`Cyclic references are not supported, as in node: ${location}`)
    const reference = member(node, '$ref')
    const target = typeof reference === 'string' ? this.resolve(reference, node) : undefined
    const types: TypeSpec[] = []
    const own = member(node, 'type')
    if (own !== undefined) types.push(...this.named(location, own, node, depth))
    else if (member(target, 'type') !== undefined) types.push(this.type(reference as string, target, depth + 1))

    const oneOf = member(node, 'oneOf')
    const targetOneOf = member(target, 'oneOf')
    if (Array.isArray(oneOf)) types.push(...this.types(`${location}/oneOf`, oneOf, depth))
    else if (Array.isArray(targetOneOf)) types.push(...this.types(`${reference as string}/oneOf`, targetOneOf, depth))

    if (REFUSED.some(keyword => member(node, keyword) !== undefined))
      throw new ConfigurationError("Union types are such as 'allOf', 'anyOf' etc. and extending are not supported yet.")
    return single(location, types)
  }

  /** The types of the keyword `type`, which is a name or a list of names. */
  private named(location: string, own: unknown, node: unknown, depth: number): TypeSpec[] {
    const names = Array.isArray(own) ? (own as readonly unknown[]) : typeof own === 'string' ? [own] : []
    return names.map(name => {
      switch (name) {
        case 'null':
          return { type: 'VOID' }
        case 'boolean':
          return { type: 'BOOLEAN' }
        case 'string':
          return stringType(location, node)
        case 'number':
        case 'integer':
          return { type: 'BIG_DEC' }
        case 'object':
          return this.object(location, node, depth)
        case 'array':
          return this.array(location, node, depth)
        default:
          throw new ConfigurationError(
            `Unsupported type '${name instanceof JsonNumber ? name.text : String(name)}' in node: ${location}`,
          )
      }
    })
  }

  private object(location: string, node: unknown, depth: number): TypeSpec {
    const properties = member(node, 'properties')
    const names: string[] = []
    const types: TypeSpec[] = []
    if (properties instanceof Map) {
      for (const [name, property] of properties as ReadonlyMap<string, unknown>) {
        names.push(name)
        types.push(this.type(`${location}/${name}`, property, depth + 1))
      }
    }
    if (properties !== undefined && member(node, 'additionalProperties') === true)
      throw new ConfigurationError(`An object must not allow additional properties in node: ${location}`)
    return { type: 'ROW', names, types }
  }

  private array(location: string, node: unknown, depth: number): TypeSpec {
    const items = member(node, 'items')
    if (items === undefined)
      throw new ConfigurationError(`Arrays must specify an 'items' property in node: ${location}`)
    if (items instanceof Map) {
      const element = this.type(`${location}/items`, items, depth + 1)
      return { type: element.type === 'STRING' ? 'BASIC_ARRAY' : 'OBJECT_ARRAY', element }
    }
    if (!Array.isArray(items)) throw new ConfigurationError(`Invalid type for 'items' property in node: ${location}`)
    const types = this.types(`${location}/items`, items, depth)
    if (member(node, 'additionalItems') === true)
      throw new ConfigurationError(`An array tuple must not allow additional items in node: ${location}`)
    return { type: 'ROW', names: types.map((_, i) => `f${i}`), types }
  }

  private types(location: string, nodes: readonly unknown[], depth: number): TypeSpec[] {
    return nodes.map((node, i) => this.type(`${location}[${i}]`, node, depth + 1))
  }

  private resolve(reference: string, origin: unknown): unknown {
    if (!reference.startsWith('#'))
      throw new ConfigurationError(
        `Only JSON schemes with simple references (one indirection in the same document) are supported yet. But was: ${reference}`,
      )
    const found = at(this.root, reference.slice(1))
    if (found === undefined) throw new ConfigurationError(`Could not find reference: ${reference}`)
    if (found === origin) throw new ConfigurationError(`Cyclic references are not supported:${reference}`)
    return found
  }
}

function stringType(location: string, node: unknown): TypeSpec {
  const format = member(node, 'format')
  if (format !== undefined) {
    if (typeof format !== 'string') throw new ConfigurationError(`Invalid 'format' property in node: ${location}`)
    return FORMATS.get(format) ?? { type: 'STRING' }
  }
  const encoding = member(node, 'contentEncoding')
  if (encoding === undefined) return { type: 'STRING' }
  if (typeof encoding !== 'string')
    throw new ConfigurationError(`Invalid 'contentEncoding' property in node: ${location}`)
  if (encoding !== 'base64') throw new ConfigurationError(`Invalid encoding '${encoding}' in node: ${location}`)
  return BYTES
}

const FORMATS: ReadonlyMap<string, TypeSpec> = new Map([
  ['date', { type: 'SQL_DATE' }],
  ['time', { type: 'SQL_TIME' }],
  ['date-time', { type: 'SQL_TIMESTAMP' }],
])

/** The only type, with or without null. */
function single(location: string, types: readonly TypeSpec[]): TypeSpec {
  const different = new Map(types.map(type => [JSON.stringify(type), type]))
  const values = [...different.values()].filter(type => type.type !== 'VOID')
  if (different.size === 0) throw new ConfigurationError(`No type could be found in node:${location}`)
  if (values.length > 1)
    throw new ConfigurationError('Union types with more than just a null type are not supported yet.')
  return values[0] ?? { type: 'VOID' }
}

function member(node: unknown, name: string): unknown {
  return node instanceof Map ? (node as ReadonlyMap<string, unknown>).get(name) : undefined
}

/** Resolves a JSON Pointer (RFC 6901). */
function at(root: unknown, pointer: string): unknown {
  if (pointer === '') return root
  if (!pointer.startsWith('/'))
    throw new ConfigurationError(`Invalid input: JSON Pointer expression must start with '/': "${pointer}"`)
  let node = root
  for (const part of pointer.slice(1).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(node))
      node = /^(?:0|[1-9]\d*)$/.test(name) ? (node as readonly unknown[])[Number(name)] : undefined
    else node = member(node, name)
  }
  return node
}
