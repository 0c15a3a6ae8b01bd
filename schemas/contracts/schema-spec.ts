/** Which schema turns bytes into values or back; part of the job graph. */
import type { RowTypeSpec, TypeSpec } from '../../core/foundation/type-spec.ts'

export type SchemaSpec =
  | { readonly type: 'simple-string'; readonly charset: string }
  | { readonly type: 'byte-array' }
  /** Flink's own binary format. */
  | { readonly type: 'type-information'; readonly typeInfo: TypeSpec }
  | JsonRowSchemaSpec
  | CsvRowSchemaSpec
  | AvroSchemaSpec
  | GlueAvroSchemaSpec
  | GlueJsonSchemaSpec
  | { readonly type: 'kinesis-record' }
  | CustomSchemaSpec

export interface JsonRowSchemaSpec {
  readonly type: 'json-row'
  readonly typeInfo: RowTypeSpec
  /** Both are for reading alone. */
  readonly failOnMissingField: boolean
  readonly ignoreParseErrors: boolean
}

export interface CsvRowSchemaSpec {
  readonly type: 'csv-row'
  readonly typeInfo: RowTypeSpec
  readonly fieldDelimiter: string
  /** For writing alone. */
  readonly lineDelimiter: string
  readonly arrayElementDelimiter: string
  /** null: no character quotes. */
  readonly quoteCharacter: string | null
  readonly escapeCharacter: string | null
  readonly nullLiteral: string | null
  /** Both are for reading alone. */
  readonly allowComments: boolean
  readonly ignoreParseErrors: boolean
}

/** Avro's binary format, without a header: the writer's schema is the reader's. */
export interface AvroSchemaSpec {
  readonly type: 'avro'
  /** JSON. */
  readonly schema: string
  /** `row`: Flink's rows, with Flink's types; `generic`: records, with Avro's. */
  readonly values: 'row' | 'generic'
  /** What makes the program's own object of a value that was read; null: values stay as they are. */
  readonly convert: ValueFunctionSpec | null
}

/** Keys of Amazon's library. Most values are strings; `tags` and `metadata` are objects of strings. */
export type GlueConfigs = Readonly<Record<string, unknown>>

export interface GlueAvroSchemaSpec {
  readonly type: 'glue-avro'
  /** JSON: what values are read as, whatever they were written with, and what they are written with. */
  readonly schema: string
  /** The name of the stream, and of the schema where the configuration names none; for writing alone. */
  readonly transportName: string | null
  readonly configs: GlueConfigs
  /** For records that have no header of Glue's; null: these are malformed. */
  readonly secondary: SchemaSpec | null
  readonly convert: ValueFunctionSpec | null
}

export interface GlueJsonSchemaSpec {
  readonly type: 'glue-json'
  /** `carrier`: { schema, payload }, two texts; `value`: the payload, parsed. For reading alone. */
  readonly values: 'carrier' | 'value'
  /** JSON: what values that are no carriers are written with; null: carriers only. */
  readonly schema: string | null
  readonly transportName: string | null
  readonly configs: GlueConfigs
  readonly secondary: SchemaSpec | null
  readonly convert: ValueFunctionSpec | null
}

/** The program's own schema: a class, or a function that makes an object, with `deserialize` or `serialize`. */
export interface CustomSchemaSpec {
  readonly type: 'custom'
  readonly schema: ValueFunctionSpec
}

/** `local`: of this very process; refused over a bridge. */
export type ValueFunctionSpec =
  | { readonly type: 'local'; readonly localId: string }
  | { readonly type: 'module'; readonly url: string; readonly export: string }
