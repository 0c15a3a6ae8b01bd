/**
 * The two points in time of a source: where it starts, and where it stops by itself. "Latest" is an instant, fixed when the
 * job was first submitted, so that a restart before the first checkpoint misses nothing; it is told in the service's time,
 * because that is the clock that stamps records.
 */
import { awsOptions } from '../../../foundation/config/aws-options.ts'
import type { Configuration } from '../../../foundation/config/configuration.ts'
import { kinesisSourceOptions } from '../../../foundation/config/kinesis-source-options.ts'
import { maskedUrl } from '../../../foundation/config/mask.ts'
import { ConfigurationError } from '../../../foundation/errors.ts'
import type { StartingPosition } from '../../../aws/kinesis/stream-proxy.ts'
import { simpleDateFormat } from '../../../../schemas/flink/simple-date-format.ts'

export class SourceInstants {
  readonly #configuration: Configuration
  readonly #submittedAtMs: number
  #corrected = false
  #initialPosition: StartingPosition
  #stopAtMs: number | null

  /** @throws ConfigurationError if one of them cannot be read */
  constructor(configuration: Configuration, submittedAtMs: number) {
    this.#configuration = configuration
    this.#submittedAtMs = submittedAtMs
    this.#initialPosition = initialPosition(configuration, submittedAtMs)
    this.#stopAtMs = stopAtMs(configuration, submittedAtMs)
  }

  /**
   * `offsetMs`: the service's clock less this machine's, as far as its answers tell; `mostMs`: the most that it can be. The first
   * call counts, so that all attempts mean the same instants. Reading stops at the later of the two: a record that was put before
   * the job was submitted is never taken for one that came afterwards.
   */
  correct(offsetMs: number, mostMs = offsetMs): void {
    if (this.#corrected) return
    this.#corrected = true
    this.#initialPosition = initialPosition(this.#configuration, this.#submittedAtMs + offsetMs)
    this.#stopAtMs = stopAtMs(this.#configuration, this.#submittedAtMs + Math.ceil(mostMs))
  }

  get initialPosition(): StartingPosition {
    return this.#initialPosition
  }

  /** This machine's time of the instant at which reading stops, where that is "latest"; else `null`. */
  get stopAtLocalMs(): number | null {
    return this.#configuration.get(kinesisSourceOptions.stopAt) === 'latest' ? this.#submittedAtMs : null
  }

  /** The service's time, epoch milliseconds, or null if the source never stops by itself. */
  get stopAtMs(): number | null {
    return this.#stopAtMs
  }
}

/** Epoch milliseconds from epoch seconds (a decimal number), or ISO-8601 with a zone. */
export function parseInstantMs(text: string, key: string): number {
  const ms = epochSeconds(text) ?? isoTime(text)
  if (ms === null)
    throw new ConfigurationError(
      `${key}: '${maskedUrl(text)}' is not a time. Give epoch seconds, or a time with a zone such as 2026-01-31T12:00:00.000Z.`,
    )
  return ms
}

/** `latestMs`: what LATEST means, epoch milliseconds. */
export function initialPosition(configuration: Configuration, latestMs: number): StartingPosition {
  const position = configuration.get(kinesisSourceOptions.initialPosition)
  if (position === 'LATEST') return { type: 'AT_TIMESTAMP', timestampMs: latestMs }
  if (position === 'TRIM_HORIZON') return { type: 'TRIM_HORIZON' }
  const { initialTimestamp, initialTimestampFormat } = kinesisSourceOptions
  const text = configuration.find(initialTimestamp)
  if (text === null)
    throw new ConfigurationError('source.init.position is AT_TIMESTAMP, which needs source.init.timestamp.')
  const format = configuration.get(initialTimestampFormat)
  const parsed = simpleDateFormat(format, initialTimestampFormat.key)(text) ?? epochSeconds(text)
  // The default pattern is a way to write ISO-8601; others are taken too.
  const timestampMs = parsed ?? (format === initialTimestampFormat.default ? isoTime(text) : null)
  if (timestampMs === null)
    throw new ConfigurationError(
      `${initialTimestamp.key}: '${maskedUrl(text)}' is neither a time by the pattern ${maskedUrl(format)} (source.init.timestamp.format) nor epoch seconds.`,
    )
  return { type: 'AT_TIMESTAMP', timestampMs }
}

export function stopAtMs(configuration: Configuration, latestMs: number): number | null {
  const text = configuration.get(kinesisSourceOptions.stopAt)
  if (text === 'never') return null
  if (text === 'latest') return latestMs
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

function epochSeconds(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text.trim()) ? Math.round(Number(text) * 1000) : null
}

function isoTime(text: string): number | null {
  const trimmed = text.trim()
  const ms = /(Z|[+-]\d\d:?\d\d)$/.test(trimmed) ? Date.parse(trimmed) : NaN
  return Number.isNaN(ms) ? null : ms
}
