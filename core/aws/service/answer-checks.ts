/**
 * Checks on the fields of an answer. An answer that passed a proxy, an emulator or a broken disk may lack a field or hold
 * one of another type; used as it is, it would end a shard, lose records or surface as an error of JavaScript.
 * `field` names the field in messages, such as `Shards[3].ShardId`.
 */

/** The answer cannot be used. The message is a clause that completes "the answer cannot be used:". */
export class InvalidAnswer extends Error {
  override readonly name = 'InvalidAnswer'
}

export function text(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new InvalidAnswer(`${field} ${found(value)}, not text`)
}

/** `null` when the field is missing or null. */
export function optionalText(value: unknown, field: string): string | null {
  return value === undefined || value === null ? null : text(value, field)
}

/** A sequence number or a hash key: decimal digits. */
export function decimal(value: unknown, field: string): string {
  if (typeof value === 'string' && /^\d{1,128}$/.test(value)) return value
  throw new InvalidAnswer(`${field} ${found(value)}, not a decimal number`)
}

export function optionalDecimal(value: unknown, field: string): string | null {
  return value === undefined || value === null ? null : decimal(value, field)
}

/** A number that is not negative; `null` when the field is missing or null. */
export function optionalCount(value: unknown, field: string): number | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value
  throw new InvalidAnswer(`${field} ${found(value)}, not a count`)
}

export function list(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new InvalidAnswer(`${field} ${found(value)}, not a list`)
}

export function object(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new InvalidAnswer(`${field} ${found(value)}, not an object`)
}

/** Describes a value without its content, which may be a secret. */
function found(value: unknown): string {
  if (value === undefined) return 'is missing'
  if (value === null) return 'is null'
  if (value === '') return 'is empty'
  return Array.isArray(value) ? 'is a list' : `is ${/^[aeiou]/.test(typeof value) ? 'an' : 'a'} ${typeof value}`
}
