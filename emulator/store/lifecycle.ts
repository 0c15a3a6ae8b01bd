// The states of a stream, a queue or a channel: CREATING, then ACTIVE, UPDATING while a change is under way, DELETING, and
// DELETED. Each lasts for a given time by the emulator's clock. Time passes only in `settle`, which the account calls
// before every use.

export type Status = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'DELETED'

type State =
  | { readonly status: 'CREATING' | 'DELETING'; readonly untilMs: number }
  | { readonly status: 'UPDATING'; readonly untilMs: number; readonly apply: (nowMs: number) => void }
  | { readonly status: 'ACTIVE' | 'DELETED' }

export class Lifecycle {
  #state: State

  /** @param createDelayMs how long the state is CREATING; with 0 it is ACTIVE at once */
  constructor(createdMs: number, createDelayMs: number) {
    this.#state = createDelayMs > 0 ? { status: 'CREATING', untilMs: createdMs + createDelayMs } : { status: 'ACTIVE' }
  }

  get status(): Status {
    return this.#state.status
  }

  /** When the state changes by itself, in milliseconds since the epoch; undefined when it does not. */
  get changesMs(): number | undefined {
    return 'untilMs' in this.#state ? this.#state.untilMs : undefined
  }

  /** Lets time pass up to `nowMs`. */
  settle(nowMs: number): void {
    const state = this.#state
    if (!('untilMs' in state) || state.untilMs > nowMs) return
    this.#state = { status: state.status === 'DELETING' ? 'DELETED' : 'ACTIVE' }
    if (state.status === 'UPDATING') state.apply(state.untilMs)
  }

  /** Makes a change `delayMs` from now, and is UPDATING until then; with no delay makes it at once. */
  update(nowMs: number, delayMs: number, apply: (nowMs: number) => void): void {
    if (delayMs > 0) this.#state = { status: 'UPDATING', untilMs: nowMs + delayMs, apply }
    else apply(nowMs)
  }

  delete(nowMs: number, delayMs: number): void {
    this.#state = delayMs > 0 ? { status: 'DELETING', untilMs: nowMs + delayMs } : { status: 'DELETED' }
  }
}
