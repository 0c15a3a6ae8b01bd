/** Stores the lease of the checkpoints of a job. A lease is replaced only if it is still the one that was read before. */

/** The holder of a lease: what another run needs to find out whether the holder is alive, and what messages show. */
export interface LeaseHolder {
  /** Of this run of the job: two runs never have the same. */
  readonly runId: string
  readonly jobName: string
  readonly host: string
  /** Tells apart what host names do not: boots of a machine, and containers with process ids of their own. */
  readonly machine: string
  readonly pid: number
  /** When the process started, as text that differs between processes, or null if it is not known. */
  readonly processStarted: string | null
  /** Since when it has the lease, epoch milliseconds by its own clock; for messages only. */
  readonly sinceMs: number
  /** The checkpoint that the run was started from, which `prune` keeps, or null. */
  readonly restoredFrom: string | null
}

export interface FoundLease {
  /** Changes with the holder, not with heartbeats. */
  readonly token: string
  /** Changes with every heartbeat. */
  readonly beat: string
  /** `null` when the stored lease cannot be read. */
  readonly holder: LeaseHolder | null
  /** The holder gave it back. */
  readonly released: boolean
}

export interface LeaseStore {
  /** The lease that is there, or null. */
  read(): Promise<FoundLease | null>
  /** Takes the lease, if what lies there is still `found`. Null if another run was faster. */
  take(holder: LeaseHolder, found: FoundLease | null): Promise<HeldLease | null>
}

/** A lease that this process took. */
export interface HeldLease {
  /** A heartbeat. False: the lease is no longer this one. @throws Error where that cannot be found out */
  renew(): Promise<boolean>
  /** Whether it is still this one, before something is written under it. @throws Error where that cannot be found out */
  holds(): Promise<boolean>
  /** Gives it back, if it is still this one. */
  release(): Promise<void>
}

export const LEASE_FORMAT = 'shardline-lease'
export const LEASE_VERSION = 1

export function encodeLease(holder: LeaseHolder, more: Readonly<Record<string, unknown>> = {}): string {
  return `${JSON.stringify({ format: LEASE_FORMAT, version: LEASE_VERSION, ...holder, ...more }, null, 1)}\n`
}

/** The holder, or null if the text is not a lease that this version reads. */
export function decodeLease(text: string): (LeaseHolder & { readonly released?: boolean }) | null {
  try {
    const { format, version, ...holder } = JSON.parse(text) as LeaseHolder & { format: string; version: number }
    const readable =
      [holder.runId, holder.host, holder.jobName].every(text => typeof text === 'string') &&
      Number.isInteger(holder.pid)
    return format === LEASE_FORMAT && version === LEASE_VERSION && readable ? holder : null
  } catch {
    return null
  }
}
