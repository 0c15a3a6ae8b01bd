/**
 * Schema versions of the AWS Glue Schema Registry. As in Amazon's Java library, there are two caches: from definition to version for
 * writing, from version to definition for reading. By default each holds 200 entries for a day. An expired entry is refreshed in the
 * background, and stays in use until the refresh succeeds. Concurrent calls for the same entry share one request. A version that
 * does not exist is requested again after ten seconds.
 *
 *   write  cached? ── no ──> GetSchemaByDefinition ── no such version ──> RegisterSchemaVersion ── PENDING ──> GetSchemaVersion ...
 *                                                 └─ no such schema ──> CreateSchema ── another producer created it ──^
 */
import { LRUCache } from 'lru-cache'

import { sleep } from '../../core/foundation/clock.ts'
import type { Clock } from '../../core/foundation/clock.ts'
import { ServiceError } from '../../core/foundation/errors.ts'

export type GlueDataFormat = 'AVRO' | 'JSON'
export type GlueCompatibility =
  'NONE' | 'DISABLED' | 'BACKWARD' | 'BACKWARD_ALL' | 'FORWARD' | 'FORWARD_ALL' | 'FULL' | 'FULL_ALL'

export interface SchemaVersion {
  readonly versionId: string
  /** `AVAILABLE`, `PENDING`, `FAILURE` or `DELETING`; `null` when the response has no status. */
  readonly status: string | null
}

export interface RegisteredSchema {
  readonly definition: string
  readonly dataFormat: string
  readonly schemaName: string
}

/** The calls of the registry. Errors have the codes `SCHEMA_NOT_FOUND` and `SCHEMA_EXISTS` where they apply. */
export interface SchemaRegistryApi {
  getSchemaByDefinition(schemaName: string, registryName: string, definition: string): Promise<SchemaVersion>
  /** Whether a schema has this name, whatever its versions. */
  schemaExists(schemaName: string, registryName: string): Promise<boolean>
  registerSchemaVersion(schemaName: string, registryName: string, definition: string): Promise<SchemaVersion>
  createSchema(schema: NewSchema): Promise<SchemaVersion>
  getSchemaVersion(versionId: string): Promise<RegisteredSchema & SchemaVersion>
  putSchemaVersionMetadata(versionId: string, key: string, value: string): Promise<void>
}

export interface NewSchema {
  readonly schemaName: string
  readonly registryName: string
  readonly dataFormat: GlueDataFormat
  readonly compatibility: GlueCompatibility
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  readonly definition: string
}

export interface SchemaRegistryOptions {
  readonly registryName: string
  readonly autoRegistration: boolean
  readonly compatibility: GlueCompatibility
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  /** Metadata of each version that this process registers. */
  readonly metadata: Readonly<Record<string, string>>
  readonly cacheSize: number
  readonly timeToLiveMs: number
}

export interface SchemaToWrite {
  readonly schemaName: string
  readonly dataFormat: GlueDataFormat
  readonly definition: string
  /** The stream's name, for the version's metadata. */
  readonly transportName: string
}

const TRANSPORT_KEY = 'x-amz-meta-transport'
const POLLS = 10
const FIRST_POLL_MS = 250
const MAX_POLL_MS = 3000
const REFRESH_EVERY_MS = 60_000
const MISSING_MS = 10_000

/** Cache keys by schema, because each value needs one. */
const keys = new WeakMap<SchemaToWrite, string>()

function keyOf(schema: SchemaToWrite): string {
  let key = keys.get(schema)
  if (key === undefined) {
    key = JSON.stringify([schema.schemaName, schema.dataFormat, schema.definition])
    keys.set(schema, key)
  }
  return key
}

export class SchemaRegistry {
  readonly #api: SchemaRegistryApi
  readonly #options: SchemaRegistryOptions
  readonly #clock: Clock
  readonly #warn: (message: string) => void
  readonly #versions: LRUCache<string, string, SchemaToWrite>
  readonly #schemas: LRUCache<string, RegisteredSchema>
  /** Versions that do not exist. Many records may have such a version, and the registry limits calls per second. */
  readonly #missing: LRUCache<string, ServiceError>
  #refreshedAt = -Infinity

