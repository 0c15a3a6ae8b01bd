/**
 * The id under which an operator's state is stored: its uid, or one generated from the shape of the graph above it. The
 * algorithm is fixed (state of older checkpoints depends on it): the first 32 hex digits of SHA-256 over the JSON array
 * [1, kind, what, ids of the inputs, how many operators of the same description came before].
 */
import { createHash } from 'node:crypto'

import { GraphError } from '../foundation/errors.ts'
import type { JobGraph, Transformation } from './job-graph.ts'

export function operatorIds(graph: JobGraph): ReadonlyMap<number, string> {
  const ids = new Map<number, string>()
  const seen = new Map<string, number>()
  const used = new Map<string, string>()
  for (const t of graph.transformations) {
    const inputs = t.kind === 'source' ? [] : t.inputs.map(edge => ids.get(edge.from) ?? '')
    const shape = JSON.stringify([1, t.kind, whatOf(t), inputs])
    const before = seen.get(shape) ?? 0
    seen.set(shape, before + 1)
    const id =
      t.uid === null ? sha256(JSON.stringify([1, t.kind, whatOf(t), inputs, before])).slice(0, 32) : uidId(t.uid)
    const other = used.get(id)
    if (other !== undefined)
      throw new GraphError(
        `Operators '${other}' and '${t.name}' have the same uid '${t.uid ?? id}'. A uid names one operator's state; give each its own.`,
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

function whatOf(t: Transformation): string {
  switch (t.kind) {
    case 'source':
      return t.source.type
    case 'function':
      return t.operation
    case 'watermarks':
      return t.watermarkStrategy.type
    case 'sink':
      return t.sink.type
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
