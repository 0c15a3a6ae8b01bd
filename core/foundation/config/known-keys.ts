/** Which configuration keys mean something, and what an unknown one was probably meant to be. */
import { awsOptions, outermostKey } from './aws-options.ts'
import type { ConfigOption } from './config-option.ts'
import { executionOptions } from './execution-options.ts'
import { kinesisSourceOptions } from './kinesis-source-options.ts'
import { nearEnough, nearestKey, TYPO } from './nearest-key.ts'
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
  /** `null` when no key is near enough. */
  readonly nearest: string | null
}

export function unknownKeys(keys: Iterable<string>): UnknownKey[] {
  const unknown: UnknownKey[] = []
  for (const key of keys) {
    if (known.has(key) || known.has(outermostKey(key))) continue
    const silent = silentPrefixes.some(prefix => key.startsWith(prefix))
    const nearest = nearestKey(key, known, silent ? TYPO : nearEnough(key))
    if (nearest !== null || !silent) unknown.push({ key, nearest })
  }
  return unknown
}
