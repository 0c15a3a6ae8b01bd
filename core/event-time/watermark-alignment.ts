/**
 * Keeps the sources of a group together in event time. Each member reports its watermark, and learns at intervals how far its splits may
 * go: the watermark of the slowest member plus the allowed drift. A member that is idle or has ended does not hold others back. A
 * member without a watermark yet holds all others back.
 */
import { MAX_WATERMARK } from './time-element.ts'

export interface AlignmentMember {
  /** `Infinity` when the member does not count. */
  readonly alignedMs: number
}

export class AlignmentGroup {
  readonly #members = new Set<AlignmentMember>()

  join(member: AlignmentMember): void {
    this.#members.add(member)
  }

  leave(member: AlignmentMember): void {
    this.#members.delete(member)
  }

  /** The watermark of the slowest member. */
  get leastMs(): number {
    let least = MAX_WATERMARK
    for (const { alignedMs } of this.#members) least = Math.min(least, alignedMs)
    return least
  }
}

/** Which splits are to be paused, and which to be resumed. Updates `paused`. */
export function alignSplits(
  watermarks: ReadonlyMap<string, number>,
  maxMs: number,
  paused: Set<string>,
): { readonly pause: readonly string[]; readonly resume: readonly string[] } {
  const pause = [...watermarks].flatMap(([id, ms]) => (ms > maxMs && !paused.has(id) ? [id] : []))
  const resume = [...paused].filter(id => !((watermarks.get(id) ?? -Infinity) > maxMs))
  for (const id of pause) paused.add(id)
  for (const id of resume) paused.delete(id)
  return { pause, resume }
}
