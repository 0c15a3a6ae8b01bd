/** The options by which the checkpoint commands find checkpoints. */
import { checkpointKey } from '../../core/checkpoint/checkpoint-seal.ts'
import type { CheckpointKey } from '../../core/checkpoint/checkpoint-seal.ts'
import type { CheckpointStorage } from '../../core/checkpoint/checkpoint.ts'
import { openCheckpointStorage } from '../../core/checkpoint/checkpoint-storage.ts'
import { Configuration } from '../../core/foundation/config/configuration.ts'
import { DEFAULT_CHECKPOINT_DIRECTORY } from '../../core/runtime/job/job-options.ts'
import { configurationPair } from './configuration-pair.ts'
import { HELP_OPTION, JSON_OPTION } from './verb-arguments.ts'

export const PLACE_OPTIONS = {
  ...HELP_OPTION,
  ...JSON_OPTION,
  job: { type: 'string' },
  dir: { type: 'string' },
  conf: { type: 'string', multiple: true },
} as const

export interface PlaceValues {
  readonly job?: string | undefined
  readonly dir?: string | undefined
  readonly conf?: readonly string[] | undefined
}

/** @throws UsageError */
export function configurationOf({ conf = [] }: PlaceValues): Configuration {
  return new Configuration(Object.fromEntries(conf.map(configurationPair)))
}

/** @param key verifies and creates signatures; with `null`, signatures are neither required nor created */
export function storageOf(
  values: PlaceValues,
  key: CheckpointKey | null = checkpointKey(configurationOf(values)),
): CheckpointStorage {
  const { job = '', dir = DEFAULT_CHECKPOINT_DIRECTORY } = values
  return openCheckpointStorage(dir, job, configurationOf(values), key)
}
