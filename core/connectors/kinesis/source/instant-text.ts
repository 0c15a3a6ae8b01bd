/** Instants as text: epoch seconds (a decimal number), or ISO-8601 with a zone. */
import { maskedUrl } from '../../../foundation/config/mask.ts'
import { ConfigurationError } from '../../../foundation/errors.ts'

/** Epoch milliseconds. `key` names the option in the error. @throws ConfigurationError */
export function parseInstantMs(text: string, key: string): number {
  const ms = epochSecondsToMs(text) ?? isoTimeToMs(text)
  if (ms === null)
    throw new ConfigurationError(
      `${key}: '${maskedUrl(text)}' is not a time. Give epoch seconds, or a time with a zone such as 2026-01-31T12:00:00.000Z.`,
    )
  return ms
}

/** `null` when the text is not a decimal number. */
export function epochSecondsToMs(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text.trim()) ? Math.round(Number(text) * 1000) : null
}

/** `null` when the text is not a time with a zone. */
export function isoTimeToMs(text: string): number | null {
  const trimmed = text.trim()
  const ms = /(Z|[+-]\d\d:?\d\d)$/.test(trimmed) ? Date.parse(trimmed) : NaN
  return Number.isNaN(ms) ? null : ms
}
