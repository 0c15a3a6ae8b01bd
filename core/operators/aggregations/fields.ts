/** The field of a value: of a list by its index, of an object by its name. A value without fields has one at position 0: itself. */

export type Position = number | string

/** @throws TypeError if the value has no such field */
export function fieldOf(value: unknown, position: Position): unknown {
  if (hasFields(value)) {
    const isOwn = Object.hasOwn(value as object, position)
    const field = isOwn ? (value as Readonly<Record<Position, unknown>>)[position] : undefined
    if (field !== undefined) return field
    throw new TypeError(`The value has no field ${JSON.stringify(position)}.`)
  }
  if (position === 0) return value
  throw new TypeError(
    `The ${position} field selected on a basic type. A field expression on a basic type can only select the 0th field (which means selecting the entire basic type).`,
  )
}

/** A copy of the value with another field: what was emitted before does not change. */
export function withField(value: unknown, position: Position, field: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[]).with(position as number, field)
  return hasFields(value) ? { ...(value as object), [position]: field } : field
}

function hasFields(value: unknown): boolean {
  if (Array.isArray(value)) return true
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
