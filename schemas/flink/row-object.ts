/** Rows and maps as plain objects, where a name may be anything, `__proto__` included. */

/** As `object[name] = value` would, had objects no prototype to be set. */
export function setField(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  else object[name] = value
}

/** What stands in the object itself; undefined: nothing. */
export function getField(object: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = object[name]
  // What every object inherits, such as `constructor`, is no field of a row. Instances of classes may have getters.
  if (value !== undefined && name in Object.prototype && !Object.hasOwn(object, name)) return undefined
  return value
}
