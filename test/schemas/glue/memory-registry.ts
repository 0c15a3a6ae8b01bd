/** A registry in memory behind the caches that jobs have: no network, and a version for each definition. */
import { ServiceError } from '../../../core/foundation/errors.ts'
import { parseGlueConfigs } from '../../../schemas/glue/glue-configs.ts'
import { SchemaRegistry } from '../../../schemas/glue/schema-registry.ts'
import type {
  GlueDataFormat,
  NewSchema,
  RegisteredSchema,
  SchemaRegistryApi,
  SchemaVersion,
} from '../../../schemas/glue/schema-registry.ts'
import type { GlueConfigs } from '../../../schemas/contracts/schema-spec.ts'
import { ManualClock } from '../../core/fakes/manual-clock.ts'

export class MemoryRegistry implements SchemaRegistryApi {
  readonly versions = new Map<string, RegisteredSchema & SchemaVersion>()
  calls = 0
  isDown = false

  /** Its version's id. */
  add(schemaName: string, definition: string, dataFormat = 'AVRO'): string {
    const versionId = `00000000-0000-4000-8000-${String(this.versions.size + 1).padStart(12, '0')}`
    this.versions.set(versionId, { versionId, status: 'AVAILABLE', schemaName, definition, dataFormat })
    return versionId
  }

  async getSchemaByDefinition(schemaName: string, _registry: string, definition: string): Promise<SchemaVersion> {
    this.#called()
    for (const version of this.versions.values())
      if (version.schemaName === schemaName && version.definition === definition) return version
    throw new ServiceError('SCHEMA_NOT_FOUND', 'Schema version is not found.')
  }

  async schemaExists(schemaName: string): Promise<boolean> {
    return [...this.versions.values()].some(version => version.schemaName === schemaName)
  }

  async registerSchemaVersion(schemaName: string, _registry: string, definition: string): Promise<SchemaVersion> {
    const { dataFormat } = [...this.versions.values()].find(version => version.schemaName === schemaName)!
    return { versionId: this.add(schemaName, definition, dataFormat), status: 'AVAILABLE' }
  }

  async createSchema({ schemaName, definition, dataFormat }: NewSchema): Promise<SchemaVersion> {
    return { versionId: this.add(schemaName, definition, dataFormat), status: 'AVAILABLE' }
  }

  async getSchemaVersion(versionId: string): Promise<RegisteredSchema & SchemaVersion> {
    this.#called()
    const version = this.versions.get(versionId)
    if (version === undefined) throw new ServiceError('SCHEMA_NOT_FOUND', `There is no version ${versionId}.`)
    return version
  }

  async putSchemaVersionMetadata(): Promise<void> {}

  #called(): void {
    this.calls++
    if (this.isDown) throw new ServiceError('ENDPOINT_UNREACHABLE', 'cannot reach the registry')
  }
}

export function memoryRegistry(configs: GlueConfigs, format: GlueDataFormat) {
  const api = new MemoryRegistry()
  const clock = new ManualClock()
  const warnings: string[] = []
  const { registry: options } = parseGlueConfigs(configs, format)
  return { api, clock, warnings, registry: new SchemaRegistry(api, options, clock, w => warnings.push(w)) }
}
