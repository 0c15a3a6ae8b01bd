// The states of a stream, a queue or a channel: CREATING, ACTIVE, UPDATING while a change is in progress, DELETING and
// DELETED. CREATING, UPDATING and DELETING end at a given time by the emulator's clock. States change with time only in
// `settle`, which the account calls before every use.

export type Status = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'DELETED'

type State =
  | { readonly status: 'CREATING' | 'DELETING'; readonly untilMs: number }
  | { readonly status: 'UPDATING'; readonly untilMs: number; readonly apply: (nowMs: number) => void }
  | { readonly status: 'ACTIVE' | 'DELETED' }

export class Lifecycle {
  #state: State

  /** @param createDelayMs Milliseconds for which the state is CREATING. With 0 the state is ACTIVE at once. */
  constructor(createdMs: number, createDelayMs: number) {
    this.#state = createDelayMs > 0 ? { status: 'CREATING', untilMs: createdMs + createDelayMs } : { status: 'ACTIVE' }
  }

  get status(): Status {
    return this.#state.status
  }

  /** When the state changes with time, in milliseconds since the epoch. Undefined when it does not. */
  get changesMs(): number | undefined {
    return 'untilMs' in this.#state ? this.#state.untilMs : undefined
  }

  /** Applies what is due at `nowMs`. */
  settle(nowMs: number): void {
    const state = this.#state
    if (!('untilMs' in state) || state.untilMs > nowMs) return
    this.#state = { status: state.status === 'DELETING' ? 'DELETED' : 'ACTIVE' }
    if (state.status === 'UPDATING') state.apply(state.untilMs)
  }

  /** Applies a change after `delayMs` milliseconds and is UPDATING until then. With 0 it applies the change at once. */
  update(nowMs: number, delayMs: number, apply: (nowMs: number) => void): void {
    if (delayMs > 0) this.#state = { status: 'UPDATING', untilMs: nowMs + delayMs, apply }
    else apply(nowMs)
  }

  delete(nowMs: number, delayMs: number): void {
    this.#state = delayMs > 0 ? { status: 'DELETING', untilMs: nowMs + delayMs } : { status: 'DELETED' }
  }
}
