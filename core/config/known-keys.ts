/** Which configuration keys mean something, and what an unknown one was probably meant to be. */
import { awsOptions, outermostKey } from './aws-options.ts'
import type { ConfigOption } from './config-option.ts'
import { executionOptions } from './execution-options.ts'
import { kinesisSourceOptions } from './kinesis-source-options.ts'
import { s3Options } from './s3-options.ts'
import { sinkOptions } from './sink-options.ts'

export interface OptionGroup {
  readonly name: string
  readonly options: readonly ConfigOption<unknown>[]
}

export const optionGroups: readonly OptionGroup[] = [
  { name: 'Job', options: Object.values(executionOptions) },
  { name: 'Kinesis source', options: Object.values(kinesisSourceOptions) },
  { name: 'Sinks', options: Object.values(sinkOptions) },
  { name: 'AWS access', options: Object.values(awsOptions) },
  { name: 'S3', options: Object.values(s3Options) },
]

/** Beginnings of keys of Flink that scripts set and that have nothing to say to an engine without a cluster, a JVM and jars. */
export const silentPrefixes: readonly string[] = [
  'pipeline.jars',
  'pipeline.classpaths',
  'pipeline.object-reuse',
  'python.',
  'state.backend',
  'state.savepoints.dir',
  'execution.checkpointing.',
  'execution.buffer-timeout',
  'execution.attached',
  'execution.target',
  'taskmanager.',
  'jobmanager.',
  'rest.',
  'table.',
  'metrics.',
  'env.',
  'parallelism.',
]

const known = new Set(optionGroups.flatMap(g => g.options.flatMap(o => [o.key, ...(o.aliases ?? [])])))

export interface UnknownKey {
  readonly key: string
  /** null: nothing is near enough. */
  readonly nearest: string | null
}

export function unknownKeys(keys: Iterable<string>): UnknownKey[] {
  const unknown: UnknownKey[] = []
  for (const key of keys) {
    if (known.has(key) || known.has(outermostKey(key))) continue
    const silent = silentPrefixes.some(prefix => key.startsWith(prefix))
    const nearest = nearestKey(key, silent ? TYPO : Math.max(TYPO, Math.ceil(key.length * 0.45)))
    if (nearest !== null || !silent) unknown.push({ key, nearest })
  }
  return unknown
}

/** Edits up to here are a slip of the finger, even in a key that looks like one of Flink's own. */
const TYPO = 3

function nearestKey(key: string, below: number): string | null {
  let best: string | null = null
  let bestDistance = below
  for (const candidate of known) {
    const d = distance(key.toLowerCase(), candidate.toLowerCase())
    if (d < bestDistance) [best, bestDistance] = [candidate, d]
  }
  return best
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
