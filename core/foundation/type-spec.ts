/**
 * What a stream's values are, as plain data: Flink's type information, and what Avro has beside it. Part of the job graph; it
 * says how a value is written in Flink's binary format, how JSON and CSV are read, and what a value is in each language:
 *
 *   type                                  JavaScript                                  Python
 *   STRING, CHAR                          string (CHAR: one UTF-16 unit)              str
 *   BOOLEAN                               boolean                                     bool
 *   BYTE, SHORT, INT                      number                                      int
 *   LONG                                  number; bigint beyond 2^53 - 1              int
 *   FLOAT, DOUBLE                         number                                      float
 *   BIG_INT                               bigint                                      int
 *   BIG_DEC                               Decimal                                     decimal.Decimal
 *   SQL_DATE, LOCAL_DATE                  LocalDate                                   datetime.date
 *   SQL_TIME, LOCAL_TIME                  LocalTime                                   datetime.time
 *   SQL_TIMESTAMP, LOCAL_DATE_TIME        LocalDateTime                               datetime.datetime without a zone
 *   INSTANT                               Instant                                     Instant
 *   TIMESTAMP_UTC (Avro)                  Date; Instant where it came in micros       datetime.datetime in UTC
 *   UUID (Avro)                           string                                      uuid.UUID
 *   VOID                                  null                                        None
 *   ROW                                   object by field name                        Row with these names
 *   TUPLE                                 array                                       tuple
 *   RECORD (Avro)                         object by field name                        dict
 *   LIST, BASIC_ARRAY, OBJECT_ARRAY,      array                                       list
 *     PRIMITIVE_ARRAY
 *   PRIMITIVE_ARRAY of BYTE               Buffer                                      bytes
 *   MAP                                   object where keys are strings, else Map;    dict
 *                                         Map too where a key is null
 *   UNION (Avro)                          the value of the branch                     the same
 *   ANY                                   whatever it is                              what it looks like
 *
 * A value of any type may be null. LocalDate, LocalTime, LocalDateTime and Instant are those of @js-joda/core, Java's types.
 */
export const BASIC_TYPE_NAMES = [
  'STRING',
  'CHAR',
  'BOOLEAN',
  'BYTE',
  'SHORT',
  'INT',
  'LONG',
  'FLOAT',
  'DOUBLE',
  'BIG_INT',
  'BIG_DEC',
  'SQL_DATE',
  'SQL_TIME',
  'SQL_TIMESTAMP',
  'LOCAL_DATE',
  'LOCAL_TIME',
  'LOCAL_DATE_TIME',
  'INSTANT',
  'TIMESTAMP_UTC',
  'UUID',
  'VOID',
  'ANY',
] as const
export type BasicTypeName = (typeof BASIC_TYPE_NAMES)[number]

export interface BasicTypeSpec {
  readonly type: BasicTypeName
}

export interface RowTypeSpec {
  readonly type: 'ROW'
  readonly names: readonly string[]
  readonly types: readonly TypeSpec[]
}

export interface RecordTypeSpec {
  readonly type: 'RECORD'
  readonly names: readonly string[]
  readonly types: readonly TypeSpec[]
}

export interface TupleTypeSpec {
  readonly type: 'TUPLE'
  readonly types: readonly TypeSpec[]
}

export interface ArrayTypeSpec {
  readonly type: 'LIST' | 'BASIC_ARRAY' | 'OBJECT_ARRAY' | 'PRIMITIVE_ARRAY'
  readonly element: TypeSpec
}

export interface MapTypeSpec {
  readonly type: 'MAP'
  readonly key: TypeSpec
  readonly value: TypeSpec
}

export interface UnionTypeSpec {
  readonly type: 'UNION'
  readonly types: readonly TypeSpec[]
}

export type TypeSpec =
  BasicTypeSpec | RowTypeSpec | RecordTypeSpec | TupleTypeSpec | ArrayTypeSpec | MapTypeSpec | UnionTypeSpec

export const BYTES: ArrayTypeSpec = { type: 'PRIMITIVE_ARRAY', element: { type: 'BYTE' } }

export function isBytes(type: TypeSpec): boolean {
  return type.type === 'PRIMITIVE_ARRAY' && type.element.type === 'BYTE'
}
