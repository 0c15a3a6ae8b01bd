/**
 * TypeInformationSerializationSchema: a record is what Flink's own TypeSerializer writes for the value, byte for byte.
 * All numbers are big-endian. Null is VALUE_INVALID for the types that have no encoding of null.
 *
 *   STRING                        length + 1, then each UTF-16 unit. Each is a number of 7 bits a byte, low bits first; the high
 *                                 bit is set when another byte follows. 0 is null
 *   CHAR, SHORT                   2 bytes
 *   BOOLEAN, BYTE                 1 byte
 *   INT, FLOAT                    4 bytes
 *   LONG, DOUBLE                  8 bytes
 *   BIG_INT                       length + 4 as int, then the shortest two's complement. Short forms without bytes: 0 is null,
 *                                 1 is the number 0, 2 is 1, and 3 is 10; Flink reads these three in the long form too
 *   BIG_DEC                       unscaled value as BIG_INT, scale as int; null is the null of BIG_INT alone
 *   SQL_DATE, SQL_TIME            milliseconds since 1970 as long, in the zone of the process (sql-time.ts); the least long is null
 *   SQL_TIMESTAMP                 the same, then nanoseconds of the second as int, 0 for null
 *   LOCAL_DATE                    year as int, month, day; null: the least int and the least short
 *   LOCAL_TIME                    hour, minute, second, nanoseconds as int; null: the least byte, short and int
 *   LOCAL_DATE_TIME               LOCAL_DATE, LOCAL_TIME; null: both nulls
 *   INSTANT                       seconds as long, nanoseconds as int; null: the least of each
 *   VOID                          a zero
 *   PRIMITIVE_ARRAY, LIST,        length as int, then the elements
 *     BASIC_ARRAY and OBJECT_ARRAY
 *     of STRING
 *   BASIC_ARRAY, OBJECT_ARRAY     length as int, then for each element 1 and the element, or 0 for null
 *   MAP                           length as int, then for each pair the key, and 0 and the value, or 1 for null
 *   TUPLE                         the fields; 42 for the empty tuple
 *   ROW                           a bit mask, the highest bit of a byte first: 2 bits for the row kind, 1 bit for each field, set
 *                                 when it is null, zeros up to a whole byte; then the fields that are not null
 *
 * Rows here have no kind: it is ignored when a row is read, and INSERT when it is written. Bytes after the value are
 * RECORD_MALFORMED, because they mean that the record was written with another type. Flink ignores them.
 */
import type { TypeSpec } from '../../core/foundation/type-spec.ts'
import type { ValueDecoder, ValueEncoder } from '../contracts/value-codec.ts'
import { recordMalformed } from '../contracts/value-codec.ts'
import { DataInput } from './binary/data-input.ts'
import { DataOutput } from './binary/data-output.ts'
import { serializerOf } from './binary/serializer-table.ts'

/** @throws ConfigurationError when Flink's binary format does not have the type */
export function typeInformationDecoder(type: TypeSpec): ValueDecoder {
  const { read } = serializerOf(type, '')
  const input = new DataInput()
  return {
    type,
    decode: record => {
      input.open(record)
      const value = read(input)
      if (input.at !== input.end)
        throw recordMalformed(
          `The record has ${input.end - input.at} bytes after its value: it was written with another type.`,
        )
      return value
    },
  }
}

/** @throws ConfigurationError when Flink's binary format does not have the type */
export function typeInformationEncoder(type: TypeSpec): ValueEncoder {
  const { write } = serializerOf(type, '')
  const output = new DataOutput()
  return {
    takesNull: true,
    encode: value => {
      output.start()
      write(output, value ?? null)
      return output.finish()
    },
  }
}
