/**
 * Credentials kept until shortly before they expire. One request to the provider at a time; new ones are fetched while the
 * old are still good, and if that fails the old are used to their end. Without an expiration they are kept until somebody
 * says that the service refused them.
 */
import type { Clock } from '../../foundation/clock.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

/** New ones are asked for so long before the old expire. */
const AHEAD_MS = 300_000
/** From here on the old are too close to their end to be signed with. */
const LAST_MS = 10_000
/** A provider that fails is left alone so long while the old are good. */
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

  /** Whether there were any yet. */
  get known(): boolean {
    return this.#current !== undefined
  }

  /** @throws what the provider throws, unless there are some that are still good */
  async get(): Promise<AwsCredentials> {
    const current = this.#current
    if (current === undefined) return this.#fetch()
    const leftMs = (current.expiration?.getTime() ?? Infinity) - this.#clock.now()
    if (leftMs > AHEAD_MS) return current
    if (leftMs <= LAST_MS) return this.#fetch()
    if (this.#clock.now() - this.#failedAtMs >= PAUSE_MS) void this.#fetch().catch(() => undefined)
    return current
  }

  /** The service says that `used` has expired. False: the provider has no others. */
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
