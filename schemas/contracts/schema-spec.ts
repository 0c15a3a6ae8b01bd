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
  /** Both apply to reading only. */
  readonly failOnMissingField: boolean
  readonly ignoreParseErrors: boolean
}

export interface CsvRowSchemaSpec {
  readonly type: 'csv-row'
  readonly typeInfo: RowTypeSpec
  readonly fieldDelimiter: string
  /** Applies to writing only. */
  readonly lineDelimiter: string
  readonly arrayElementDelimiter: string
  /** `null` when cells are not quoted. */
  readonly quoteCharacter: string | null
  readonly escapeCharacter: string | null
  readonly nullLiteral: string | null
  /** Both apply to reading only. */
  readonly allowComments: boolean
  readonly ignoreParseErrors: boolean
}

/** Avro's binary format without a header. The schema is both the writer's and the reader's. */
export interface AvroSchemaSpec {
  readonly type: 'avro'
  /** JSON. */
  readonly schema: string
  /** `row`: Flink's rows, with Flink's types; `generic`: records, with Avro's. */
  readonly values: 'row' | 'generic'
  /** Converts each value that was read to an object of the program. `null` when values are not converted. */
  readonly convert: ValueFunctionSpec | null
}

/** Keys of Amazon's library. Most values are strings; `tags` and `metadata` are objects of strings. */
export type GlueConfigs = Readonly<Record<string, unknown>>

export interface GlueAvroSchemaSpec {
  readonly type: 'glue-avro'
  /** The reader's schema, and the schema that values are written with, as JSON. */
  readonly schema: string
  /** The name of the stream. Also the name of the schema, unless the configuration sets one. Applies to writing only. */
  readonly transportName: string | null
  readonly configs: GlueConfigs
  /** Reads records without a Glue header. `null` when such records are malformed. */
  readonly secondary: SchemaSpec | null
  readonly convert: ValueFunctionSpec | null
}

export interface GlueJsonSchemaSpec {
  readonly type: 'glue-json'
  /** `carrier`: { schema, payload }, two strings; `value`: the parsed payload. Applies to reading only. */
  readonly values: 'carrier' | 'value'
  /** The schema of values other than carriers, as JSON. `null` when only carriers can be written. */
  readonly schema: string | null
  readonly transportName: string | null
  readonly configs: GlueConfigs
  readonly secondary: SchemaSpec | null
  readonly convert: ValueFunctionSpec | null
}

/** The program's own schema: a class with `deserialize` or `serialize`, or a function that returns such an object. */
export interface CustomSchemaSpec {
  readonly type: 'custom'
  readonly schema: ValueFunctionSpec
}

/** `local` functions belong to this process and are refused from another one. */
export type ValueFunctionSpec =
  | { readonly type: 'local'; readonly localId: string }
  | { readonly type: 'module'; readonly url: string; readonly export: string }
