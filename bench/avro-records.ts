/** What the benches of Avro read and write: flat records of six fields, and a registry that knows their schema. */
import { systemClock } from '../core/foundation/clock.ts'
import { glueAvroEncoder } from '../schemas/glue/glue-avro.ts'
import { SchemaRegistry } from '../schemas/glue/schema-registry.ts'
import type { SchemaRegistryApi } from '../schemas/glue/schema-registry.ts'
import type { GlueAvroSchemaSpec } from '../schemas/contracts/schema-spec.ts'

export const flatSchema = {
  type: 'record',
  name: 'Flight',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'seats', type: 'int' },
    { name: 'departure', type: 'long' },
    { name: 'price', type: 'double' },
    { name: 'cancelled', type: 'boolean' },
    { name: 'gate', type: ['null', 'string'] },
  ],
}

export const flatValue = {
  id: 'LH-4711',
  seats: 189,
  departure: 1_700_000_000_123,
  price: 129.5,
  cancelled: false,
  gate: 'B22',
}

export function glueSpec(compression: 'NONE' | 'ZLIB'): GlueAvroSchemaSpec {
  return {
    type: 'glue-avro',
    schema: JSON.stringify(flatSchema),
    transportName: 'flights',
    configs: { compression },
    secondary: null,
    convert: null,
  }
}

export function oneVersion(definition: string): SchemaRegistry {
  const versionId = '123e4567-e89b-12d3-a456-426614174000'
  const version = { versionId, status: 'AVAILABLE', definition, dataFormat: 'AVRO', schemaName: 'flights' }
  const api = { getSchemaByDefinition: async () => version, getSchemaVersion: async () => version }
  const options = {
    registryName: 'default-registry',
    autoRegistration: false,
    compatibility: 'NONE',
    description: '',
    tags: {},
    metadata: {},
    cacheSize: 200,
    timeToLiveMs: 86_400_000,
  } as const
  return new SchemaRegistry(api as unknown as SchemaRegistryApi, options, systemClock)
}

/** Behind Glue's header, each with an id and numbers of its own. */
export async function flatRecords(count: number): Promise<readonly Buffer[]> {
  const spec = glueSpec('NONE')
  const encoder = glueAvroEncoder(spec, oneVersion(spec.schema))
  await encoder.prepare?.(flatValue)
  return Array.from({ length: count }, (_, i) =>
    encoder.encode({
      ...flatValue,
      id: `LH-${4000 + i}`,
      seats: 100 + (i % 200),
      departure: flatValue.departure + i,
      cancelled: i % 7 === 0,
      gate: i % 3 === 0 ? null : `B${i % 60}`,
    }),
  )
}
