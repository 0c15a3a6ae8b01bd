/** The registry as moto has it, by the very codecs: it knows no checks that take a while, and no refusals. */
import t from 'tap'

import { systemClock } from '../../../../core/foundation/clock.ts'
import { GlueSchemaRegistryClient } from '../../../../core/aws/glue/glue-client.ts'
import { glueAvroDecoder, glueAvroEncoder } from '../../../../schemas/glue/glue-avro.ts'
import { parseGlueConfigs } from '../../../../schemas/glue/glue-configs.ts'
import { glueJsonDecoder, glueJsonEncoder } from '../../../../schemas/glue/glue-json.ts'
import { SchemaRegistry } from '../../../../schemas/glue/schema-registry.ts'
import type { GlueDataFormat } from '../../../../schemas/glue/schema-registry.ts'
import { startMoto } from '../../fakes/moto.ts'

const moto = await startMoto(t)
const configs = (more: Record<string, unknown> = {}) => ({
  region: 'eu-west-1',
  endpoint: moto.url,
  'aws.credentials.provider.basic.accesskeyid': 'test',
  'aws.credentials.provider.basic.secretkey': 'test',
  schemaAutoRegistrationEnabled: true,
  ...more,
})

function registryOf(format: GlueDataFormat, more: Record<string, unknown> = {}) {
  const settings = parseGlueConfigs(configs(more), format)
  const client = new GlueSchemaRegistryClient(settings.client, systemClock)
  t.teardown(() => client.close())
  const warnings: string[] = []
  return {
    client,
    warnings,
    registry: new SchemaRegistry(client, settings.registry, systemClock, w => warnings.push(w)),
  }
}

const flight = (...fields: object[]): string =>
  JSON.stringify({ type: 'record', name: 'Flight', fields: [{ name: 'id', type: 'string' }, ...fields] })
const common = { transportName: 'flights', secondary: null, convert: null }

t.test(
  'the first write makes the schema, the next version is registered, and old records are read with it',
  async t => {
    const { client, registry, warnings } = registryOf('AVRO', { metadata: { team: 'ops' } })
    const spec = (schema: string) => ({ type: 'glue-avro', schema, configs: configs(), ...common }) as const
    const [v1, v2] = [flight(), flight({ name: 'gate', type: ['null', 'string'], default: null })]
    const records: Buffer[] = []
    for (const [schema, value] of [
      [v1, { id: 'a' }],
      [v2, { id: 'b', gate: 'B22' }],
    ] as const) {
      const encoder = glueAvroEncoder(spec(schema), registry)
      await encoder.prepare?.()
      records.push(encoder.encode(value))
    }
    t.not(records[0]!.toString('hex', 2, 18), records[1]!.toString('hex', 2, 18))
    // Another job, which knows nothing yet.
    const decoder = glueAvroDecoder(spec(v2), registryOf('AVRO').registry, null)
    for (const record of records) await decoder.prepare?.(record)
    t.strictSame(
      records.map(record => decoder.decode(record)),
      [
        { id: 'a', gate: null },
        { id: 'b', gate: 'B22' },
      ],
    )
    t.same(warnings, [])
    t.equal(await client.schemaExists('flights', 'default-registry'), true)
    t.equal(await client.schemaExists('other', 'default-registry'), false)
  },
)

t.test('two producers that start at once write the same version', async t => {
  const spec = {
    type: 'glue-json',
    values: 'carrier',
    schema: '{"type":"object"}',
    configs: configs(),
    ...common,
  } as const
  const encoders = [1, 2].map(() => glueJsonEncoder({ ...spec, transportName: 'raced' }, registryOf('JSON').registry))
  await Promise.all(encoders.map(async encoder => encoder.prepare?.()))
  const [a, b] = encoders.map(encoder => encoder.encode({ id: 1 }))
  t.ok(a!.equals(b!))
  const decoder = glueJsonDecoder(spec, registryOf('JSON').registry, null)
  await decoder.prepare?.(a!)
  t.strictSame(decoder.decode(a!), { schema: '{"type":"object"}', payload: '{"id":1}' })
})

t.test('what is not there is said', async t => {
  const { client, registry } = registryOf('AVRO', { schemaAutoRegistrationEnabled: false })
  const schema = { schemaName: 'missing', dataFormat: 'AVRO', definition: '"int"', transportName: 's' } as const
  await t.rejects(registry.versionOf(schema), { code: 'SCHEMA_NOT_FOUND', message: /registering it is off/ })
  await t.rejects(client.getSchemaVersion('123e4567-e89b-12d3-a456-426614174000'), { code: 'SCHEMA_NOT_FOUND' })
})
