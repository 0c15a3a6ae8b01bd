/** Warns of configuration keys and values of a graph that have no effect. */
import { Configuration } from '../../foundation/config/configuration.ts'
import { executionOptions } from '../../foundation/config/execution-options.ts'
import { unknownKeys } from '../../foundation/config/known-keys.ts'
import type { JobGraph } from '../../graph/job-graph.ts'
import type { Kinds } from '../../graph/transformation-kind.ts'

export function keyWarnings(graph: JobGraph, kinds: Kinds): string[] {
  const mode = new Configuration(graph.configuration).get(executionOptions.runtimeMode)
  const warnings =
    mode === 'STREAMING' ? [] : [`execution.runtime-mode ${mode} is not supported yet. The job runs as STREAMING.`]
  const own = graph.transformations.flatMap(t => kinds.of(t).configurations?.(t) ?? [])
  const keys = [graph.configuration, ...own].flatMap(c => Object.keys(c))
  const unknown = unknownKeys(new Set(keys)).map(
    ({ key, nearest }) =>
      `Configuration key '${key}' is not known and changes nothing.${nearest === null ? '' : ` Did you mean '${nearest}'?`}`,
  )
  return [...warnings, ...unknown]
}
