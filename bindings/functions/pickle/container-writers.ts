// What a writer of values is, and the writers of None, lists and dicts, which all others are made of.
import { APPENDS, EMPTY_DICT, EMPTY_LIST, MARK, NONE, SETITEMS } from './opcodes.ts'
import type { PickleOutput } from './pickle-output.ts'

export type Write = (value: unknown, out: PickleOutput) => void

/** Makes a writer that writes None for `null` and `undefined`. */
export const nullable =
  (write: Write): Write =>
  (value, out) => {
    if (value === null || value === undefined) out.op(NONE)
    else write(value, out)
  }

/** Makes a writer of a list, from the writer of its items. */
export function listWriter(write: Write): Write {
  return (value, out) => {
    out.two(EMPTY_LIST, MARK)
    for (const item of value as Iterable<unknown>) write(item, out)
    out.op(APPENDS)
  }
}

/** Makes a writer of a dict, from the writers of its keys and its values. The value is an object or a Map. */
export function mapWriter(writeKey: Write, writeValue: Write): Write {
  return (value, out) => {
    out.two(EMPTY_DICT, MARK)
    const entries = value instanceof Map ? value : Object.entries(value as object)
    for (const [key, item] of entries as Iterable<[unknown, unknown]>) {
      writeKey(key, out)
      writeValue(item, out)
    }
    out.op(SETITEMS)
  }
}
