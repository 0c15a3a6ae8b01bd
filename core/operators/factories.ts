/** The factories of sources and sinks, by the type in their descriptions. */
import { GraphError } from '../foundation/errors.ts'

/** @throws GraphError if the engine has no such type */
export function factoryOf<C extends { readonly type: string }>(
  factories: readonly C[],
  { type }: { readonly type: string },
  name: string,
): C {
  const found = factories.find(c => c.type === type)
  if (found !== undefined) return found
  throw new GraphError(
    `'${name}' is of type '${type}'. This engine has the types ${factories.map(c => c.type).join(', ')}.`,
  )
}

/** The options in the description of a source or a sink, also those of its dead letters. */
export function configurationsIn(spec: object): readonly Readonly<Record<string, string>>[] {
  const { configuration, deadLetters } = spec as {
    readonly configuration?: Readonly<Record<string, string>>
    readonly deadLetters?: object | null
  }
  const own = configuration === undefined ? [] : [configuration]
  return deadLetters === undefined || deadLetters === null ? own : [...own, ...configurationsIn(deadLetters)]
}
