/**
 * Sources of a job that should not run ahead of each other in event time. Each member says how far it is, and is told now and
 * then how far its splits may go: as far as the slowest member, and the drift that it allows itself. Who is idle or has ended
 * holds nobody back; one that gave nothing yet holds all.
 */
import { MAX_WATERMARK } from './time-element.ts'

export interface AlignmentMember {
  /** Infinity: it does not count. */
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

/** Which splits are too far ahead, and which are no longer. `paused` is brought up to date. */
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
