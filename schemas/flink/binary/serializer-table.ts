/** The serializer of every type that Flink's binary format has. */
import type { BasicTypeName, TypeSpec } from '../../../core/foundation/type-spec.ts'
import { arraySerializer } from './array-serializer.ts'
import {
  booleanSerializer,
  byteSerializer,
  charSerializer,
  doubleSerializer,
  floatSerializer,
  intSerializer,
  longSerializer,
  shortSerializer,
  stringSerializer,
  voidSerializer,
} from './basic-serializers.ts'
import { bigDecSerializer, bigIntSerializer } from './big-number-serializers.ts'
import {
  instantSerializer,
  localDateSerializer,
  localDateTimeSerializer,
  localTimeSerializer,
} from './date-time-serializers.ts'
import { mapSerializer } from './map-serializer.ts'
import { rowSerializer, tupleSerializer } from './row-serializers.ts'
import { sqlDateSerializer, sqlTimeSerializer, sqlTimestampSerializer } from './sql-time-serializers.ts'
import { checkType, notFlinks } from './type-check.ts'
import type { TypeSerializer } from './type-serializer.ts'

/** TIMESTAMP_UTC, UUID and ANY are not Flink's types. */
const BASIC_SERIALIZERS: Readonly<Partial<Record<BasicTypeName, (path: string) => TypeSerializer>>> = {
  STRING: stringSerializer,
  CHAR: charSerializer,
  BOOLEAN: booleanSerializer,
  BYTE: byteSerializer,
  SHORT: shortSerializer,
  INT: intSerializer,
  LONG: longSerializer,
  FLOAT: floatSerializer,
  DOUBLE: doubleSerializer,
  BIG_INT: bigIntSerializer,
  BIG_DEC: bigDecSerializer,
  SQL_DATE: sqlDateSerializer,
  SQL_TIME: sqlTimeSerializer,
  SQL_TIMESTAMP: sqlTimestampSerializer,
  LOCAL_DATE: localDateSerializer,
  LOCAL_TIME: localTimeSerializer,
  LOCAL_DATE_TIME: localDateTimeSerializer,
  INSTANT: instantSerializer,
  VOID: voidSerializer,
}

/** @throws ConfigurationError when Flink's binary format does not have the type */
export function serializerOf(type: TypeSpec, path: string): TypeSerializer {
  checkType(type, path)
  switch (type.type) {
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY':
      return arraySerializer(type, path, serializerOf)
    case 'MAP':
      return mapSerializer(type, path, serializerOf)
    case 'TUPLE':
      return tupleSerializer(type.types, path, serializerOf)
    case 'ROW':
      return rowSerializer(type.names, type.types, path, serializerOf)
    case 'RECORD':
    case 'UNION':
      throw notFlinks(type.type, path)
    default: {
      const make = BASIC_SERIALIZERS[type.type]
      if (make === undefined) throw notFlinks(type.type, path)
      return make(path)
    }
  }
}
