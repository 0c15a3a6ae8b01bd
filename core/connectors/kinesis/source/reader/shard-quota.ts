/**
 * The quotas of one shard, of which this job uses a share. GetRecords: 5 calls and 2 MiB a second for all consumers that poll the
 * shard. Calls are spaced evenly, so that other consumers get their share. If the endpoint is not AWS, the quotas apply after the
 * first throttle.
 */
import type { Clock } from '../../../../foundation/clock.ts'

const CALL_INTERVAL_MS = 200
const BYTES_PER_MS = (2 * 1024 * 1024) / 1000
/** Up to the bytes of one second may be read at once. */
const BURST_MS = 1000

export class ShardQuota {
  readonly #clock: Clock
  readonly #share: number
  #active: boolean
  #calledAt = -Infinity
  /** Bytes that may be read now. Negative after a large answer. */
  #bytes: number
  #bytesAt: number
  #averageBytes = 0

  /** `share`: above 0 and at most 1. */
  constructor(clock: Clock, share: number, active: boolean) {
    this.#clock = clock
    this.#share = share
    this.#active = active
    this.#bytes = this.#burst
    this.#bytesAt = clock.monotonic()
  }

  /** Milliseconds until the next call may be made. */
  waitMs(): number {
    if (!this.#active) return 0
    this.#refill()
    const forCall = CALL_INTERVAL_MS / this.#share - (this.#clock.monotonic() - this.#calledAt)
    const forBytes = this.#bytes >= 0 ? 0 : -this.#bytes / (BYTES_PER_MS * this.#share)
    return Math.max(0, forCall, forBytes)
  }

  /** How many records to request, so that the answer does not exceed the bytes that may be read now. */
  limit(maxRecordCount: number): number {
    if (!this.#active || this.#averageBytes === 0) return maxRecordCount
    this.#refill()
    return Math.min(maxRecordCount, Math.max(1, Math.ceil(this.#bytes / this.#averageBytes)))
  }

  called(): void {
    this.#calledAt = this.#clock.monotonic()
  }

  received(records: number, bytes: number): void {
    if (records === 0) return
    const average = bytes / records
    this.#averageBytes = this.#averageBytes === 0 ? average : this.#averageBytes * 0.8 + average * 0.2
    this.#refill()
    this.#bytes -= bytes
  }

  throttled(): void {
    if (this.#active) return
    this.#active = true
    this.#bytes = 0
    this.#bytesAt = this.#clock.monotonic()
  }

  get #burst(): number {
    return BURST_MS * BYTES_PER_MS * this.#share
  }

  #refill(): void {
    const now = this.#clock.monotonic()
    this.#bytes = Math.min(this.#burst, this.#bytes + (now - this.#bytesAt) * BYTES_PER_MS * this.#share)
    this.#bytesAt = now
  }
}
