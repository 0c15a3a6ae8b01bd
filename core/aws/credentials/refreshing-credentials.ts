/**
 * Keeps credentials until shortly before they expire. It makes one request to the provider at a time. New credentials are fetched while
 * the old ones are still valid; if that fails, the old ones are used until they expire. Credentials without an expiration are kept
 * until the service refuses them.
 */
import type { Clock } from '../../foundation/clock.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

/** How long before the expiration new credentials are fetched. */
const AHEAD_MS = 300_000
/** How long before the expiration credentials are not used any more. */
const LAST_MS = 10_000
/** The pause after a failure of the provider, while the old credentials are valid. */
const PAUSE_MS = 30_000

export class RefreshingCredentials {
  readonly #provide: () => Promise<AwsCredentials>
  readonly #clock: Clock
  #current: AwsCredentials | undefined
  #fetching: Promise<AwsCredentials> | undefined
  #failedAtMs = -Infinity

  constructor(provide: () => Promise<AwsCredentials>, clock: Clock) {
    this.#provide = provide
    this.#clock = clock
  }

  /** Whether the provider has given credentials. */
  get known(): boolean {
    return this.#current !== undefined
  }

  /** @throws the error of the provider, unless older credentials are still valid */
  async get(): Promise<AwsCredentials> {
    const current = this.#current
    if (current === undefined) return this.#fetch()
    const leftMs = (current.expiration?.getTime() ?? Infinity) - this.#clock.now()
    if (leftMs > AHEAD_MS) return current
    if (leftMs <= LAST_MS) return this.#fetch()
    if (this.#clock.now() - this.#failedAtMs >= PAUSE_MS) void this.#fetch().catch(() => undefined)
    return current
  }

  /** Replaces `used`, which the service has refused as expired. Resolves to false when the provider has no others. */
  async renew(used: Pick<AwsCredentials, 'accessKeyId' | 'sessionToken'>): Promise<boolean> {
    const current = this.#current
    const renewed = current === undefined || isSame(current, used) ? await this.#fetch() : current
    return !isSame(renewed, used)
  }

  #fetch(): Promise<AwsCredentials> {
    this.#fetching ??= this.#provide()
      .then(credentials => (this.#current = credentials))
      .catch((error: unknown) => {
        this.#failedAtMs = this.#clock.now()
        throw error
      })
      .finally(() => (this.#fetching = undefined))
    return this.#fetching
  }
}

function isSame(a: Pick<AwsCredentials, 'accessKeyId' | 'sessionToken'>, b: typeof a): boolean {
  return a.accessKeyId === b.accessKeyId && a.sessionToken === b.sessionToken
}
