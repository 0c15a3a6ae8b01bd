/** What a graph's configuration deserves to be warned about: keys and values that mean nothing here. */
import { Configuration } from '../../foundation/config/configuration.ts'
import { executionOptions } from '../../foundation/config/execution-options.ts'
import { unknownKeys } from '../../foundation/config/known-keys.ts'
import type { JobGraph, Transformation } from '../../graph/job-graph.ts'

export function keyWarnings(graph: JobGraph): string[] {
  const mode = new Configuration(graph.configuration).get(executionOptions.runtimeMode)
  const warnings =
    mode === 'STREAMING' ? [] : [`execution.runtime-mode ${mode} is not there yet: the job runs as STREAMING.`]
  const keys = [graph.configuration, ...graph.transformations.map(configurationOf)].flatMap(c => Object.keys(c))
  const unknown = unknownKeys(new Set(keys)).map(
    ({ key, nearest }) =>
      `Configuration key '${key}' is not known and changes nothing.${nearest === null ? '' : ` Did you mean '${nearest}'?`}`,
  )
  return [...warnings, ...unknown]
}

function configurationOf(t: Transformation): Readonly<Record<string, string>> {
  if (t.kind === 'source' && t.source.type === 'kinesis-streams') return t.source.configuration
  if (t.kind === 'sink' && t.sink.type === 'kinesis-streams') return t.sink.configuration
  return {}
}
