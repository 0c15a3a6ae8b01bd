/**
 * Types under Flink's names, for schemas that need the types of their values. `core/foundation/type-spec.ts` defines the JavaScript values
 * of each type. Every field may be null.
 */
import type { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'

import { ConfigurationError } from '../../foundation/errors.ts'
import type { Decimal } from '../../../schemas/contracts/decimal.ts'
import { BYTES } from '../../foundation/type-spec.ts'
import type { BasicTypeName, RowTypeSpec, TypeSpec } from '../../foundation/type-spec.ts'

export interface TypeInformation<T> {
  readonly spec: TypeSpec
  /** Only for the compiler. */
  readonly valueType?: T
}

/** A row: an object by the names of its fields. */
export interface RowTypeInfo<T = Record<string, unknown>> extends TypeInformation<T> {
  readonly spec: RowTypeSpec
}

type ValueOf<I> = I extends TypeInformation<infer T> ? T : never
type FieldsOf<F extends Readonly<Record<string, TypeInformation<unknown>>>> = { [K in keyof F]: ValueOf<F[K]> | null }

/** @throws ConfigurationError if the value is no type */
function specOf({ spec }: TypeInformation<unknown>, field: string): TypeSpec {
  const given = spec as TypeSpec | undefined
  if (given === undefined) throw new ConfigurationError(`Field '${field}' needs a type such as Types.STRING().`)
  return given
}

/** @throws ConfigurationError if the value is no row type */
export function rowSpecOf(type: RowTypeInfo<unknown>, setter: string): RowTypeSpec {
  const spec = type.spec as TypeSpec | undefined
  if (spec?.type !== 'ROW')
    throw new ConfigurationError(`${setter} takes a row type such as Types.ROW({ id: Types.STRING() }).`)
  return spec
}

const basic =
  <T>(type: BasicTypeName) =>
  (): TypeInformation<T> => ({ spec: { type } })
const array =
  (type: 'LIST' | 'BASIC_ARRAY' | 'OBJECT_ARRAY' | 'PRIMITIVE_ARRAY') =>
  <T>(element: TypeInformation<T>): TypeInformation<(T | null)[]> => ({ spec: { type, element: element.spec } })

/** A type that Flink has for Java's own classes. */
const absent =
  (name: string, advice: string) =>
  (...types: readonly unknown[]): never => {
    throw new ConfigurationError(`Types.${name}(${types.length === 0 ? '' : '...'}) is not supported. ${advice}`)
  }

export const Types = {
  STRING: basic<string>('STRING'),
  CHAR: basic<string>('CHAR'),
  BOOLEAN: basic<boolean>('BOOLEAN'),
  /** 8 bits, signed. */
  BYTE: basic<number>('BYTE'),
  /** 16 bits, signed. */
  SHORT: basic<number>('SHORT'),
  /** 32 bits, signed. */
  INT: basic<number>('INT'),
  /** 64 bits, signed: a bigint where a number would lose digits. */
  LONG: basic<number | bigint>('LONG'),
  /** 32 bits. */
  FLOAT: basic<number>('FLOAT'),
  DOUBLE: basic<number>('DOUBLE'),
  BIG_INT: basic<bigint>('BIG_INT'),
  BIG_DEC: basic<Decimal>('BIG_DEC'),
  SQL_DATE: basic<LocalDate>('SQL_DATE'),
  SQL_TIME: basic<LocalTime>('SQL_TIME'),
  SQL_TIMESTAMP: basic<LocalDateTime>('SQL_TIMESTAMP'),
  LOCAL_DATE: basic<LocalDate>('LOCAL_DATE'),
  LOCAL_TIME: basic<LocalTime>('LOCAL_TIME'),
  LOCAL_DATE_TIME: basic<LocalDateTime>('LOCAL_DATE_TIME'),
  INSTANT: basic<Instant>('INSTANT'),
  VOID: basic<null>('VOID'),

  /** A row by the names of its fields, in this order: `Types.ROW({ id: Types.LONG(), name: Types.STRING() })`. */
  ROW: <F extends Readonly<Record<string, TypeInformation<unknown>>>>(fields: F): RowTypeInfo<FieldsOf<F>> => ({
    spec: {
      type: 'ROW',
      names: Object.keys(fields),
      types: Object.entries(fields).map(([name, type]) => specOf(type, name)),
    },
  }),
  ROW_NAMED: (names: readonly string[], types: readonly TypeInformation<unknown>[]): RowTypeInfo => {
    if (names.length !== types.length)
      throw new RangeError(`A row needs a name for each type: ${names.length} names, ${types.length} types.`)
    return { spec: { type: 'ROW', names, types: types.map((type, i) => specOf(type, names[i]!)) } }
  },
  TUPLE: (types: readonly TypeInformation<unknown>[]): TypeInformation<unknown[]> => ({
    spec: { type: 'TUPLE', types: types.map(t => t.spec) },
  }),
  LIST: array('LIST'),
  BASIC_ARRAY: array('BASIC_ARRAY'),
  OBJECT_ARRAY: array('OBJECT_ARRAY'),
  /** Of numbers; `Types.BYTES()` for bytes. */
  PRIMITIVE_ARRAY: array('PRIMITIVE_ARRAY'),
  /** Flink's primitive array of bytes. */
  BYTES: (): TypeInformation<Uint8Array> => ({ spec: BYTES }),
  /** An object where the keys are strings, else a Map. */
  MAP: <K, V>(key: TypeInformation<K>, value: TypeInformation<V>): TypeInformation<Record<string, V> | Map<K, V>> => ({
    spec: { type: 'MAP', key: key.spec, value: value.spec },
  }),

  SET: absent('SET', 'Use Types.LIST, and give it each element once.'),
  ENUM: absent('ENUM', 'Use Types.STRING with the name of the constant.'),
  EITHER: absent('EITHER', 'Use Types.ROW with a field for each side.'),
  POJO: absent('POJO', 'Use Types.ROW with the fields of the class.'),
  GENERIC: absent('GENERIC', 'Its bytes are those of Kryo for a Java class. Use Types.ROW or an Avro schema.'),
  VALUE: absent('VALUE', 'Its bytes are those that a Java class writes. Use Types.ROW or an Avro schema.'),
  VARIANT: absent('VARIANT', 'Use Types.STRING with JSON.'),
  BITMAP: absent('BITMAP', 'Use Types.BYTES.'),
} as const
