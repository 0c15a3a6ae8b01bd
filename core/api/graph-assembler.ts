/** Collects transformations while a program says them, and the functions and values of this process that they refer to. */
import type { FunctionSpec, JobGraph, Transformation } from '../graph/job-graph.ts'
import { JOB_GRAPH_VERSION } from '../graph/job-graph.ts'
import type { LocalFunction } from '../operators/functions/local-function-operator.ts'

type Distribute<T> = T extends unknown ? Omit<T, 'id' | 'uid' | 'maxParallelism'> : never
export type NewTransformation = Distribute<Transformation>

export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export class GraphAssembler {
  #transformations: Mutable<Transformation>[] = []
  #locals = new Map<string, LocalFunction | readonly unknown[]>()
  #nextId = 1

  add(transformation: NewTransformation): Mutable<Transformation> {
    const added = { ...transformation, id: this.#nextId++, uid: null, maxParallelism: null } as Mutable<Transformation>
    this.#transformations.push(added)
    return added
  }

  localFunction(fn: LocalFunction): FunctionSpec & { readonly type: 'local' } {
    return { type: 'local', localId: this.local(fn) }
  }

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

  /** Operators without a sink run too: what they give is dropped. */
  #withSinks(): Transformation[] {
    const used = new Set(
      this.#transformations.flatMap(t => (t.kind === 'source' ? [] : t.inputs.map(edge => edge.from))),
    )
    const dangling = this.#transformations.filter(t => t.kind !== 'sink' && !used.has(t.id))
    for (const t of dangling) {
      const partitioning = t.kind === 'function' && t.operation === 'key_by' ? 'hash' : null
      this.add({
        kind: 'sink',
        name: 'Discard',
        parallelism: t.parallelism,
        inputs: [{ from: t.id, partitioning }],
        sink: { type: 'discard' },
      })
    }
    return this.#transformations
  }
}
