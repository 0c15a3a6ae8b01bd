// The queues, or the channels, of an account, by name. Every look-up settles an entry first and removes an entry that is
// DELETED.
import type { Clock } from '../clock.ts'
import type { Lifecycle } from './lifecycle.ts'

export class Registry<Entry extends { readonly name: string; readonly lifecycle: Lifecycle }> {
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(entry: Entry): void {
    this.#entries.set(entry.name, entry)
  }

  find(name: string): Entry | undefined {
    const entry = this.#entries.get(name)
    entry?.lifecycle.settle(this.#clock.now())
    if (entry?.lifecycle.status !== 'DELETED') return entry
    this.#entries.delete(name)
    return undefined
  }

  /** Returns every entry, ordered by name. */
  all(): Entry[] {
    const names = [...this.#entries.keys()].sort()
    return names.map(name => this.find(name)).filter(entry => entry !== undefined)
  }
}
