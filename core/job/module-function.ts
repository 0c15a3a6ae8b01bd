/** Functions that a graph names by where they are: exports of ECMAScript modules. */
import { GraphError } from '../errors.ts'
import type { LocalFunction } from '../operators/local-function-operator.ts'

/** @throws GraphError naming who wants the function, and what is not there */
export async function loadModuleFunction(spec: { url: string; export: string }, name: string): Promise<LocalFunction> {
  let module: Record<string, unknown>
  try {
    module = (await import(spec.url)) as Record<string, unknown>
  } catch (cause) {
    throw new GraphError(`'${name}': the module ${spec.url} cannot be loaded: ${(cause as Error).message}`, { cause })
  }
  const fn = module[spec.export]
  if (typeof fn !== 'function')
    throw new GraphError(`'${name}': the module ${spec.url} exports no function '${spec.export}'.`)
  return fn as LocalFunction
}
