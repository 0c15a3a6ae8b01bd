/**
 * Holds new records back until all subtasks of a sink have sent the records that they restored: the restored records of a key may be
 * with another subtask than the one that gets its new records.
 */
export class RestoreGate {
  /** By subtask of the current attempt: resolves when its restored records are sent. `null` when they are. */
  readonly #held = new Map<number, Promise<void> | null>()

  get isOpen(): boolean {
    for (const held of this.#held.values()) if (held !== null) return false
    return true
  }

  /** Replaces what an earlier attempt of the subtask held. */
  hold(subtask: number, sent: Promise<void> | null): void {
    this.#held.set(subtask, sent)
    const release = (): void => {
      if (this.#held.get(subtask) === sent) this.#held.set(subtask, null)
    }
    sent?.then(release, release) // the writer reports a failure to the job
  }

  async opened(): Promise<void> {
    while (!this.isOpen) await Promise.allSettled([...this.#held.values()].filter(held => held !== null))
  }
}
