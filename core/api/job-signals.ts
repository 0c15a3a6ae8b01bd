/**
 * Handles SIGINT and SIGTERM in a program that runs jobs. The jobs are drained, each takes a last checkpoint, and the process
 * exits with 130 or 143. A job that is not drained within `shardline.job.drain-timeout` is ended. A second signal ends the process
 * at once. Signals that the program handles itself are not handled here, and neither are signals while no job runs.
 */
import type { Job } from '../runtime/job/job.ts'

type EndSignal = 'SIGINT' | 'SIGTERM'

const ENDINGS: Readonly<
  Record<EndSignal, { readonly exitCode: number; readonly what: string; readonly again: string }>
> = {
  SIGINT: { exitCode: 130, what: 'interrupted', again: 'Ctrl-C again' },
  SIGTERM: { exitCode: 143, what: 'terminated', again: 'another SIGTERM' },
}
/** A terminal and a supervisor may both send the signal. Signals within this time count as one. */
const TOGETHER_MS = 500

/** The part of `process` that is used here. */
export interface SignalledProcess {
  on(signal: EndSignal, listener: () => void): unknown
  off(signal: EndSignal, listener: () => void): unknown
  listenerCount(signal: EndSignal): number
  exit(code: number): void
}

export class JobSignals {
  readonly #process: SignalledProcess
  readonly #warn: (message: string) => void
  readonly #now: () => number
  readonly #jobs = new Set<Job>()
  readonly #listeners = new Map<EndSignal, () => void>()
  #ending: { readonly signal: EndSignal; readonly atMs: number } | null = null

  constructor(process: SignalledProcess, warn: (message: string) => void, now: () => number) {
    this.#process = process
    this.#warn = warn
    this.#now = now
  }

  /** Handles signals for the job until it has ended. */
  follow(job: Job): void {
    if (this.#jobs.size === 0) this.#listen()
    this.#jobs.add(job)
    const forget = (): void => {
      this.#jobs.delete(job)
      if (this.#jobs.size === 0 && this.#ending === null) this.#stopListening()
    }
    job.result().then(forget, forget)
  }

  #listen(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      if (this.#process.listenerCount(signal) > 0) continue
      const listener = (): void => this.#received(signal)
      this.#listeners.set(signal, listener)
      this.#process.on(signal, listener)
    }
  }

  #stopListening(): void {
    for (const [signal, listener] of this.#listeners) this.#process.off(signal, listener)
    this.#listeners.clear()
  }

  #received(signal: EndSignal): void {
    const atMs = this.#now()
    const { exitCode, what, again } = ENDINGS[signal]
    if (this.#ending !== null) {
      if (atMs - this.#ending.atMs > TOGETHER_MS) this.#process.exit(exitCode)
      return
    }
    // The program has installed a handler in the meantime.
    if (this.#process.listenerCount(signal) > 1) return
    this.#ending = { signal, atMs }
    this.#warn(`${what}: stopping the sources and draining the job (${again} ends it at once)`)
    void this.#drain(exitCode)
  }

  async #drain(exitCode: number): Promise<void> {
    const jobs = [...this.#jobs]
    await Promise.allSettled(jobs.map(job => job.cancel('interrupt')))
    for (const job of jobs) {
      const { lastPath } = job.metrics().checkpoints
      if (lastPath !== null)
        this.#warn(
          `to go on from the last checkpoint of '${job.name}', start it with execution.state-recovery.path: ${lastPath}`,
        )
    }
    // Code that awaits the result of the job runs first.
    setImmediate(() => this.#process.exit(exitCode))
  }
}
