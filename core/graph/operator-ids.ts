/**
 * The id under which an operator's state is stored: its uid, or one generated from the shape of the graph above it. The
 * algorithm is fixed, because the state of older checkpoints depends on it: the first 32 hex digits of SHA-256 over the JSON
 * array [1, kind, what, ids of the inputs, number of earlier operators with the same description].
 */
import { createHash } from 'node:crypto'

import { GraphError } from '../foundation/errors.ts'
import type { JobGraph } from './job-graph.ts'
import type { Kinds } from './transformation-kind.ts'

export function operatorIds(graph: JobGraph, kinds: Kinds): ReadonlyMap<number, string> {
  const ids = new Map<number, string>()
  const seen = new Map<string, number>()
  const used = new Map<string, string>()
  for (const t of graph.transformations) {
    const description = [1, ...kinds.of(t).identity(t), t.inputs.map(edge => ids.get(edge.from) ?? '')]
    const key = JSON.stringify(description)
    const before = seen.get(key) ?? 0
    seen.set(key, before + 1)
    const id = t.uid === null ? sha256(JSON.stringify([...description, before])).slice(0, 32) : uidId(t.uid)
    const other = used.get(id)
    if (other !== undefined)
      throw new GraphError(
        `Operators '${other}' and '${t.name}' have the same uid '${t.uid ?? id}'. A uid names the state of one operator. Give each operator its own.`,
      )
    used.set(id, t.name)
    ids.set(t.id, id)
  }
  return ids
}

/** A uid as part of a file name: itself where that is safe. */
function uidId(uid: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(uid) ? uid : `uid-${sha256(uid).slice(0, 32)}`
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
