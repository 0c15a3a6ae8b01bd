/**
 * Compiles a function that writes values for each type, as `avro-reader.ts` does for reading. A missing member becomes the default of
 * its field, or null when the field accepts null. Members that are not fields are ignored.
 *
 * A union writes a value as the first branch that accepts it. A branch that represents a number exactly has priority: 0.1 is written
 * as double rather than float. When two branches accept a value, such as an enum and a string, or two records, the first one wins:
 * order the branches accordingly, or give the records different fields.
 */
import { refuse } from './avro-output.ts'
import type { AvroOutput } from './avro-output.ts'
import { optional } from './schema-model.ts'
import type { AvroEnum, AvroField, AvroRecord, AvroType, AvroUnion } from './schema-model.ts'
import { defaultBytes } from './default-values.ts'
import { branchMapping, logicalValues } from './logical-values.ts'
import type { ValueMapping } from './logical-values.ts'
import { branchOf, isNoRecord, membersOf } from './value-check.ts'

/** @throws AvroRefused */
export type AvroWriter = (output: AvroOutput, value: unknown) => void

/** @throws ConfigurationError when a default does not fit its field */
export function compileWriter(type: AvroType, mapping: ValueMapping): AvroWriter {
  return new WriterCompiler().compile(type, mapping)
}

class WriterCompiler {
  readonly #constants: unknown[] = []
  readonly #functions: string[] = []
  readonly #made = new Map<AvroType, { readonly mapping: ValueMapping; readonly name: string }[]>()
  readonly #refuse = this.#constant(refuse)
  #names = 0

  compile(type: AvroType, mapping: ValueMapping): AvroWriter {
    const root = this.#write(type, mapping)
    const constants = this.#constants.map((_, i) => `const k${i} = k[${i}];`).join('\n')
    const source = `'use strict';\n${constants}\n${this.#functions.join('\n')}\nreturn (o, x) => { ${root} };`
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- its parts are chosen here, names are quoted
    return (new Function('k', source) as (k: readonly unknown[]) => AvroWriter)(this.#constants)
  }

  /** A statement that writes `x`. */
  #write(type: AvroType, mapping: ValueMapping): string {
    const logical = logicalValues(type, mapping)
    const raw = logical === null ? 'x' : `${this.#constant(logical.write)}(x)`
    switch (type.kind) {
      case 'fixed':
        return `o.fixed(${raw}, ${type.size});`
      case 'enum':
        return `o.varint(${this.#constant(indexOfSymbol(type))}(x));`
      case 'record':
        return this.#call(type, mapping, () => this.#record(type, mapping))
      case 'array':
        return this.#call(type, mapping, () => this.#items(type.items, mapping))
      case 'map':
        return this.#call(type, mapping, () => this.#members(type.values, mapping))
      case 'union':
        return this.#union(type, mapping)
      default:
        return `o.${type.kind}(${raw});`
    }
  }

  #record(type: AvroRecord, mapping: ValueMapping): string {
    const fields = type.fields.map(field => this.#field(field, mapping))
    // A record that accepts an empty object would accept a Map or a Date, which is probably a mistake.
    const isOptional = type.fields.every(field => field.default !== undefined || takesNull(field.type))
    const isOther = isOptional ? ` || ${this.#constant(isNoRecord)}(v)` : ''
    return `if (typeof v !== 'object' || v === null || Array.isArray(v)${isOther}) ${this.#refuse}(); let x; ${fields.join(' ')}`
  }

  #field(field: AvroField, mapping: ValueMapping): string {
    const name = JSON.stringify(field.name)
    const get =
      field.name in Object.prototype ? `x = Object.hasOwn(v, ${name}) ? v[${name}] : undefined;` : `x = v[${name}];`
    const write = this.#write(field.type, mapping)
    if (field.default === undefined) return `${get} ${write}`
    return `${get} if (x === undefined) o.raw(${this.#constant(defaultBytes(field))}); else { ${write} }`
  }

  #items(items: AvroType, mapping: ValueMapping): string {
    const write = this.#write(items, mapping)
    return `if (!Array.isArray(v)) ${this.#refuse}(); if (v.length > 0) { o.varint(v.length); for (let j = 0; j < v.length; j++) { const x = v[j]; ${write} } } o.varint(0);`
  }

  #members(values: AvroType, mapping: ValueMapping): string {
    const write = this.#write(values, mapping)
    const entries = this.#constant(membersOf)
    return `const e = ${entries}(v) ?? ${this.#refuse}(); if (e.length > 0) { o.varint(e.length); for (const [key, x] of e) { o.string(key); ${write} } } o.varint(0);`
  }

  #union(type: AvroUnion, mapping: ValueMapping): string {
    const inner = branchMapping(type, mapping)
    const nullable = optional(type)
    if (nullable !== null) {
      const write = this.#write(nullable.type, inner)
      return `if (x === null || x === undefined) o.varint(${nullable.nullIndex}); else { o.varint(${1 - nullable.nullIndex}); ${write} }`
    }
    const choose = this.#constant((value: unknown) => branchOf(type, value, inner) ?? refuse())
    const cases = type.types.map((branch, i) => `case ${i}: ${this.#write(branch, inner)} break;`)
    const branch = `b${this.#names++}`
    return `const ${branch} = ${choose}(x); o.varint(${branch}); switch (${branch}) { ${cases.join(' ')} }`
  }

  #call(type: AvroType, mapping: ValueMapping, body: () => string): string {
    const made = this.#made.get(type) ?? []
    this.#made.set(type, made)
    let name = made.find(f => f.mapping === mapping)?.name
    if (name === undefined) {
      name = `f${this.#names++}`
      made.push({ mapping, name })
      this.#functions.push(`function ${name}(o, v) { ${body()} }`)
    }
    return `${name}(o, x);`
  }

  #constant(value: unknown): string {
    return `k${this.#constants.push(value) - 1}`
  }
}

const takesNull = (type: AvroType): boolean =>
  type.kind === 'null' || (type.kind === 'union' && type.types.some(takesNull))

function indexOfSymbol({ symbols }: AvroEnum): (value: unknown) => number {
  const indices = new Map<unknown, number>(symbols.map((symbol, i) => [symbol, i]))
  return value => indices.get(value) ?? refuse()
}