  constructor(
    api: SchemaRegistryApi,
    options: SchemaRegistryOptions,
    clock: Clock,
    warn: (message: string) => void = () => undefined,
  ) {
    this.#api = api
    this.#options = options
    this.#clock = clock
    this.#warn = warn
    const timed = { max: options.cacheSize, ttlResolution: 0, perf: { now: () => clock.monotonic() } }
    this.#missing = new LRUCache({ ...timed, ttl: MISSING_MS })
    const kept = {
      ...timed,
      ttl: options.timeToLiveMs,
      allowStale: true,
      noDeleteOnFetchRejection: true,
      // An entry that is evicted during its request is still awaited by the caller.
      ignoreFetchAbort: true,
    }
    this.#versions = new LRUCache({
      ...kept,
      fetchMethod: async (_key, stale, { context }) => {
        try {
          return await this.#findOrRegister(context)
        } catch (error) {
          if (stale !== undefined)
            this.#warn(
              `Schema '${context.schemaName}' could not be refreshed. The cached version stays in use: ${(error as Error).message}`,
            )
          throw error
        }
      },
    })
    this.#schemas = new LRUCache({ ...kept, fetchMethod: versionId => this.#load(versionId) })
  }

  /** The id of the schema version, which is registered if necessary. @throws ServiceError */
  async versionOf(schema: SchemaToWrite): Promise<string> {
    return (await this.#versions.fetch(keyOf(schema), { context: schema }))!
  }

  /** The cached id of the schema version. */
  knownVersionOf(schema: SchemaToWrite): string | undefined {
    const key = keyOf(schema)
    if (this.#versions.has(key)) return this.#versions.get(key)
    const stale = this.#versions.peek(key)
    if (stale !== undefined) this.#refresh(key, schema)
    return stale
  }

  /** Refreshes in the background, at most once a minute. The expired entry stays in use if it fails. */
  #refresh(key: string, schema: SchemaToWrite): void {
    const now = this.#clock.monotonic()
    if (now - this.#refreshedAt < REFRESH_EVERY_MS) return
    this.#refreshedAt = now
    void this.#versions.fetch(key, { context: schema })
  }

  /** @throws ServiceError */
  async schemaOf(versionId: string): Promise<RegisteredSchema> {
    const missing = this.#missing.get(versionId)
    if (missing !== undefined) throw missing
    try {
      return (await this.#schemas.fetch(versionId))!
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'SCHEMA_NOT_FOUND') this.#missing.set(versionId, error)
      throw error
    }
  }

  async #load(versionId: string): Promise<RegisteredSchema> {
    const { definition, dataFormat, schemaName } = await this.#api.getSchemaVersion(versionId)
    return { definition, dataFormat, schemaName }
  }

  async #findOrRegister(schema: SchemaToWrite): Promise<string> {
    const { schemaName, definition } = schema
    const { registryName } = this.#options
    let missing: ServiceError
    try {
      const { versionId, status } = await this.#api.getSchemaByDefinition(schemaName, registryName, definition)
      if (status === 'AVAILABLE') return versionId
      if (status === 'PENDING') return await this.#available(schema, versionId)
      throw this.#rejected(schema, versionId, `the registry has it, but its status is ${status ?? 'unknown'}`)
    } catch (error) {
      if (!(error instanceof ServiceError && error.code === 'SCHEMA_NOT_FOUND')) throw error
      missing = error
    }
    if (!this.#options.autoRegistration)
      throw new ServiceError(
        'SCHEMA_NOT_FOUND',
        `Schema '${schemaName}' of registry ${registryName} has no version with this definition, and registering it is off. Register it, or set schemaAutoRegistrationEnabled.`,
        { cause: missing, details: { schemaName, registryName } },
      )
    const versionId = await this.#register(schema)
    await this.#describe(schema, versionId)
    return versionId
  }

  async #register(schema: SchemaToWrite): Promise<string> {
    const { schemaName, dataFormat, definition } = schema
    const { registryName, compatibility, description, tags } = this.#options
    if (!(await this.#api.schemaExists(schemaName, registryName))) {
      try {
        const made = { schemaName, registryName, dataFormat, compatibility, description, tags, definition }
        const { versionId, status } = await this.#api.createSchema(made)
        return status === null || status === 'AVAILABLE' ? versionId : await this.#available(schema, versionId)
      } catch (error) {
        // Another producer has created the schema. Ours becomes a version of it.
        if (!isThere(error)) throw error
      }
    }
    const { versionId, status } = await this.#api.registerSchemaVersion(schemaName, registryName, definition)
    return status === 'AVAILABLE' ? versionId : this.#available(schema, versionId)
  }

  /** Waits until the registry has checked the compatibility of the version. */
  async #available(schema: SchemaToWrite, versionId: string): Promise<string> {
    let status: string | null = null
    for (let poll = 0; poll < POLLS; poll++) {
      await sleep(this.#clock, Math.min(MAX_POLL_MS, FIRST_POLL_MS * 2 ** poll))
      ;({ status } = await this.#api.getSchemaVersion(versionId))
      if (status === 'AVAILABLE') return versionId
      if (status !== 'PENDING')
        throw this.#rejected(
          schema,
          versionId,
          `the registry rejected it (status ${status ?? 'unknown'}): it is not compatible with the previous versions under the schema's compatibility mode`,
        )
    }
    throw new ServiceError(
      'SERVICE_FAILED',
      `Schema '${schema.schemaName}' of registry ${this.#options.registryName}: version ${versionId} is still ${status ?? 'unknown'} after ${POLLS} looks. The call is retried.`,
      { details: { schemaName: schema.schemaName, versionId } },
    )
  }

  #rejected({ schemaName }: SchemaToWrite, versionId: string, why: string): ServiceError {
    const { registryName } = this.#options
    return new ServiceError(
      'SCHEMA_REJECTED',
      `Schema '${schemaName}' of registry ${registryName}, version ${versionId}: ${why}.`,
      { details: { schemaName, registryName, versionId } },
    )
  }

  /** Adds metadata to the version. A failure causes a warning only. */
  async #describe({ schemaName, transportName }: SchemaToWrite, versionId: string): Promise<void> {
    const pairs = Object.entries({ [TRANSPORT_KEY]: transportName, ...this.#options.metadata })
    const failed = (
      await Promise.allSettled(pairs.map(([key, value]) => this.#api.putSchemaVersionMetadata(versionId, key, value)))
    ).find(outcome => outcome.status === 'rejected' && !isThere(outcome.reason)) as PromiseRejectedResult | undefined
    if (failed !== undefined)
      this.#warn(`Schema '${schemaName}': its metadata could not be written: ${(failed.reason as Error).message}`)
  }
}

/** Another sink or another job created it first. */
const isThere = (error: unknown): boolean => error instanceof ServiceError && error.code === 'SCHEMA_EXISTS'
