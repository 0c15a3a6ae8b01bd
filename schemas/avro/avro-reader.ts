/**
 * Compiles a function for each pair of a writer's and a reader's type to JavaScript. It creates a record by one object literal, which
 * makes reading fast (`bench/avro.ts`). The source contains nothing from a schema except quoted names; everything else is passed as
 * constants.
 *
 * Types that cannot be resolved compile to code that fails: the error is reported for the records that contain them, not for the
 * schema.
 */
import { AvroInput } from './avro-input.ts'
import { nameOf } from './schema-model.ts'
import type { AvroArray, AvroEnum, AvroField, AvroMap, AvroRecord, AvroType, AvroUnion } from './schema-model.ts'
import { defaultBytes } from './default-values.ts'
import { branchMapping, logicalValues } from './logical-values.ts'
import type { ValueMapping } from './logical-values.ts'
import { mismatch, readerBranch, writerField } from './resolution.ts'

export type AvroReader = (input: AvroInput) => unknown

/** @throws ConfigurationError when a default that the reader needs does not fit its field */
export function compileReader(writer: AvroType, reader: AvroType, mapping: ValueMapping): AvroReader {
  return new ReaderCompiler().compile(writer, reader, mapping)
}

class ReaderCompiler {
  readonly #constants: unknown[] = []
  readonly #functions: string[] = []
  /** Names of functions that are complete or in progress, because types may be recursive. */
  readonly #made = new Map<
    AvroType,
    { readonly reader: AvroType | null; readonly mapping: string; readonly name: string }[]
  >()
  readonly #making = new Set<string>()
  #names = 0

  compile(writer: AvroType, reader: AvroType, mapping: ValueMapping): AvroReader {
    const root = this.#read(writer, reader, mapping)
    const constants = this.#constants.map((_, i) => `const k${i} = k[${i}];`).join('\n')
    const source = `'use strict';\n${constants}\n${this.#functions.join('\n')}\nreturn i => ${root};`
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- its parts are chosen here, names are quoted
    return (new Function('k', source) as (k: readonly unknown[]) => AvroReader)(this.#constants)
  }

  /** An expression that reads the next value from `i`. */
  #read(writer: AvroType, reader: AvroType, mapping: ValueMapping): string {
    if (writer.kind === 'union') return this.#call(writer, reader, mapping, () => this.#union(writer, reader, mapping))
    if (reader.kind === 'union') {
      const branch = readerBranch(writer, reader)
      if (branch === null)
        return this.#fail(`${nameOf(writer)} was written, which matches no branch of the ${nameOf(reader)}`)
      return this.#read(writer, branch, branchMapping(reader, mapping))
    }
    const why = mismatch(writer, reader)
    if (why !== null) return this.#fail(why)
    if (writer.kind === 'record')
      return this.#call(writer, reader, mapping, () => this.#record(writer, reader as AvroRecord, mapping))
    if (writer.kind === 'array')
      return this.#call(writer, reader, mapping, () => this.#array(writer, reader as AvroArray, mapping))
    if (writer.kind === 'map')
      return this.#call(writer, reader, mapping, () => this.#map(writer, reader as AvroMap, mapping))
    if (writer.kind === 'enum') return this.#enum(writer, reader as AvroEnum)
    const raw = rawOf(writer, reader)
    const logical = logicalValues(reader, mapping)
    return logical === null ? raw : `${this.#constant(logical.read)}(${raw})`
  }

