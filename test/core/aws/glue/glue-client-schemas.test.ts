import t from 'tap'
import type { GlueCompatibility } from '../../../../schemas/glue/schema-registry.ts'
import { ID, ok, failure, NO_SCHEMA, NO_VERSION, available, glue, schema } from '../../fakes/glue.ts'

t.test('the first write creates the schema, with any compatibility mode', async t => {
  const modes: GlueCompatibility[] = [
    'NONE',
    'DISABLED',
    'BACKWARD',
    'BACKWARD_ALL',
    'FORWARD',
    'FORWARD_ALL',
    'FULL',
    'FULL_ALL',
  ]
  for (const compatibility of modes) {
    const { server, registry, operations } = await glue(t, { compatibility, metadata: { a: 'b' } })
    server.answers.push(NO_SCHEMA, NO_SCHEMA, ok({ SchemaVersionId: ID, SchemaVersionStatus: 'AVAILABLE' }))
    t.equal(await registry.versionOf(schema), ID)
    t.same(operations().slice(0, 3), ['GetSchemaByDefinition', 'GetSchema', 'CreateSchema'])
    t.match(server.requests[2]!.json, {
      Compatibility: compatibility,
      Description: 'DEFAULT-DESCRIPTION-eu-west-1-default-registry',
    })
    t.same(
      server.requests.slice(3).map(r => r.json['MetadataKeyValue']),
      [
        { MetadataKey: 'x-amz-meta-transport', MetadataValue: 'stream' },
        { MetadataKey: 'a', MetadataValue: 'b' },
      ],
    )
  }
})

t.test('a version whose check is pending is waited for; a version that fails the check is an error', async t => {
  const { server, registry } = await glue(t)
  const status = (Status: string) =>
    ok({ SchemaName: 'f', SchemaVersionId: ID, Status, SchemaDefinition: '"int"', DataFormat: 'AVRO' })
  server.answers.push(
    NO_VERSION,
    available,
    status('PENDING'),
    status('PENDING'),
    status('PENDING'),
    status('AVAILABLE'),
  )
  t.equal(await registry.versionOf(schema), ID)
  const other = { ...schema, definition: '"long"' }
  server.answers.push(NO_VERSION, available, status('PENDING'), status('FAILURE'))
  await t.rejects(registry.versionOf(other), { code: 'SCHEMA_REJECTED', message: /FAILURE.*not compatible/ })
  server.answers.push(status('FAILURE'))
  await t.rejects(registry.versionOf(other), { code: 'SCHEMA_REJECTED', message: /its status is FAILURE/ })
  server.answers.push(NO_VERSION, available, ...Array.from({ length: 11 }, () => status('PENDING')))
  await t.rejects(registry.versionOf(other), { code: 'SERVICE_FAILED', message: /still PENDING after 10 looks/ })
})

t.test('of two producers that race, the slower one registers a version', async t => {
  const { server, registry, operations } = await glue(t)
  server.answers.push(NO_SCHEMA, NO_SCHEMA, failure('AlreadyExistsException', 'Schema already exists.'), available)
  t.equal(await registry.versionOf(schema), ID)
  t.same(operations().slice(0, 4), ['GetSchemaByDefinition', 'GetSchema', 'CreateSchema', 'RegisterSchemaVersion'])
})

t.test('without registration, a schema that does not exist is an error', async t => {
  const { server, registry } = await glue(t, { schemaAutoRegistrationEnabled: false })
  server.answers.push(NO_SCHEMA)
  await t.rejects(registry.versionOf(schema), { code: 'SCHEMA_NOT_FOUND', message: /registering it is off/ })
})
