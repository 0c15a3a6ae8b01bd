/** A lease in memory, as several processes see it, and the processes themselves. */
import type { FoundLease, HeldLease, LeaseHolder, LeaseStore } from '../../../core/checkpoint/lease-store.ts'
import type { ProcessIdentity, ProcessTable } from '../../../core/checkpoint/process-table.ts'

export class MemoryLeaseStore implements LeaseStore {
  #current: { readonly holder: LeaseHolder | null; readonly number: number; beats: number } | null = null
  #taken = 0
  /** While set, every call fails with it. */
  error: Error | null = null

  get holder(): LeaseHolder | null {
    return this.#current?.holder ?? null
  }

  /** As if somebody had removed the folder, or written something else into it. */
  overwrite(holder: LeaseHolder | 'unreadable' | null): void {
    this.#current =
      holder === null ? null : { holder: holder === 'unreadable' ? null : holder, number: ++this.#taken, beats: 0 }
  }

  async read(): Promise<FoundLease | null> {
    this.#throwError()
    const current = this.#current
    if (current === null) return null
    const { number, beats, holder } = current
    return { token: String(number), beat: `${number}:${beats}`, holder, released: false }
  }

  async take(holder: LeaseHolder, found: FoundLease | null): Promise<HeldLease | null> {
    this.#throwError()
    if ((this.#current === null ? null : String(this.#current.number)) !== (found?.token ?? null)) return null
    const mine = (this.#current = { holder, number: ++this.#taken, beats: 0 })
    const holds = async (): Promise<boolean> => {
      this.#throwError()
      return this.#current === mine
    }
    return {
      holds,
      renew: async () => {
        if (!(await holds())) return false
        mine.beats++
        return true
      },
      release: async () => {
        if (await holds()) this.#current = null
      },
    }
  }

  #throwError(): void {
    if (this.error !== null) throw this.error
  }
}

/** Processes of one host, or of several, as one of them sees them. */
export function processTable(self: Partial<ProcessIdentity>, ended: ReadonlySet<number> = new Set()): ProcessTable {
  const identity = { host: 'here', machine: 'boot', pid: 100, processStarted: 'then', ...self }
  return {
    self: identity,
    lives: ({ host, pid }) => (host === identity.host ? !ended.has(pid) : null),
  }
}
