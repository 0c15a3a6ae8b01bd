/** Points in time as options give them: epoch seconds (a decimal number), or ISO-8601 with a zone. */
import { awsOptions } from '../config/aws-options.ts'
import type { Configuration } from '../config/configuration.ts'
import { kinesisSourceOptions } from '../config/kinesis-source-options.ts'
import { ConfigurationError } from '../errors.ts'
import type { StartingPosition } from '../kinesis/stream-proxy.ts'

/** Epoch milliseconds. */
export function parseInstantMs(text: string, key: string): number {
  const trimmed = text.trim()
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 1000)
  const ms = /(Z|[+-]\d\d:?\d\d)$/.test(trimmed) ? Date.parse(trimmed) : NaN
  if (Number.isNaN(ms))
    throw new ConfigurationError(
      `${key}: '${text}' is not a time. Give epoch seconds, or a time with a zone such as 2026-01-31T12:00:00.000Z.`,
    )
  return ms
}

/** LATEST is made a timestamp, so that a restart before the first checkpoint misses nothing. */
export function initialPosition(configuration: Configuration, nowMs: number): StartingPosition {
  const position = configuration.get(kinesisSourceOptions.initialPosition)
  if (position === 'LATEST') return { type: 'AT_TIMESTAMP', timestampMs: nowMs }
  if (position === 'TRIM_HORIZON') return { type: 'TRIM_HORIZON' }
  const text = configuration.find(kinesisSourceOptions.initialTimestamp)
  if (text === null)
    throw new ConfigurationError('source.init.position is AT_TIMESTAMP, which needs source.init.timestamp.')
  const { initialTimestampFormat } = kinesisSourceOptions
  if (configuration.get(initialTimestampFormat) !== initialTimestampFormat.default && !/^\d/.test(text))
    throw new ConfigurationError(
      `source.init.timestamp.format other than ${initialTimestampFormat.default ?? ''} is not there yet; give epoch seconds.`,
    )
  return { type: 'AT_TIMESTAMP', timestampMs: parseInstantMs(text, kinesisSourceOptions.initialTimestamp.key) }
}

/** null: the source never stops by itself. */
export function stopAtMs(configuration: Configuration, nowMs: number): number | null {
  const text = configuration.get(kinesisSourceOptions.stopAt)
  if (text === 'never') return null
  if (text === 'latest') return nowMs
  return parseInstantMs(text, kinesisSourceOptions.stopAt.key)
}

export function retryOptions(configuration: Configuration): {
  retryMinDelayMs: number
  retryMaxDelayMs: number
  retryMaxAttempts: number
} {
  return {
    retryMinDelayMs: configuration.get(awsOptions.retryMinDelayMs),
    retryMaxDelayMs: configuration.get(awsOptions.retryMaxDelayMs),
    retryMaxAttempts: configuration.get(awsOptions.retryMaxAttempts),
  }
}
