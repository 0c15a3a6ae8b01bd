/** The timers of one time domain, earliest first. A key and a timestamp have one timer, even if it is registered repeatedly. */
export interface Timer {
  readonly timestampMs: number
  /** The canonical bytes of the key as a string. */
  readonly key: string
  readonly keyGroup: number
}

/** The heap is not compacted for fewer deleted entries than this. */
const SLACK = 100

export class TimerQueue {
  /** A binary heap. A deleted entry is skipped at the top. The heap is compacted when most of its entries are deleted. */
  #heap: { readonly timer: Timer; readonly order: number }[] = []
  readonly #registered = new Map<string, Timer>()
  #order = 0

  /** The number of entries, including deleted ones. */
  get kept(): number {
    return this.#heap.length
  }

  get size(): number {
    return this.#registered.size
  }

  register(timer: Timer): void {
    const id = idOf(timer)
    if (this.#registered.has(id)) return
    this.#registered.set(id, timer)
    this.#push({ timer, order: this.#order++ })
  }

  delete(timer: Timer): void {
    if (this.#registered.delete(idOf(timer)) && this.#heap.length > 2 * this.#registered.size + SLACK) this.#compact()
  }

  /** `null` when there is no timer. */
  get nextMs(): number | null {
    this.#dropDeleted()
    return this.#heap[0]?.timer.timestampMs ?? null
  }

  /** Removes and returns the earliest timer that is due at `timestampMs`. `null` when none is due. */
  poll(timestampMs: number): Timer | null {
    this.#dropDeleted()
    const first = this.#heap[0]
    if (first === undefined || first.timer.timestampMs > timestampMs) return null
    this.#pop()
    this.#registered.delete(idOf(first.timer))
    return first.timer
  }

  [Symbol.iterator](): Iterator<Timer> {
    return this.#registered.values()
  }

  #dropDeleted(): void {
    while (this.#heap.length > 0 && this.#isDeleted(this.#heap[0]!.timer)) this.#pop()
  }

  #isDeleted(timer: Timer): boolean {
    return this.#registered.get(idOf(timer)) !== timer
  }

  /** A sorted array is a heap. */
  #compact(): void {
    this.#heap = this.#heap.filter(e => !this.#isDeleted(e.timer)).sort((a, b) => (isBefore(a, b) ? -1 : 1))
  }

  #push(entry: { readonly timer: Timer; readonly order: number }): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

const idOf = ({ timestampMs, key }: Timer): string => `${timestampMs} ${key}`

function isBefore(
  a: { readonly timer: Timer; readonly order: number },
  b: { readonly timer: Timer; readonly order: number },
): boolean {
  return a.timer.timestampMs === b.timer.timestampMs ? a.order < b.order : a.timer.timestampMs < b.timer.timestampMs
}
