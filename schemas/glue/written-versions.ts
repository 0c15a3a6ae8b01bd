/**
 * Version ids of the schemas that are written with one configuration: asked for before the first value of each, known from then
 * on. Few schemas are written at a time; those that were not for long are asked for anew.
 */
import { LRUCache } from 'lru-cache'

import { ShardlineError } from '../../core/foundation/errors.ts'
import { behindGlueHeader, glueHeader } from './glue-frame.ts'
import type { GlueCompression } from './glue-frame.ts'
import type { SchemaRegistry, SchemaToWrite } from './schema-registry.ts'

/** Values between looks whether the registry still knows: it takes longer than to write one. */
const ASK_EVERY = 64

interface WrittenVersion {
  readonly id: string
  readonly header: Buffer
}

export class WrittenVersions {
  readonly #registry: SchemaRegistry
  readonly #compression: GlueCompression
  /** By definition; also where the registry keeps fewer: what was prepared is there when it is written. */
  readonly #versions = new LRUCache<string, WrittenVersion>({ max: 100 })

  #last: { readonly schema: SchemaToWrite; readonly version: WrittenVersion } | null = null
  #sinceAsked = 0

  constructor(registry: SchemaRegistry, compression: GlueCompression) {
    this.#registry = registry
    this.#compression = compression
  }

  /** null: the id is known. It rejects with a ServiceError where it cannot be had. */
  prepare(schema: SchemaToWrite): Promise<void> | null {
    if (schema === this.#last?.schema && ++this.#sinceAsked < ASK_EVERY) return null
    this.#sinceAsked = 0
    const known = this.#registry.knownVersionOf(schema)
    if (known !== undefined) this.#keep(schema, known)
    if (this.#versions.has(schema.definition)) return null
    return this.#registry.versionOf(schema).then(id => this.#keep(schema, id))
  }

  /** The payload behind its header. @throws ShardlineError ILLEGAL_STATE before `prepare` resolved */
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
