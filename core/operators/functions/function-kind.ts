/** What the kinds `map`, `filter`, `flat_map`, `key_by`, `print` and `collect` have in common: one input and a function. */
import { GraphError } from '../../foundation/errors.ts'
import type { PayloadType } from '../../foundation/record-batch/payload-type.ts'
import { described, int, nullable } from '../../foundation/shape/shape.ts'
import { functionSpec, isRemote } from '../../graph/function-spec.ts'
import type { FunctionSpec } from '../../graph/function-spec.ts'
import { payloadType } from '../../graph/transformation.ts'
import type { Transformation } from '../../graph/transformation.ts'
import { PLAIN_RULE } from '../../graph/transformation-kind.ts'
import type { PlanInput, PlanningRule, RemoteCall } from '../../graph/transformation-kind.ts'
import type { OperatorKind } from '../operator-kind.ts'
import { BatchFunctionOperator } from './batch-function-operator.ts'
import type { BatchFunction } from './batch-function-operator.ts'

export const functionFields = { function: functionSpec, output: payloadType }

export interface FunctionTransformation extends Transformation {
  readonly function: FunctionSpec
  readonly output: PayloadType
}

const deserializesFor = described(
  'The id of the source right before it, whose schema this function completes. A record for which the function raises cannot be read, and is handled as the source is configured. null when the function completes no schema.',
  nullable(int()),
)

/** A function that can be part of a source's schema. */
export interface SchemaFunctionTransformation extends FunctionTransformation {
  readonly deserializesFor?: number | null
}

export interface FunctionKindOptions {
  readonly kind: string
  readonly description: string
  /** Applies a function of this process to a batch. */
  readonly run: BatchFunction
  /** The function gets a value at a time, so that a failure names the value. Default: true. */
  readonly oneByOne?: boolean
  /** The function can complete the schema of the source before it. Default: false. */
  readonly completesSchemas?: boolean
  readonly rule?: Partial<PlanningRule>
}

export function functionKind(options: FunctionKindOptions): OperatorKind<SchemaFunctionTransformation> {
  const { kind, description, run, oneByOne = true, completesSchemas = false, rule = {} } = options
  return {
    kind,
    description,
    fields: completesSchemas ? { ...functionFields, deserializesFor } : functionFields,
    inputs: 1,
    identity: () => ['function', kind],
    plan(t, inputs) {
      checkDeserializing(t, inputs)
      const remote = remoteCallOf(t, { deserializes: typeof t.deserializesFor === 'number' })
      return { ...PLAIN_RULE, name: t.name, output: t.output, remote, ...rule }
    },
    async prepare({ transformation: t }, job) {
      if (isRemote(t.function)) throw notHere(t.name)
      const fn = await job.loadFunction(t.function, t.name)
      return { type: 'operator', create: () => new BatchFunctionOperator(run, fn, t.name, oneByOne) }
    },
  }
}

/** Operators with remote functions are created by the chain of calls that they are part of. */
export const notHere = (name: string): GraphError =>
  new GraphError(`'${name}' has a function of another language, which does not run in the engine.`)

export function remoteCallOf(
  t: { readonly kind: string; readonly function: FunctionSpec | null },
  needs: Partial<RemoteCall> = {},
): RemoteCall | null {
  if (t.function === null || !isRemote(t.function)) return null
  return {
    function: t.function,
    operation: t.kind,
    deserializes: false,
    needsTimestamps: false,
    needsWatermarks: false,
    watermarks: null,
    ...needs,
  }
}

/** @throws GraphError if it is to complete a schema and cannot */
function checkDeserializing(t: SchemaFunctionTransformation, inputs: readonly PlanInput[]): void {
  if (typeof t.deserializesFor !== 'number') return
  if (!isRemote(t.function))
    throw new GraphError(`'${t.name}' completes the schema of a source. Only a function of Python can.`)
  const [input] = inputs
  if (input?.isSource !== true || input.transformation.id !== t.deserializesFor || inputs.length > 1)
    throw new GraphError(
      `'${t.name}' completes the schema of the source ${t.deserializesFor}, which is not its only input.`,
    )
}
