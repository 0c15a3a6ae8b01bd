// The rates of control-plane operations, as the service documents them: a number of calls a second, for the account or for
// each stream.
import { limitExceeded } from '../errors.ts'
import type { Operation } from '../operations/operation.ts'
import type { Account } from '../store/account.ts'
import { Quota } from '../store/quota.ts'

export class Rates {
  readonly #account: Account
  /** Quotas by owner, which is the account or one of its streams, and by operation. */
  readonly #quotas = new WeakMap<object, Map<string, Quota>>()

  constructor(account: Account) {
    this.#account = account
  }

  /** Takes one call from the rate. Throws LimitExceededException when the rate is exceeded. */
  admit(name: string, { rate }: Operation, streamName: string | undefined): void {
    if (rate === undefined || (rate.per === 'stream' && streamName === undefined)) return
    const owner = rate.per === 'stream' ? this.#account.stream(streamName!) : this.#account
    const quota = this.#quotaOf(owner, name, rate.perSecond)
    if (!quota.fits(1, this.#account.clock.now())) {
      throw limitExceeded(
        `Rate exceeded for ${rate.per === 'stream' ? `stream ${streamName!} under account` : 'account'} ` +
          `${this.#account.settings.accountId}: ${name} has a limit of ${rate.perSecond} transactions per second.`,
      )
    }
    quota.take(1)
  }

  #quotaOf(owner: object, name: string, perSecond: number): Quota {
    let quotas = this.#quotas.get(owner)
    if (quotas === undefined) {
      quotas = new Map<string, Quota>()
      this.#quotas.set(owner, quotas)
    }
    let quota = quotas.get(name)
    if (quota === undefined) {
      quota = new Quota(perSecond)
      quotas.set(name, quota)
    }
    return quota
  }
}
