/** Loads the functions that a graph refers to as exports of ECMAScript modules. */
import { GraphError } from '../../foundation/errors.ts'
import type { LocalFunction } from '../../operators/job-facilities.ts'

/** @param name the operator, for messages @throws GraphError if the module or the export does not exist */
export async function loadModuleFunction(spec: { url: string; export: string }, name: string): Promise<LocalFunction> {
  let module: Record<string, unknown>
  try {
    module = (await import(spec.url)) as Record<string, unknown>
  } catch (cause) {
    throw new GraphError(`'${name}': the module ${spec.url} cannot be loaded: ${(cause as Error).message}`, { cause })
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
