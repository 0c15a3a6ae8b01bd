/**
 * Reads an Avro schema, as Java's parser does: names are completed, references followed, logical types recognized. It refuses what
 * Java refuses, except for a default that does not fit its field: `default-values.ts` checks defaults when they are needed.
 */
import { ConfigurationError } from '../../core/foundation/errors.ts'
import { isJsonArray, isJsonObject, JsonNumber, parseJsonText } from './json-text.ts'
import type { JsonNode, JsonObject } from './json-text.ts'
import { isPrimitiveName, namespaceOf } from './schema-model.ts'
import type {
  AvroEnum,
  AvroField,
  AvroFixed,
  AvroPrimitive,
  AvroRecord,
  AvroType,
  AvroUnion,
  LogicalType,
  PrimitiveName,
} from './schema-model.ts'

const NAME = /^[\p{L}_][\p{L}\p{Nd}_]*$/u
const COMMON_ATTRIBUTES = [
  'type',
  'name',
  'namespace',
  'doc',
  'aliases',
  'fields',
  'items',
  'values',
  'size',
  'symbols',
]
const TYPE_ATTRIBUTES: ReadonlySet<string> = new Set(COMMON_ATTRIBUTES)
const ENUM_ATTRIBUTES: ReadonlySet<string> = new Set([...COMMON_ATTRIBUTES, 'default'])
const FIELD_ATTRIBUTES: ReadonlySet<string> = new Set(['name', 'type', 'doc', 'default', 'order', 'aliases'])
const NO_PROPS: JsonObject = new Map()

/** @throws ConfigurationError */
export function avroType(schemaJson: string): AvroType {
  let node: JsonNode
  try {
    node = parseJsonText(schemaJson)
  } catch (cause) {
    throw new ConfigurationError(`The Avro schema is not JSON: ${(cause as Error).message}.`, { cause })
  }
  return new SchemaReader().read(node, '')
}

function primitive(kind: PrimitiveName, props = NO_PROPS): AvroPrimitive {
  return { kind, props, logical: logicalOf(kind, 0, props) }
}

function fail(message: string): never {
  throw new ConfigurationError(`The Avro schema is invalid: ${message}.`)
}

class SchemaReader {
  readonly #named = new Map<string, AvroType>()

  read(node: JsonNode, namespace: string): AvroType {
    if (typeof node === 'string') return this.#reference(node, namespace)
    if (isJsonArray(node)) return this.#union(node, namespace)
    if (isJsonObject(node)) return this.#defined(node, namespace)
    return fail(`${node instanceof JsonNumber ? node.text : String(node)} is not a type`)
  }

  #reference(name: string, namespace: string): AvroType {
    if (isPrimitiveName(name)) return primitive(name)
    const found = this.#named.get(qualified(name, namespace)) ?? this.#named.get(name)
    return found ?? fail(`type '${name}' is not defined before its use`)
  }

  #union(nodes: readonly JsonNode[], namespace: string): AvroUnion {
    if (nodes.length === 0) fail('a union has no branches')
    const types = nodes.map(node => this.read(node, namespace))
    const seen = new Set<string>()
    for (const type of types) {
      if (type.kind === 'union') fail('a branch of a union is a union')
      const name = 'name' in type ? type.name : type.kind
      if (seen.has(name)) fail(`a union has two branches of type ${name}`)
      seen.add(name)
    }
    return { kind: 'union', types, props: NO_PROPS, logical: null }
  }

  #defined(node: JsonObject, namespace: string): AvroType {
    const kind = node.get('type')
    if (typeof kind !== 'string') return fail(kind === undefined ? 'a type has no "type"' : 'a "type" is not a name')
    const props = propsOf(node, kind === 'enum' ? ENUM_ATTRIBUTES : TYPE_ATTRIBUTES)
    switch (kind) {
      case 'record':
      case 'error':
        return this.#record(node, namespace, props, kind === 'error')
      case 'enum':
        return this.#enum(node, namespace, props)
      case 'fixed':
        return this.#fixed(node, namespace, props)
      case 'array':
        return { kind, items: this.read(required(node, 'items', 'an array'), namespace), props, logical: null }
      case 'map':
        return { kind, values: this.read(required(node, 'values', 'a map'), namespace), props, logical: null }
      default:
        return isPrimitiveName(kind) ? primitive(kind, props) : this.#reference(kind, namespace)
    }
  }

  #record(node: JsonObject, namespace: string, props: JsonObject, isError: boolean): AvroRecord {
    const fields: AvroField[] = []
    const record: AvroRecord = {
      kind: 'record',
      ...nameAndDoc(node, namespace),
      isError,
      fields,
      props,
      logical: null,
    }
    this.#define(record)
    const nodes = required(node, 'fields', record.name)
    if (!isJsonArray(nodes)) return fail(`the "fields" of ${record.name} are not an array`)
    for (const fieldNode of nodes) {
      if (!isJsonObject(fieldNode)) return fail(`a field of ${record.name} is not an object`)
      const field = this.#field(fieldNode, record.name)
      if (fields.some(other => other.name === field.name)) fail(`${record.name} has two fields '${field.name}'`)
      fields.push(field)
    }
    return record
  }

  #field(node: JsonObject, recordName: string): AvroField {
    const name = node.get('name')
    if (typeof name !== 'string' || !NAME.test(name))
      return fail(`${recordName} has a field without a valid name: '${textOf(node, 'name') ?? ''}'`)
    const order = textOf(node, 'order')?.toLowerCase() ?? 'ascending'
    if (order !== 'ascending' && order !== 'descending' && order !== 'ignore')
      return fail(`field '${name}' of ${recordName} has the invalid order '${order}'`)
    return {
      name,
      type: this.read(required(node, 'type', `field '${name}' of ${recordName}`), namespaceOf(recordName)),
      aliases: textsOf(node, 'aliases') ?? [],
      doc: textOf(node, 'doc'),
      default: node.get('default'),
      order,
      props: propsOf(node, FIELD_ATTRIBUTES),
    }
  }

  #enum(node: JsonObject, namespace: string, props: JsonObject): AvroEnum {
    const named = nameAndDoc(node, namespace)
    const symbols = textsOf(node, 'symbols') ?? fail(`enum ${named.name} has no array of symbols`)
    const broken = symbols.find((symbol, i) => !NAME.test(symbol) || symbols.indexOf(symbol) !== i)
    if (broken !== undefined) fail(`enum ${named.name} has an invalid or duplicate symbol: '${broken}'`)
    const fallback = textOf(node, 'default')
    if (fallback !== null && !symbols.includes(fallback))
      fail(`the default '${fallback}' of enum ${named.name} is not one of its symbols`)
    return this.#define({ kind: 'enum', ...named, symbols, default: fallback, props, logical: null })
  }

  #fixed(node: JsonObject, namespace: string, props: JsonObject): AvroFixed {
    const named = nameAndDoc(node, namespace)
    const size = wholeNumber(node.get('size'))
    if (size === null || size < 0) return fail(`fixed ${named.name} has no valid size`)
    return this.#define({ kind: 'fixed', ...named, size, props, logical: logicalOf('fixed', size, props) })
  }

  #define<T extends AvroRecord | AvroEnum | AvroFixed>(type: T): T {
    if (this.#named.has(type.name)) fail(`${type.name} is defined twice`)
    this.#named.set(type.name, type)
    return type
  }
}

