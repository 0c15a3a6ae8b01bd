/**
 * The text of a schema as Java's `Schema.toString()` prints it. Amazon's library sends this text to the registry, so that a schema has
 * the same definition from every producer. A named type is printed in full once, and by its name afterwards. Attributes are in
 * Java's order.
 */
import { isPrimitiveName, namespaceOf, simpleName } from './schema-model.ts'
import type { AvroField, AvroType } from './schema-model.ts'
import { javaDouble, jsonText, quoted } from './json-text.ts'
import type { JsonNode, JsonObject } from './json-text.ts'

export function schemaText(type: AvroType): string {
  return new SchemaPrinter().print(type, null)
}

type Attribute = readonly [key: string, json: string]

class SchemaPrinter {
  readonly #printed = new Set<string>()

  /** `space` is the enclosing namespace, or `null` when there is none. */
  print(type: AvroType, space: string | null): string {
    switch (type.kind) {
      case 'union':
        return `[${type.types.map(branch => this.print(branch, space)).join()}]`
      case 'array':
        return object([['type', '"array"'], ['items', this.print(type.items, space)], ...attributes(type.props)])
      case 'map':
        return object([['type', '"map"'], ['values', this.print(type.values, space)], ...attributes(type.props)])
      case 'record':
      case 'enum':
      case 'fixed': {
        if (this.#printed.has(type.name)) return quoted(relative(type.name, space))
        this.#printed.add(type.name)
        const own = namespaceOf(type.name) || null
        return object([
          ['type', quoted(type.kind === 'record' && type.isError ? 'error' : type.kind)],
          ['name', quoted(simpleName(type.name))],
          ...(own === space ? [] : [['namespace', quoted(own ?? '')] as const]),
          ...(type.doc === null ? [] : [['doc', quoted(type.doc)] as const]),
          ...this.#body(type, own),
          ...attributes(type.props),
          ...(type.aliases.length === 0 ? [] : [['aliases', texts(type.aliases.map(a => relative(a, own)))] as const]),
        ])
      }
      default:
        return type.props.size === 0
          ? quoted(type.kind)
          : object([['type', quoted(type.kind)], ...attributes(type.props)])
    }
  }

  #body(type: AvroType & { kind: 'record' | 'enum' | 'fixed' }, own: string | null): Attribute[] {
    if (type.kind === 'fixed') return [['size', String(type.size)]]
    if (type.kind === 'record') return [['fields', `[${type.fields.map(f => this.#field(f, own)).join()}]`]]
    const symbols: Attribute = ['symbols', texts(type.symbols)]
    return type.default === null ? [symbols] : [symbols, ['default', quoted(type.default)]]
  }

  #field(field: AvroField, space: string | null): string {
    return object([
      ['name', quoted(field.name)],
      ['type', this.print(field.type, space)],
      ...(field.doc === null ? [] : [['doc', quoted(field.doc)] as const]),
      ...(field.default === undefined ? [] : [['default', defaultText(field.default, field.type)] as const]),
      ...(field.order === 'ascending' ? [] : [['order', quoted(field.order)] as const]),
      ...(field.aliases.length === 0 ? [] : [['aliases', texts(field.aliases)] as const]),
      ...attributes(field.props),
    ])
  }
}

/** Java reads a string as a number when the type is float or double. */
function defaultText(node: JsonNode, type: AvroType): string {
  const isFraction = type.kind === 'float' || type.kind === 'double'
  return typeof node === 'string' && isFraction ? javaDouble(Number(node)) : jsonText(node, 'java')
}

const object = (members: readonly Attribute[]): string =>
  `{${members.map(([key, json]) => `${quoted(key)}:${json}`).join()}}`
const texts = (list: readonly string[]): string => `[${list.map(quoted).join()}]`
const attributes = (props: JsonObject): Attribute[] => [...props].map(([key, node]) => [key, jsonText(node, 'java')])

/** Omits the enclosing namespace, unless the simple name is that of a primitive type. */
function relative(fullName: string, space: string | null): string {
  const name = simpleName(fullName)
  return (namespaceOf(fullName) || null) === space && !isPrimitiveName(name) ? name : fullName
}
