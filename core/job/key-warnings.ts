/** What a graph's configuration keys deserve to be warned about: those that mean nothing here. */
import { unknownKeys } from '../config/known-keys.ts'
import type { JobGraph, Transformation } from '../job-graph/job-graph.ts'

export function keyWarnings(graph: JobGraph): string[] {
  const keys = [graph.configuration, ...graph.transformations.map(configurationOf)].flatMap(c => Object.keys(c))
  return unknownKeys(new Set(keys)).map(
    ({ key, nearest }) =>
      `Configuration key '${key}' is not known and changes nothing.${nearest === null ? '' : ` Did you mean '${nearest}'?`}`,
  )
}

function configurationOf(t: Transformation): Readonly<Record<string, string>> {
  if (t.kind === 'source' && t.source.type === 'kinesis-streams') return t.source.configuration
  if (t.kind === 'sink' && t.sink.type === 'kinesis-streams') return t.sink.configuration
  return {}
}
