/** Where a source ends by itself (`shardline.source.stop-at`): it reads the records that arrived up to an instant. */
import type { Configuration } from '../../../foundation/config/configuration.ts'
import { kinesisSourceOptions } from '../../../foundation/config/kinesis-source-options.ts'
import { parseInstantMs } from './instant-text.ts'

/**
 * Epoch milliseconds. `null` when the source never stops by itself.
 *
 * @param latestMs the instant that `latest` means
 * @throws ConfigurationError
 */
export function stopAtMs(configuration: Configuration, latestMs: number): number | null {
  const text = configuration.get(kinesisSourceOptions.stopAt)
  if (text === 'never') return null
  if (text === 'latest') return latestMs
  return parseInstantMs(text, kinesisSourceOptions.stopAt.key)
}
