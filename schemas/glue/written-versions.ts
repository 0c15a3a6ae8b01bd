/**
 * Version ids of the schemas that are written with one configuration. The first value of a schema waits for its id. The least
 * recently written schemas are evicted, and are requested again when they are needed.
 */
import { LRUCache } from 'lru-cache'

import { ShardlineError } from '../../core/foundation/errors.ts'
import { behindGlueHeader, glueHeader } from './glue-frame.ts'
import type { GlueCompression } from './glue-frame.ts'
import type { SchemaRegistry, SchemaToWrite } from './schema-registry.ts'

/** Values between two lookups in the cache of the registry, because a lookup takes longer than writing a value. */
const ASK_EVERY = 64

interface WrittenVersion {
  readonly id: string
  readonly header: Buffer
}

export class WrittenVersions {
  readonly #registry: SchemaRegistry
  readonly #compression: GlueCompression
  /** By definition. Independent of the registry's cache, so that a prepared schema is not evicted before it is written. */
  readonly #versions = new LRUCache<string, WrittenVersion>({ max: 100 })

  #last: { readonly schema: SchemaToWrite; readonly version: WrittenVersion } | null = null
  #sinceAsked = 0

  constructor(registry: SchemaRegistry, compression: GlueCompression) {
    this.#registry = registry
    this.#compression = compression
  }

  /** Returns `null` when the id is known. Rejects with a ServiceError when the registry does not return it. */
  prepare(schema: SchemaToWrite): Promise<void> | null {
    if (schema === this.#last?.schema && ++this.#sinceAsked < ASK_EVERY) return null
    this.#sinceAsked = 0
    const known = this.#registry.knownVersionOf(schema)
    if (known !== undefined) this.#keep(schema, known)
    if (this.#versions.has(schema.definition)) return null
    return this.#registry.versionOf(schema).then(id => this.#keep(schema, id))
  }

  /** Puts the header before the payload. @throws ShardlineError ILLEGAL_STATE before `prepare` has resolved */
  frame(schema: SchemaToWrite, payload: Uint8Array): Buffer {
    if (schema !== this.#last?.schema) {
      const version = this.#versions.get(schema.definition)
      if (version === undefined)
        throw new ShardlineError(
          'ILLEGAL_STATE',
          `Schema '${schema.schemaName}' was not prepared before it was written.`,
        )
      this.#last = { schema, version }
    }
    return behindGlueHeader(this.#last.version.header, payload)
  }

  #keep({ definition }: SchemaToWrite, id: string): void {
    if (this.#versions.peek(definition)?.id === id) return
    this.#versions.set(definition, { id, header: glueHeader(id, this.#compression) })
    this.#last = null
  }
}
