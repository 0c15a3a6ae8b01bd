/**
 * Schema resolution, as in Avro's Java library. It is more lenient than the specification: the names of records need not match. Names
 * of enums and fixed match by their last part or by an alias, as the specification requires. Decimals of another scale and times of
 * another unit are refused. Java would read them as other values.
 */
import { sameMeaning } from './logical-values.ts'
import { nameOf, simpleName } from './schema-model.ts'
import type { AvroEnum, AvroField, AvroFixed, AvroRecord, AvroType, AvroUnion } from './schema-model.ts'

/** The types to which a writer's primitive can be promoted. */
const PROMOTIONS: Readonly<Partial<Record<AvroType['kind'], readonly AvroType['kind'][]>>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
}

/** Why no value can be read. `null` when values can be read, or when it depends on the value or on inner types. */
export function mismatch(writer: AvroType, reader: AvroType): string | null {
  const differ = `${nameOf(writer)} was written, which cannot be read as ${nameOf(reader)}`
  if (writer.kind !== reader.kind) {
    if (PROMOTIONS[writer.kind]?.includes(reader.kind) !== true) return differ
  } else if (writer.kind === 'enum' || writer.kind === 'fixed') {
    if (!namesAgree(writer, reader as AvroEnum | AvroFixed)) return differ
    if (writer.kind === 'fixed' && writer.size !== (reader as AvroFixed).size)
      return `${writer.name} was written with ${writer.size} bytes, but is read with ${(reader as AvroFixed).size}`
  } else if (writer.kind === 'record') {
    const missing = missingField(writer, reader as AvroRecord)
    if (missing !== undefined) return `field '${missing.name}' of ${nameOf(reader)} was not written, and has no default`
  }
  return sameMeaning(writer.logical, reader.logical)
    ? null
    : `${meaning(writer)} was written, which has another meaning than ${meaning(reader)}`
}

/** The writer's field with the name, or an alias, of the reader's field. */
export function writerField(writer: AvroRecord, reader: AvroRecord, field: AvroField): AvroField | undefined {
  const same = writer.fields.find(f => f.name === field.name)
  if (same !== undefined) return same
  return writer.fields.find(f => field.aliases.includes(f.name) && !reader.fields.some(r => r.name === f.name))
}

/** The branch of the reader's union that Java selects for the writer's type. `null` when there is none. */
export function readerBranch(writer: AvroType, union: AvroUnion): AvroType | null {
  const { types } = union
  const same = types.filter(type => type.kind === writer.kind)
  if (writer.kind === 'record') return recordBranch(writer, same as AvroRecord[])
  const named = writer.kind === 'enum' || writer.kind === 'fixed'
  const exact = named ? same.find(type => (type as AvroEnum).name === writer.name) : undefined
  const agreeing = same.find(type => !named || namesAgree(writer, type as AvroEnum | AvroFixed))
  return exact ?? agreeing ?? types.find(type => PROMOTIONS[writer.kind]?.includes(type.kind)) ?? null
}

function recordBranch(writer: AvroRecord, branches: readonly AvroRecord[]): AvroRecord | null {
  const exact = branches.find(branch => branch.name === writer.name || branch.aliases.includes(writer.name))
  if (exact !== undefined) return exact
  const alike = branches.filter(branch => resolvable(writer, branch))
  return alike.find(branch => simpleName(branch.name) === simpleName(writer.name)) ?? alike[0] ?? null
}

function missingField(writer: AvroRecord, reader: AvroRecord): AvroField | undefined {
  return reader.fields.find(f => f.default === undefined && writerField(writer, reader, f) === undefined)
}

/** Whether every value can be read, including its inner values. */
function resolvable(
  writer: AvroType,
  reader: AvroType,
  seen: readonly (readonly [AvroType, AvroType])[] = [],
): boolean {
  if (seen.some(([w, r]) => w === writer && r === reader)) return true
  const deeper = [...seen, [writer, reader] as const]
  if (writer.kind === 'union') return writer.types.every(branch => resolvable(branch, reader, deeper))
  if (reader.kind === 'union') {
    const branch = readerBranch(writer, reader)
    return branch !== null && resolvable(writer, branch, deeper)
  }
  if (mismatch(writer, reader) !== null) return false
  if (writer.kind === 'array' && reader.kind === 'array') return resolvable(writer.items, reader.items, deeper)
  if (writer.kind === 'map' && reader.kind === 'map') return resolvable(writer.values, reader.values, deeper)
  if (writer.kind === 'enum' && reader.kind === 'enum')
    return reader.default !== null || writer.symbols.every(symbol => reader.symbols.includes(symbol))
  if (writer.kind !== 'record' || reader.kind !== 'record') return true
  return reader.fields.every(field => {
    const written = writerField(writer, reader, field)
    return written === undefined || resolvable(written.type, field.type, deeper)
  })
}

function namesAgree(writer: AvroEnum | AvroFixed, reader: AvroEnum | AvroFixed): boolean {
  return simpleName(writer.name) === simpleName(reader.name) || reader.aliases.includes(writer.name)
}

function meaning({ kind, logical }: AvroType): string {
  if (logical === null) return kind
  return logical.name === 'decimal' ? `a decimal of scale ${logical.scale}` : logical.name
}
