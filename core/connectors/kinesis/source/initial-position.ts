/** Where a source without a checkpoint begins to read a shard (`source.init.position`). */
import { simpleDateFormat } from '../../../../schemas/flink/simple-date-format.ts'
import type { StartingPosition } from '../../../aws/kinesis/stream-proxy.ts'
import type { Configuration } from '../../../foundation/config/configuration.ts'
import { kinesisSourceOptions } from '../../../foundation/config/kinesis-source-options.ts'
import { maskedUrl } from '../../../foundation/config/mask.ts'
import { ConfigurationError } from '../../../foundation/errors.ts'
import { epochSecondsToMs, isoTimeToMs } from './instant-text.ts'

/** `latestMs`: the instant that LATEST means, epoch milliseconds. @throws ConfigurationError */
export function initialPosition(configuration: Configuration, latestMs: number): StartingPosition {
  switch (configuration.get(kinesisSourceOptions.initialPosition)) {
    case 'LATEST':
      return { type: 'AT_TIMESTAMP', timestampMs: latestMs }
    case 'TRIM_HORIZON':
      return { type: 'TRIM_HORIZON' }
    case 'AT_TIMESTAMP':
      return { type: 'AT_TIMESTAMP', timestampMs: initialTimestampMs(configuration) }
  }
}

function initialTimestampMs(configuration: Configuration): number {
  const { initialTimestamp, initialTimestampFormat } = kinesisSourceOptions
  const text = configuration.find(initialTimestamp)
  if (text === null)
    throw new ConfigurationError('source.init.position is AT_TIMESTAMP, which needs source.init.timestamp.')
  const format = configuration.get(initialTimestampFormat)
  const parsed = simpleDateFormat(format, initialTimestampFormat.key)(text) ?? epochSecondsToMs(text)
  // The default pattern is one form of ISO-8601. With it, the other forms are accepted too.
  const timestampMs = parsed ?? (format === initialTimestampFormat.default ? isoTimeToMs(text) : null)
  if (timestampMs === null)
    throw new ConfigurationError(
      `${initialTimestamp.key}: '${maskedUrl(text)}' is neither a time by the pattern ${maskedUrl(format)} (source.init.timestamp.format) nor epoch seconds.`,
    )
  return timestampMs
}
