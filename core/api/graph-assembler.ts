/** Collects the transformations of a program, and the functions and values of this process that they refer to. */
import type { FunctionSpec } from '../graph/function-spec.ts'
import { JOB_GRAPH_VERSION } from '../graph/job-graph.ts'
import type { JobGraph } from '../graph/job-graph.ts'
import type { Edge, Transformation } from '../graph/transformation.ts'
import type { LocalFunction } from '../operators/job-facilities.ts'

export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A transformation of the program. The fields of its kind are beside these. */
export type NewTransformation = Pick<Transformation, 'kind' | 'name' | 'inputs'> &
  Partial<Pick<Transformation, 'parallelism'>> &
  Readonly<Record<string, unknown>>

export class GraphAssembler {
  #transformations: Mutable<Transformation>[] = []
  #locals = new Map<string, LocalFunction | readonly unknown[]>()
  #nextId = 1

  add(transformation: NewTransformation): Mutable<Transformation> {
    const base = { id: this.#nextId++, uid: null, parallelism: null, maxParallelism: null }
    const added: Mutable<Transformation> = { ...base, ...transformation }
    this.#transformations.push(added)
    return added
  }

  localFunction(fn: LocalFunction): FunctionSpec & { readonly type: 'local' } {
    return { type: 'local', localId: this.local(fn) }
  }

  /** Registers a function or values of this process. Returns the id by which a graph refers to them. */
  local(value: LocalFunction | readonly unknown[]): string {
    const localId = `local-${this.#locals.size}`
    this.#locals.set(localId, value)
    return localId
  }

  /** The graph so far, and a fresh start: a program may execute several jobs one after the other. */
  take(
    name: string,
    configuration: Readonly<Record<string, string>>,
    parallelism: number | null,
    maxParallelism: number | null,
  ) {
    const graph: JobGraph = {
      version: JOB_GRAPH_VERSION,
      name,
      configuration,
      parallelism,
      maxParallelism,
      transformations: this.#withSinks(),
    }
    const locals = this.#locals
    this.#transformations = []
    this.#locals = new Map()
    return { graph, locals }
  }

  /** Operators without a sink run too. A sink that discards takes their values. */
  #withSinks(): Transformation[] {
    const used = new Set(this.#transformations.flatMap(t => t.inputs.map(edge => edge.from)))
    for (const t of this.#transformations.filter(t => t.kind !== 'sink' && !used.has(t.id)))
      this.add({
        kind: 'sink',
        name: 'Discard',
        parallelism: t.parallelism,
        inputs: [edgeFrom(t, t.kind === 'key_by' ? { type: 'hash' } : null)],
        sink: { type: 'discard' },
      })
    return this.#transformations
  }
}

export const edgeFrom = (from: Transformation, partitioner: Edge['partitioner'] = null): Edge => ({
  from: from.id,
  tag: null,
  input: 0,
  partitioner,
})