function nameAndDoc(node: JsonObject, enclosing: string): Pick<AvroRecord, 'name' | 'aliases' | 'doc'> {
  const given = node.get('name')
  if (typeof given !== 'string') return fail('a record, an enum or a fixed has no name')
  const name = qualified(given, textOf(node, 'namespace') ?? enclosing)
  if (!name.split('.').every(part => NAME.test(part)) || isPrimitiveName(name))
    fail(`'${name}' is not a valid name of a type`)
  const aliases = (textsOf(node, 'aliases') ?? []).map(alias => qualified(alias, namespaceOf(name)))
  return { name, aliases, doc: textOf(node, 'doc') }
}

function qualified(name: string, namespace: string): string {
  if (name.startsWith('.')) return name.slice(1)
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}

function required(node: JsonObject, key: string, of: string): JsonNode {
  return node.get(key) ?? fail(`${of} has no "${key}"`)
}

function textOf(node: JsonObject, key: string): string | null {
  const text = node.get(key)
  return typeof text === 'string' ? text : null
}

function textsOf(node: JsonObject, key: string): readonly string[] | null {
  const texts = node.get(key)
  if (texts === undefined) return null
  if (!isJsonArray(texts) || !texts.every(text => typeof text === 'string'))
    return fail(`"${key}" is not an array of strings`)
  return texts
}

function wholeNumber(node: JsonNode | undefined): number | null {
  if (!(node instanceof JsonNumber)) return null
  const value = Number(node.text)
  return Number.isSafeInteger(value) ? value : null
}

function propsOf(node: JsonObject, known: ReadonlySet<string>): JsonObject {
  const props = [...node].filter(([key]) => !known.has(key))
  return props.length === 0 ? NO_PROPS : new Map(props)
}

const BASES: Readonly<Record<Exclude<LogicalType['name'], 'decimal'>, PrimitiveName>> = {
  date: 'int',
  'time-millis': 'int',
  'time-micros': 'long',
  'timestamp-millis': 'long',
  'timestamp-micros': 'long',
  'local-timestamp-millis': 'long',
  'local-timestamp-micros': 'long',
  uuid: 'string',
}

/** An invalid logical type is ignored, as the specification requires. */
function logicalOf(kind: PrimitiveName | 'fixed', size: number, props: JsonObject): LogicalType | null {
  const name = props.get('logicalType')
  if (typeof name !== 'string') return null
  if (name === 'decimal') return kind === 'bytes' || kind === 'fixed' ? decimalOf(kind, size, props) : null
  if (!Object.hasOwn(BASES, name)) return null
  const known = name as keyof typeof BASES
  return BASES[known] === kind ? { name: known } : null
}

function decimalOf(kind: 'bytes' | 'fixed', size: number, props: JsonObject): LogicalType | null {
  const precision = wholeNumber(props.get('precision'))
  const scale = props.has('scale') ? wholeNumber(props.get('scale')) : 0
  if (precision === null || precision <= 0 || scale === null || scale < 0 || scale > precision) return null
  const most = kind === 'fixed' ? Math.floor(Math.log10(2) * (8 * size - 1)) : Infinity
  return precision <= most ? { name: 'decimal', precision, scale } : null
}
