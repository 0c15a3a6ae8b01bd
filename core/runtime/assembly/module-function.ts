/** Functions that a graph names by where they are: exports of ECMAScript modules. */
import { GraphError, messageOf } from '../../foundation/errors.ts'
import type { LocalFunction } from '../../operators/functions/local-function-operator.ts'

/** @throws GraphError naming who wants the function, and what is not there */
export async function loadModuleFunction(spec: { url: string; export: string }, name: string): Promise<LocalFunction> {
  let module: Record<string, unknown>
  try {
    module = (await import(spec.url)) as Record<string, unknown>
  } catch (cause) {
    throw new GraphError(`'${name}': the module ${spec.url} cannot be loaded: ${messageOf(cause)}`, { cause })
  }
  const fn = module[spec.export]
  if (typeof fn !== 'function') throw new GraphError(`'${name}': ${noFunction(spec, module)}`)
  return fn as LocalFunction
}

function noFunction(spec: { url: string; export: string }, module: Record<string, unknown>): string {
  const what = `the module ${spec.url} exports no function '${spec.export}'`
  if (module[spec.export] !== undefined)
    return `${what}, but one of type ${typeof module[spec.export]}. For an object with methods, export its class, or a function that makes it.`
  const functions = Object.keys(module).filter(key => typeof module[key] === 'function')
  return functions.length === 0 ? `${what}.` : `${what}. It exports ${functions.join(', ')}.`
}
