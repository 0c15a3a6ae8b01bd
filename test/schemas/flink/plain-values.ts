/** Values as the vectors hold them (see java/Specs.java) to values of this engine, and back. */
import { Instant, LocalDate, LocalDateTime, LocalTime } from '@js-joda/core'

import { Decimal } from '../../../schemas/contracts/decimal.ts'
import { setField } from '../../../schemas/flink/row-object.ts'
import type { TypeSpec } from '../../../core/foundation/type-spec.ts'
import { isBytes } from '../../../core/foundation/type-spec.ts'

/* eslint-disable @typescript-eslint/no-explicit-any -- what is in a file of vectors */
export function valueOf(type: TypeSpec, plain: any): unknown {
  if (plain === null) return null
  switch (type.type) {
    case 'BYTE':
    case 'SHORT':
    case 'INT':
      return Number(plain)
    case 'FLOAT':
      return Math.fround(Number(plain))
    case 'DOUBLE':
      return Number(plain)
    case 'LONG': {
      const long = BigInt(plain)
      return Number.isSafeInteger(Number(long)) ? Number(long) : long
    }
    case 'BIG_INT':
      return BigInt(plain)
    case 'BIG_DEC':
      return new Decimal(BigInt(plain[0]), plain[1])
    case 'SQL_DATE':
    case 'LOCAL_DATE':
      return LocalDate.parse(plain)
    case 'SQL_TIME':
    case 'LOCAL_TIME':
      return LocalTime.parse(plain)
    case 'SQL_TIMESTAMP':
    case 'LOCAL_DATE_TIME':
      return LocalDateTime.parse(plain)
    case 'INSTANT':
      return Instant.parse(plain)
    case 'ROW': {
      const row = {}
      type.names.forEach((name, i) => setField(row, name, valueOf(type.types[i]!, plain[i])))
      return row
    }
    case 'TUPLE':
      return plain.map((item: unknown, i: number) => valueOf(type.types[i]!, item))
    case 'MAP': {
      const pairs = plain.map(([key, value]: any) => [valueOf(type.key, key), valueOf(type.value, value)])
      if ((type.key.type !== 'STRING' && type.key.type !== 'CHAR') || pairs.some(([key]: any) => key === null))
        return new Map(pairs)
      const object = {}
      for (const [key, value] of pairs) setField(object, key, value)
      return object
    }
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY':
      if (isBytes(type)) return Buffer.from(plain, 'hex')
      return plain.map((item: unknown) => valueOf(type.element, item))
    default:
      return plain
  }
}
