/** `node dist/bench/avro.js`: records a second that the Avro codecs read and write, beside plain avsc, and behind Glue's header. */
import avsc from 'avsc'

import { avroDecoder, avroEncoder } from '../schemas/avro/avro-codec.ts'
import { avroType } from '../schemas/avro/avro-type.ts'
import { systemClock } from '../core/clock.ts'
import { glueAvroDecoder, glueAvroEncoder } from '../schemas/glue/glue-avro.ts'
import { SchemaRegistry } from '../schemas/glue/schema-registry.ts'
import type { SchemaRegistryApi } from '../schemas/glue/schema-registry.ts'
import type { GlueAvroSchemaSpec } from '../schemas/schema-spec.ts'

const ROUNDS = 5
const ROUND_MS = 600
const BATCH = 1000

const flat = {
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
const flatValue = {
  id: 'LH-4711',
  seats: 189,
  departure: 1_700_000_000_123,
  price: 129.5,
  cancelled: false,
  gate: 'B22',
}
const nested = {
  type: 'record',
  name: 'Trip',
  fields: [
    { name: 'booking', type: 'string' },
    { name: 'flights', type: { type: 'array', items: flat } },
    { name: 'tags', type: { type: 'map', values: 'string' } },
    {
      name: 'customer',
      type: {
        type: 'record',
        name: 'Customer',
        fields: [
          { name: 'name', type: 'string' },
          { name: 'miles', type: 'long' },
        ],
      },
    },
  ],
}
const nestedValue = {
  booking: 'X7K2P9',
  flights: [flatValue, { ...flatValue, gate: null }, flatValue],
  tags: { channel: 'web', fare: 'saver' },
  customer: { name: 'Zoë Müller', miles: 123_456 },
}

for (const [name, schema, value] of [
  ['flat', flat, flatValue],
  ['nested', nested, nestedValue],
] as const) {
  const type = avroType(JSON.stringify(schema))
  const plain = avsc.Type.forSchema(schema as avsc.Schema)
  const encoder = avroEncoder(type)
  const decoder = avroDecoder({ reader: type, writer: type })
  const bytes = encoder.encode(value)
  if (!bytes.equals(plain.toBuffer(value))) throw new Error('the bytes differ')
  compare(`${name} (${bytes.length} bytes), read`, {
    ours: () => decoder.decode(bytes),
    avsc: () => plain.fromBuffer(bytes) as unknown,
  })
  compare(`${name}, write`, { ours: () => encoder.encode(value), avsc: () => plain.toBuffer(value) })
}

for (const compression of ['NONE', 'ZLIB']) {
  const spec: GlueAvroSchemaSpec = {
    type: 'glue-avro',
    schema: JSON.stringify(flat),
    transportName: 'flights',
    configs: { compression },
    secondary: null,
    convert: null,
  }
  const registry = oneVersion(spec.schema)
  const encoder = glueAvroEncoder(spec, registry)
  const decoder = glueAvroDecoder(spec, registry, null)
  const encode = (): Buffer => encoder.encode((encoder.prepare?.() ?? null) === null ? flatValue : null)
  await encoder.prepare?.()
  const bytes = encode()
  await decoder.prepare?.(bytes)
  const decode = (): unknown => ((decoder.prepare?.(bytes) ?? null) === null ? decoder.decode(bytes) : null)
  compare(`flat in Glue, ${compression} (${bytes.length} bytes)`, { read: decode, write: encode })
}

function oneVersion(definition: string): SchemaRegistry {
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

/** In turns, so that what the machine does beside it meets both; the best round counts. */
function compare(what: string, works: Readonly<Record<string, () => unknown>>): void {
  const best: Record<string, number> = {}
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, work] of Object.entries(works)) best[name] = Math.max(best[name] ?? 0, perSecond(work))
  const figures = Object.entries(best).map(([name, figure]) => `${name} ${Math.round(figure / 1000)} k/s`)
  console.log(`${what}: ${figures.join(', ')}`)
}

function perSecond(work: () => unknown): number {
  const start = performance.now()
  let count = 0
  let now = start
  for (; now - start < ROUND_MS; now = performance.now(), count += BATCH) for (let i = 0; i < BATCH; i++) work()
  return (count / (now - start)) * 1000
}