  #union(writer: AvroUnion, reader: AvroType, mapping: ValueMapping): string {
    const cases = writer.types.map((type, i) => `case ${i}: return ${this.#read(type, reader, mapping)};`)
    return `switch (i.index(${writer.types.length}, 'a union')) { ${cases.join(' ')} }`
  }

  #record(writer: AvroRecord, reader: AvroRecord, mapping: ValueMapping): string {
    const sources = reader.fields.map(field => writerField(writer, reader, field))
    if (sources.length === writer.fields.length && sources.every((source, i) => source === writer.fields[i])) {
      const members = reader.fields.map((field, i) => member(field, this.#read(sources[i]!.type, field.type, mapping)))
      return `return { ${members.join(', ')} };`
    }
    const statements = writer.fields.map((field, i) => {
      const to = reader.fields[sources.indexOf(field)]
      return to === undefined ? this.#skip(field.type) : `const v${i} = ${this.#read(field.type, to.type, mapping)};`
    })
    const members = reader.fields.map((field, i) => {
      const source = sources[i]
      return member(field, source === undefined ? this.#default(field, mapping) : `v${writer.fields.indexOf(source)}`)
    })
    return `${statements.join(' ')} return { ${members.join(', ')} };`
  }

  #array(writer: AvroArray, reader: AvroArray, mapping: ValueMapping): string {
    const empty = mayBeEmpty(writer.items)
    const item = this.#read(writer.items, reader.items, mapping)
    return `const items = []; for (let n; (n = i.block(${empty})) > 0; i.endBlock()) for (; n > 0; n--) items.push(${item}); return items;`
  }

  #map(writer: AvroMap, reader: AvroMap, mapping: ValueMapping): string {
    const value = this.#read(writer.values, reader.values, mapping)
    const put = this.#constant(putMember)
    return `const map = {}; for (let n; (n = i.block(false)) > 0; i.endBlock()) for (; n > 0; n--) ${put}(map, i.string(), ${value}); return map;`
  }

  #enum(writer: AvroEnum, reader: AvroEnum): string {
    const symbols = this.#constant(writer.symbols)
    const index = `i.index(${writer.symbols.length}, 'an enum')`
    if (writer.symbols.every(symbol => reader.symbols.includes(symbol))) return `${symbols}[${index}]`
    const symbolOf = (input: AvroInput): string => {
      const symbol = writer.symbols[input.index(writer.symbols.length, 'an enum')]!
      if (reader.symbols.includes(symbol)) return symbol
      return (
        reader.default ??
        input.fail(`'${symbol}' was written, which is not a symbol of ${reader.name}, and the enum has no default`)
      )
    }
    return `${this.#constant(symbolOf)}(i)`
  }

  /** An expression that makes the default. Each record gets its own copy. */
  #default(field: AvroField, mapping: ValueMapping): string {
    const bytes = defaultBytes(field)
    const read = compileReader(field.type, field.type, mapping)
    const input = new AvroInput()
    const make = (): unknown => {
      input.reset(bytes)
      return read(input)
    }
    const value = make()
    return typeof value === 'object' && value !== null ? `${this.#constant(make)}()` : this.#constant(value)
  }

  /** A statement that skips a value. */
  #skip(type: AvroType): string {
    switch (type.kind) {
      case 'null':
        return ''
      case 'boolean':
        return 'i.skip(1);'
      case 'int':
      case 'long':
      case 'enum':
        return 'i.skipLong();'
      case 'float':
        return 'i.skip(4);'
      case 'double':
        return 'i.skip(8);'
      case 'bytes':
      case 'string':
        return 'i.skipBytes();'
      case 'fixed':
        return `i.skip(${type.size});`
      default:
        return `${this.#call(type, null, 'skip', () => this.#skipParts(type))};`
    }
  }

  #skipParts(type: AvroRecord | AvroArray | AvroMap | AvroUnion): string {
    switch (type.kind) {
      case 'record':
        return type.fields.map(field => this.#skip(field.type)).join(' ')
      case 'union': {
        const cases = type.types.map((branch, i) => `case ${i}: ${this.#skip(branch)} break;`)
        return `switch (i.index(${type.types.length}, 'a union')) { ${cases.join(' ')} }`
      }
      default: {
        const empty = type.kind === 'array' && mayBeEmpty(type.items)
        const item = type.kind === 'array' ? this.#skip(type.items) : `i.skipBytes(); ${this.#skip(type.values)}`
        return `for (let n; (n = i.skipBlock(${empty})) !== 0; ) if (n > 0) { for (; n > 0; n--) { ${item} } i.endBlock(); }`
      }
    }
  }

  /** A call of the function for these types, which is compiled if necessary. */
  #call(writer: AvroType, reader: AvroType | null, mapping: string, body: () => string): string {
    const made = this.#made.get(writer) ?? []
    this.#made.set(writer, made)
    const known = made.find(f => f.reader === reader && f.mapping === mapping)
    if (known !== undefined) return this.#making.has(known.name) ? `i.nested(${known.name})` : `${known.name}(i)`
    const name = `f${this.#names++}`
    made.push({ reader, mapping, name })
    this.#making.add(name)
    this.#functions.push(`function ${name}(i) { ${body()} }`)
    this.#making.delete(name)
    return `${name}(i)`
  }

  #fail(why: string): string {
    return `i.fail(${this.#constant(why)})`
  }

  #constant(value: unknown): string {
    return `k${this.#constants.push(value) - 1}`
  }
}

/** An expression that reads the writer's type and converts it to the reader's. */
function rawOf(writer: AvroType, reader: AvroType): string {
  if (writer.kind === 'fixed') return `i.fixed(${writer.size})`
  if (writer.kind === 'null') return 'null'
  if (writer.kind === reader.kind) return `i.${writer.kind}()`
  if (reader.kind === 'float') return `Math.fround(Number(i.${writer.kind}()))`
  if (reader.kind === 'bytes' || reader.kind === 'string') return `i.${reader.kind}()`
  return writer.kind === 'long' ? 'Number(i.long())' : `i.${writer.kind}()`
}

/** Whether a value may have no bytes. */
function mayBeEmpty(type: AvroType, within: readonly AvroType[] = []): boolean {
  if (type.kind === 'null') return true
  if (type.kind === 'fixed') return type.size === 0
  if (type.kind !== 'record' || within.includes(type)) return false
  return type.fields.every(field => mayBeEmpty(field.type, [...within, type]))
}

function member({ name }: AvroField, value: string): string {
  return name === '__proto__' ? `['__proto__']: ${value}` : `${JSON.stringify(name)}: ${value}`
}

function putMember(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true })
  else map[key] = value
}
