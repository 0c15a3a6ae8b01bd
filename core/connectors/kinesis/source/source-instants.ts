/**
 * The two instants of a source: where it starts, and where it stops by itself. LATEST is the instant at which the job was first
 * submitted, so that a restart before the first checkpoint misses nothing. Instants are in the service's time, because the
 * service's clock stamps the records.
 */
import type { StartingPosition } from '../../../aws/kinesis/stream-proxy.ts'
import type { Configuration } from '../../../foundation/config/configuration.ts'
import { kinesisSourceOptions } from '../../../foundation/config/kinesis-source-options.ts'
import { initialPosition } from './initial-position.ts'
import { stopAtMs } from './stop-position.ts'

export class SourceInstants {
  readonly #configuration: Configuration
  readonly #submittedAtMs: number
  #corrected = false
  #initialPosition: StartingPosition
  #stopAtMs: number | null

  /** `submittedAtMs`: by this machine's clock. @throws ConfigurationError if an instant cannot be parsed */
  constructor(configuration: Configuration, submittedAtMs: number) {
    this.#configuration = configuration
    this.#submittedAtMs = submittedAtMs
    this.#initialPosition = initialPosition(configuration, submittedAtMs)
    this.#stopAtMs = stopAtMs(configuration, submittedAtMs)
  }

  /**
   * Converts LATEST to the service's time. Only the first call has an effect, so that all attempts of a job use the same instants.
   * Reading stops at the later of the two instants that `mostMs` and `offsetMs` give: a record that was put before the job was
   * submitted is never taken for a later one.
   *
   * @param offsetMs the service's clock minus this machine's clock, as far as the service's answers tell
   * @param mostMs the largest possible offset
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

  /** The stopping instant in this machine's time. `null` unless reading stops at `latest`. */
  get stopAtLocalMs(): number | null {
    return this.#configuration.get(kinesisSourceOptions.stopAt) === 'latest' ? this.#submittedAtMs : null
  }

  /** The stopping instant in the service's time, epoch milliseconds. `null` when the source never stops by itself. */
  get stopAtMs(): number | null {
    return this.#stopAtMs
  }
}
