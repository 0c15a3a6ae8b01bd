/**
 * Which version of which schema a record is of, as the AWS Glue Schema Registry knows it. Two caches, as in Amazon's Java library:
 * definition to version for those who write, version to definition for those who read; 200 entries for a day. What is older is
 * asked for again while it still serves, and goes on serving while the registry is down. Calls that ask the same at the same
 * time ask once, and a version that is not there is asked for every ten seconds.
 *
 *   write  known? ── no ──> GetSchemaByDefinition ── no such version ──> RegisterSchemaVersion ── PENDING ──> GetSchemaVersion ...
 *                                                 └─ no such schema ──> CreateSchema ── somebody was quicker ──^
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
  /** `AVAILABLE`, `PENDING`, `FAILURE` or `DELETING`; null: the answer does not say. */
  readonly status: string | null
}

export interface RegisteredSchema {
  readonly definition: string
  readonly dataFormat: string
  readonly schemaName: string
}

/** What is asked of the registry. Errors have the codes `SCHEMA_NOT_FOUND` and `SCHEMA_EXISTS` where that is the matter. */
export interface SchemaRegistryApi {
  getSchemaByDefinition(schemaName: string, registryName: string, definition: string): Promise<SchemaVersion>
  /** Whether there is a schema of this name, of whatever version. */
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
  /** Pairs that are put to each version that is registered here. */
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

/** Made once for each schema, and asked for with each value. */
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
  /** Many records may be of a version that is gone, and the registry takes few calls a second. */
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
      // What is crowded out while it is asked for is still what somebody waits for.
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
              `Schema '${context.schemaName}' could not be asked for again, and serves as it is: ${(error as Error).message}`,
            )
          throw error
        }
      },
    })
    this.#schemas = new LRUCache({ ...kept, fetchMethod: versionId => this.#load(versionId) })
  }

  /** The id of the schema's version, which is registered if need be. @throws ServiceError */
  async versionOf(schema: SchemaToWrite): Promise<string> {
    return (await this.#versions.fetch(keyOf(schema), { context: schema }))!
  }

  /** The id, where it is known already: those who write many records ask this first. */
  knownVersionOf(schema: SchemaToWrite): string | undefined {
    const key = keyOf(schema)
    if (this.#versions.has(key)) return this.#versions.get(key)
    const stale = this.#versions.peek(key)
    if (stale !== undefined) this.#refresh(key, schema)
    return stale
  }

  /** In the background, and no more than once in a while: what is stale goes on serving if it fails. */
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
      throw this.#rejected(schema, versionId, `the registry has it, but its status is ${status ?? 'not told'}`)
    } catch (error) {
      if (!(error instanceof ServiceError && error.code === 'SCHEMA_NOT_FOUND')) throw error
      missing = error
    }
    if (!this.#options.autoRegistration)
      throw new ServiceError(
        'SCHEMA_NOT_FOUND',
        `Schema '${schemaName}' of registry ${registryName} has no version with this definition, and registering it is off: register it, or set schemaAutoRegistrationEnabled.`,
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
        // Another producer was quicker: its schema is there now, and ours becomes a version of it.
        if (!isThere(error)) throw error
      }
    }
    const { versionId, status } = await this.#api.registerSchemaVersion(schemaName, registryName, definition)
    return status === 'AVAILABLE' ? versionId : this.#available(schema, versionId)
  }

  /** Waits until the registry has checked whether the version is compatible with those before it. */
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
          `the registry refused it (status ${status ?? 'not told'}): it is not compatible with the versions before it, as the schema's compatibility mode has it`,
        )
    }
    throw new ServiceError(
      'SERVICE_FAILED',
      `Schema '${schema.schemaName}' of registry ${this.#options.registryName}: version ${versionId} is still ${status ?? 'unknown'} after ${POLLS} looks. It is tried again.`,
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

  /** Metadata is worth a warning, never a record. */
  async #describe({ schemaName, transportName }: SchemaToWrite, versionId: string): Promise<void> {
    const pairs = Object.entries({ [TRANSPORT_KEY]: transportName, ...this.#options.metadata })
    const failed = (
      await Promise.allSettled(pairs.map(([key, value]) => this.#api.putSchemaVersionMetadata(versionId, key, value)))
    ).find(outcome => outcome.status === 'rejected' && !isThere(outcome.reason)) as PromiseRejectedResult | undefined
    if (failed !== undefined)
      this.#warn(`Schema '${schemaName}': its metadata could not be put: ${(failed.reason as Error).message}`)
  }
}

/** Another sink, or another job, was as fast. */
const isThere = (error: unknown): boolean => error instanceof ServiceError && error.code === 'SCHEMA_EXISTS'
