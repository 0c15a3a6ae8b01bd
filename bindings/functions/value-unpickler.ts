/**
 * Reads the results of a bundle from one pickle of `(type, [value, ...])`, as Python's C pickler writes it (protocol 4).
 * `type` is the JSON of their type where there are rows among them, which are tuples in the pickle; otherwise `type` is `None`.
 */
import type { TypeSpec } from '../../core/foundation/type-spec.ts'
import { runPickle } from './pickle/pickle-operations.ts'
import { rowConverter } from './pickle/row-conversion.ts'

export interface UnpickledValues {
  readonly values: unknown[]
  /** The type of the values. `null` when there are no rows among them. */
  readonly type: TypeSpec | null
}

const types = new Map<string, TypeSpec>()

/** @throws BridgeError naming what the engine does not know */
export function unpickleValues(pickle: Buffer): UnpickledValues {
  const [json, values] = runPickle(pickle) as [string | null, unknown[]]
  if (json === null) return { values, type: null }
  const type = typeOf(json)
  const convert = rowConverter(type)
  return { values: convert === null ? values : values.map(convert), type }
}

function typeOf(json: string): TypeSpec {
  let type = types.get(json)
  if (type === undefined) {
    type = JSON.parse(json) as TypeSpec
    types.set(json, type)
  }
  return type
}
