/** Whether the edges of a transformation fit its kind: their number, their side outputs, and keys. */
import { GraphError } from '../../foundation/errors.ts'
import type { Transformation } from '../../graph/transformation.ts'
import type { PlanningRule, TransformationKind } from '../../graph/transformation-kind.ts'
import { payloadOf } from './placed.ts'
import type { PlacedInput } from './placed.ts'

/** @throws GraphError naming the transformation */
export function checkInputs(
  t: Transformation,
  kind: TransformationKind,
  rule: PlanningRule,
  inputs: readonly PlacedInput[],
): void {
  checkOrdinals(t, kind)
  for (const input of inputs) {
    checkTag(t, input)
    checkKeys(t, rule, input)
  }
}

function checkOrdinals(t: Transformation, { inputs: count }: TransformationKind): void {
  if (count === 0 && t.inputs.length > 0) throw new GraphError(`'${t.name}' is a source, which has no inputs.`)
  if (count > 0 && t.inputs.length === 0) throw new GraphError(`'${t.name}' has no input.`)
  for (const { input } of t.inputs)
    if (input >= count)
      throw new GraphError(
        `'${t.name}' has ${count} input${count === 1 ? '' : 's'}, and an edge to its input ${input}.`,
      )
  for (let input = 0; input < count; input++)
    if (!t.inputs.some(edge => edge.input === input))
      throw new GraphError(`'${t.name}' has ${count} inputs, and no edge to its input ${input}.`)
}

function checkTag(t: Transformation, input: PlacedInput): void {
  if (payloadOf(input) !== null) return
  const { edge, from } = input
  throw new GraphError(
    edge.tag === null
      ? `'${t.name}' follows '${from.transformation.name}', which emits nothing.`
      : `'${t.name}' takes the side output '${edge.tag}' of '${from.transformation.name}', which does not have it.`,
  )
}

function checkKeys(t: Transformation, { takesKeys }: PlanningRule, { edge, from }: PlacedInput): void {
  const byKey = edge.partitioner?.type === 'hash'
  const { rule, transformation } = from
  if (takesKeys) {
    if (!rule.givesKeys)
      throw new GraphError(
        `'${t.name}' takes its partition keys from a key_by, but '${transformation.name}' is not a key_by.`,
      )
  } else if (byKey !== rule.givesKeys)
    throw new GraphError(
      byKey
        ? `'${t.name}' takes its input by key, but '${transformation.name}' is not a key_by.`
        : `'${t.name}' follows the key_by '${transformation.name}', so its edge must be 'hash'.`,
    )
}
