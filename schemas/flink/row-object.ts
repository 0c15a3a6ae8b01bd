/** Rows and maps as plain objects, in which any name is allowed, including `__proto__`. */

/** Sets `object[name]`, and defines `__proto__` as an ordinary property. */
export function setField(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  else object[name] = value
}

/** The value of the object's own property, or undefined when there is none. */
export function getField(object: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = object[name]
  // Members of Object.prototype, such as `constructor`, are not fields. Getters of classes are.
  if (value !== undefined && name in Object.prototype && !Object.hasOwn(object, name)) return undefined
  return value
}
