/** Serializers of strings, booleans, numbers of constant size, and VOID. */
import {
  acceptBoolean,
  acceptChar,
  acceptInteger,
  acceptLong,
  acceptNumber,
  acceptString,
  misfit,
} from '../acceptance.ts'
import { fixed } from './type-serializer.ts'
import type { TypeSerializer } from './type-serializer.ts'

export const stringSerializer = (path: string): TypeSerializer => ({
  read: input => input.string(path),
  write: (output, value) => output.string(value === null ? null : acceptString(value, path)),
})

export const charSerializer = (path: string): TypeSerializer => ({
  read: fixed(2, path, input => String.fromCharCode(input.int16() & 0xffff)),
  write: (output, value) => output.int16(acceptChar(value, path).charCodeAt(0)),
})

export const booleanSerializer = (path: string): TypeSerializer => ({
  read: fixed(1, path, input => input.int8() !== 0),
  write: (output, value) => output.int8(acceptBoolean(value, path) ? 1 : 0),
})

export const byteSerializer = (path: string): TypeSerializer => ({
  read: fixed(1, path, input => input.int8()),
  write: (output, value) => output.int8(acceptInteger(value, 'BYTE', path)),
})

export const shortSerializer = (path: string): TypeSerializer => ({
  read: fixed(2, path, input => input.int16()),
  write: (output, value) => output.int16(acceptInteger(value, 'SHORT', path)),
})

export const intSerializer = (path: string): TypeSerializer => ({
  read: fixed(4, path, input => input.int32()),
  write: (output, value) => output.int32(acceptInteger(value, 'INT', path)),
})

export const longSerializer = (path: string): TypeSerializer => ({
  read: fixed(8, path, input => input.int64()),
  write: (output, value) => output.int64(acceptLong(value, path)),
})

export const floatSerializer = (path: string): TypeSerializer => ({
  read: fixed(4, path, input => input.float32()),
  write: (output, value) => output.float32(acceptNumber(value, 'FLOAT', path)),
})

export const doubleSerializer = (path: string): TypeSerializer => ({
  read: fixed(8, path, input => input.float64()),
  write: (output, value) => output.float64(acceptNumber(value, 'DOUBLE', path)),
})

export const voidSerializer = (path: string): TypeSerializer => ({
  read: fixed(1, path, input => {
    input.at++
    return null
  }),
  write: (output, value) => {
    if (value !== null) throw misfit(path, 'null (VOID)', value)
    output.int8(0)
  },
})
