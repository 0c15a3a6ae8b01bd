/** Where the function of an operator is, as data. */
import { base64, described, named, oneOf, text, variants } from '../foundation/shape/shape.ts'
import type { Infer } from '../foundation/shape/shape.ts'

export const functionSpec = named(
  'function',
  variants(
    'type',
    {
      python: {
        pickle: described('A callable, pickled by cloudpickle.', base64),
        mode: described(
          "Where it runs: 'thread' in the driver, 'process' in a process of its own; 'driver' is always in the driver.",
          oneOf('thread', 'process', 'driver'),
        ),
      },
      module: { url: text, export: text },
      local: { localId: text },
    },
    {
      module: 'An export of an ECMAScript module.',
      local: 'A function of the process that runs the engine. It is refused over a bridge.',
    },
  ),
)
export type FunctionSpec = Infer<typeof functionSpec>

/** A function that the engine calls itself. */
export type InProcessFunctionSpec = Exclude<FunctionSpec, { readonly type: 'python' }>

/** A function of another language. It is called in bundles, in the process of its program or in one of its own. */
export type RemoteFunctionSpec = Extract<FunctionSpec, { readonly type: 'python' }>

/** The one place that knows which functions run outside of the engine. */
export const isRemote = (spec: FunctionSpec): spec is RemoteFunctionSpec => spec.type === 'python'

export const localFunction = { localId: text }
export const moduleFunction = { url: text, export: text }
export const pythonCallable = { pickle: base64 }
