/**
 * Writes the values of a bundle as one pickle of `(type, [value, ...])` (protocol 4). Python's own unpickler makes the
 * objects in C, dates and decimals included, and Python promises that the format stays. The names of fields and classes are
 * written once for a bundle, and then by their place in the memo. `type` is the JSON of the type of the values when Python
 * must make rows of tuples. Otherwise it is `None`. The tables that convert each kind of value are in `dynamic-writer` and
 * `type-writers`.
 */
import type { TypeSpec } from '../../core/foundation/type-spec.ts'
import type { Write } from './pickle/container-writers.ts'
import { writeAny } from './pickle/dynamic-writer.ts'
import { APPENDS, EMPTY_LIST, MARK, NONE, PROTO, STOP, TUPLE } from './pickle/opcodes.ts'
import { PickleOutput } from './pickle/pickle-output.ts'
import { writerOf } from './pickle/type-writers.ts'

interface Plan {
  /** The JSON of the type. `null` when it has no rows. */
  readonly json: string | null
  readonly write: Write
}

const DYNAMIC: Plan = { json: null, write: writeAny }
const plans = new WeakMap<TypeSpec, Plan>()

/** The error for a value that Python has no object for. */
export class UnpicklableValue extends Error {
  /** Index of the value in the bundle. */
  readonly index: number

  constructor(index: number, cause: Error) {
    super(cause.message, { cause })
    this.name = 'UnpicklableValue'
    this.index = index
  }
}

/**
 * Returns the payload of a bundle.
 *
 * @param type The type of the values. `null` when they have none.
 * @throws UnpicklableValue
 */
export function pickleValues(values: readonly unknown[], type: TypeSpec | null): Buffer {
  const plan = type === null ? DYNAMIC : planOf(type)
  const out = new PickleOutput(values.length * 64 + 256)
  out.two(PROTO, 4)
  out.op(MARK)
  if (plan.json === null) out.op(NONE)
  else out.text(plan.json)
  out.op(EMPTY_LIST)
  out.op(MARK)
  let i = 0
  try {
    for (; i < values.length; i++) plan.write(values[i], out)
  } catch (cause) {
    throw new UnpicklableValue(i, cause as Error)
  }
  out.op(APPENDS)
  out.op(TUPLE)
  out.op(STOP)
  return out.bytes()
}

function planOf(type: TypeSpec): Plan {
  let plan = plans.get(type)
  if (plan === undefined) {
    plan = { json: hasRows(type) ? JSON.stringify(type) : null, write: writerOf(type) }
    plans.set(type, plan)
  }
  return plan
}

function hasRows(type: TypeSpec): boolean {
  switch (type.type) {
    case 'ROW':
      return true
    case 'RECORD':
    case 'TUPLE':
    case 'UNION':
      return type.types.some(hasRows)
    case 'MAP':
      return hasRows(type.key) || hasRows(type.value)
    case 'LIST':
    case 'BASIC_ARRAY':
    case 'OBJECT_ARRAY':
    case 'PRIMITIVE_ARRAY':
      return hasRows(type.element)
    default:
      return false
  }
}
