/**
 * Holds back what is written until all subtasks of a sink have sent what they restored: a key's older records may lie with
 * another subtask than that which gets its younger ones now.
 */
export class RestoreGate {
  /** By subtask, of the current attempt: what it still sends; null: nothing. */
  readonly #held = new Map<number, Promise<void> | null>()

  get isOpen(): boolean {
    for (const held of this.#held.values()) if (held !== null) return false
    return true
  }

  /** What an earlier attempt of the subtask held is forgotten. */
  hold(subtask: number, sent: Promise<void> | null): void {
    this.#held.set(subtask, sent)
    const release = (): void => {
      if (this.#held.get(subtask) === sent) this.#held.set(subtask, null)
    }
    sent?.then(release, release) // a failure is told to the job by the writer
  }

  async opened(): Promise<void> {
    while (!this.isOpen) await Promise.allSettled([...this.#held.values()].filter(held => held !== null))
  }
}
