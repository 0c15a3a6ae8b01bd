/** `co_process`: a process function on two streams. They share its state and timers where both are keyed. */
import { GraphError } from '../../foundation/errors.ts'
import { isRemote } from '../../graph/function-spec.ts'
import type { OperatorKind } from '../operator-kind.ts'
import type { KeyedCoProcessFunction } from './process-function.ts'
import { processFields, processKind } from './process-kind.ts'
import type { ProcessTransformation } from './process-kind.ts'
import { instanceOf, runnable } from './process.ts'

type AnyCoProcessFunction = KeyedCoProcessFunction<unknown, unknown, unknown, unknown>

const kind = processKind<ProcessTransformation>({
  kind: 'co_process',
  description:
    "A process function of two inputs. Behind two 'hash' edges it has state and timers for each key, which both inputs share.",
  fields: processFields,
  inputs: 2,
  makeFunction(given, { name }) {
    const fn = instanceOf(given!, ['processElement1', 'processElement2'], name) as AnyCoProcessFunction
    return runnable(fn, [
      (value, context) => fn.processElement1(value, context),
      (value, context) => fn.processElement2(value, context),
    ])
  },
})

export const coProcessKind: OperatorKind<ProcessTransformation> = {
  ...kind,
  plan(t, inputs) {
    if (isRemote(t.function))
      throw new GraphError(`'${t.name}' has two inputs. Functions of other languages have one input.`)
    return kind.plan(t, inputs)
  },
}
