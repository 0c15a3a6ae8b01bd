/** Serializers of BigInteger and BigDecimal. */
import { Decimal } from '../../contracts/decimal.ts'
import { recordMalformed } from '../../contracts/value-codec.ts'
import { acceptBigInt, acceptDecimal } from '../acceptance.ts'
import { place } from './data-input.ts'
import type { DataInput } from './data-input.ts'
import type { DataOutput } from './data-output.ts'
import type { TypeSerializer } from './type-serializer.ts'

/** The numbers that the length alone encodes, by length. */
const SHORT_FORMS: readonly (bigint | null)[] = [null, 0n, 1n, 10n]

export const bigIntSerializer = (path: string): TypeSerializer => ({
  read: input => readBigInt(input, path),
  write: (output, value) => writeBigInt(output, value === null ? null : acceptBigInt(value, path)),
})

export const bigDecSerializer = (path: string): TypeSerializer => ({
  read: input => {
    const unscaled = readBigInt(input, path)
    if (unscaled === null) return null
    input.need(4, path)
    return new Decimal(unscaled, input.int32())
  },
  write: (output, value) => {
    const decimal = value === null ? null : acceptDecimal(value, path)
    writeBigInt(output, decimal?.unscaled ?? null)
    if (decimal !== null) output.int32(decimal.scale)
  },
})

function readBigInt(input: DataInput, path: string): bigint | null {
  input.need(4, path)
  const size = input.int32()
  if (size >= 0 && size < SHORT_FORMS.length) return SHORT_FORMS[size]!
  const length = size - SHORT_FORMS.length
  if (length <= 0) throw recordMalformed(`The record has a number of ${length} bytes in ${place(path)}.`)
  input.need(length, path)
  const digits = (input.bytes as Buffer).toString('hex', input.at, input.at + length)
  input.at += length
  return BigInt.asIntN(length * 8, BigInt(`0x${digits}`))
}

function writeBigInt(output: DataOutput, value: bigint | null): void {
  const shortForm = SHORT_FORMS.indexOf(value)
  if (shortForm >= 0) {
    output.int32(shortForm)
    return
  }
  if (value === null) return
  // A negative number needs as many bits as its complement, which is its absolute value minus one.
  const magnitude = (value < 0n ? -value - 1n : value).toString(16)
  const bits = (magnitude.length - 1) * 4 + Math.ceil(Math.log2(Number.parseInt(magnitude[0]!, 16) + 1))
  const bytes = (bits >> 3) + 1
  const digits = BigInt.asUintN(bytes * 8, value).toString(16)
  output.int32(bytes + 4)
  output.raw(Buffer.from(digits.padStart(bytes * 2, '0'), 'hex'))
}
