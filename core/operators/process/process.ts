/** `process`: a process function on one stream. */
import { GraphError } from '../../foundation/errors.ts'
import type { LocalFunction } from '../job-facilities.ts'
import type { KeyedProcessFunction } from './process-function.ts'
import { processFields, processKind } from './process-kind.ts'
import type { ProcessTransformation } from './process-kind.ts'
import type { RunnableProcessFunction } from './process-operator.ts'

/** Every method but `processElement` may be missing: functions of modules need not extend a class of ours. */
type AnyProcessFunction = Pick<KeyedProcessFunction<unknown, unknown, unknown>, 'processElement'> &
  Partial<KeyedProcessFunction<unknown, unknown, unknown>>

export const processFunctionKind = processKind<ProcessTransformation>({
  kind: 'process',
  description:
    "A process function. Behind a 'hash' edge it has state and timers for each key. The function of a module is its class, or a function that makes it.",
  fields: processFields,
  makeFunction(given, { name }) {
    const fn = instanceOf(given!, ['processElement'], name) as AnyProcessFunction
    return runnable(fn, [(value, context) => fn.processElement(value, context)])
  },
})

/** One function for each subtask. `made`: its class, or a function that makes it. @throws GraphError */
export function instanceOf(made: LocalFunction, methods: readonly string[], operatorName: string): object {
  const prototype = (made as { readonly prototype?: Readonly<Record<string, unknown>> }).prototype
  const isClass = methods.every(method => typeof prototype?.[method] === 'function')
  const fn: unknown = isClass ? new (made as unknown as new () => object)() : (made as () => unknown)()
  if (methods.every(method => typeof (fn as Readonly<Record<string, unknown>> | null)?.[method] === 'function'))
    return fn as object
  throw new GraphError(
    `'${operatorName}' needs a process function: a class with ${methods.join(' and ')}, or a function that makes its instance.`,
  )
}

export const runnable = (
  fn: Partial<Pick<AnyProcessFunction, 'open' | 'onTimer' | 'close'>>,
  processElement: RunnableProcessFunction['processElement'],
): RunnableProcessFunction => ({
  processElement,
  open: context => fn.open?.(context),
  onTimer: (timestampMs, context) => fn.onTimer?.(timestampMs, context),
  close: () => fn.close?.(),
})
