import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { systemClock } from '../../../../core/foundation/clock.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { CALL_TIMEOUT_MS, GlueSchemaRegistryClient } from '../../../../core/aws/glue/glue-client.ts'
import { parseGlueConfigs } from '../../../../schemas/glue/glue-configs.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'
import { scriptedServer } from '../../fakes/scripted-server.ts'
import { ID, ok, failure, NO_SCHEMA, NO_VERSION, configs, ImpatientClock, glue, options } from '../../fakes/glue.ts'

t.test('the error of missing credentials names the place of the keys', async t => {
  const { client, server } = await glue(t, {
    'aws.credentials.provider': 'PROFILE',
    'aws.credentials.provider.profile.name': 'nobody',
    'aws.credentials.provider.profile.path': '/nowhere/credentials',
  })
  await t.rejects(client.getSchemaVersion('b1'), {
    code: 'CREDENTIALS_MISSING',
    message: /The schema registry takes these keys from the configuration of the schema\.$/,
  })
  t.same(server.requests, [])
})

t.test('each call sends what the service expects, and reads its answer', async t => {
  const { server, client, operations } = await glue(t, {
    compression: 'ZLIB',
    userAgentApp: 'flink',
    'aws.endpoint': 'http://k',
  })
  t.same(await client.getSchemaByDefinition('f', 'r', '"int"'), { versionId: ID, status: 'AVAILABLE' })
  t.same(await client.registerSchemaVersion('f', 'r', '"int"'), { versionId: ID, status: 'AVAILABLE' })
  t.equal(await client.schemaExists('f', 'r'), true)
  server.answers.push(ok({ SchemaVersionId: ID, SchemaVersionStatus: 'PENDING' }))
  const made = {
    schemaName: 'f',
    registryName: 'r',
    dataFormat: 'JSON',
    compatibility: 'FULL',
    description: 'd',
    tags: { a: 'b' },
    definition: '{}',
  } as const
  t.same(await client.createSchema(made), { versionId: ID, status: 'PENDING' })
  server.answers.push(
    ok({
      SchemaVersionId: ID,
      Status: 'AVAILABLE',
      SchemaDefinition: '"int"',
      DataFormat: 'AVRO',
      SchemaArn: 'arn:aws:glue:eu-west-1:123456789012:schema/r/f',
    }),
  )
  t.same(await client.getSchemaVersion(ID), {
    versionId: ID,
    status: 'AVAILABLE',
    definition: '"int"',
    dataFormat: 'AVRO',
    schemaName: 'f',
  })
  await client.putSchemaVersionMetadata(ID, 'k', 'v')
  const id = { SchemaName: 'f', RegistryName: 'r' }
  t.same(
    server.requests.map(r => r.json),
    [
      { SchemaId: id, SchemaDefinition: '"int"' },
      { SchemaId: id, SchemaDefinition: '"int"' },
      { SchemaId: id },
      {
        RegistryId: { RegistryName: 'r' },
        SchemaName: 'f',
        DataFormat: 'JSON',
        Compatibility: 'FULL',
        Description: 'd',
        Tags: { a: 'b' },
        SchemaDefinition: '{}',
      },
      { SchemaVersionId: ID },
      { SchemaVersionId: ID, MetadataKeyValue: { MetadataKey: 'k', MetadataValue: 'v' } },
    ],
  )
  t.same(operations(), [
    'GetSchemaByDefinition',
    'RegisterSchemaVersion',
    'GetSchema',
    'CreateSchema',
    'GetSchemaVersion',
    'PutSchemaVersionMetadata',
  ])
  t.match(server.requests[0]!.headers, {
    authorization: /\/eu-west-1\/glue\/aws4_request/,
    'user-agent': /shardline.* autoreg\/1:compress\/1:secdeser\/0:app\/flink$/,
  })
})

t.test('a refusal of the service is an error with the schema, and is not retried', async t => {
  const { server, client } = await glue(t)
  for (const [answer, code, message] of [
    [
      NO_VERSION,
      'SCHEMA_NOT_FOUND',
      /GetSchemaByDefinition on schema f failed: EntityNotFoundException: Schema version is not/,
    ],
    [failure('AlreadyExistsException', 'there'), 'SCHEMA_EXISTS', /there/],
    [failure('AccessDeniedException', 'User is not authorized'), 'ACCESS_DENIED', /Grant the permission/],
    [failure('InvalidInputException', 'bad'), 'VALIDATION_FAILED', /bad/],
    [failure('ResourceNumberLimitExceededException', 'many'), 'VALIDATION_FAILED', /many/],
    [failure('UnrecognizedClientException', 'who'), 'CREDENTIALS_REJECTED', /who/],
  ] as const) {
    const before = server.requests.length
    server.answers.push(answer)
    await t.rejects(client.getSchemaByDefinition('f', 'r', '"int"'), { code, message })
    t.equal(server.requests.length, before + 1, code)
  }
  server.answers.push(NO_SCHEMA)
  t.equal(await client.schemaExists('f', 'r'), false)
  server.answers.push(failure('AccessDeniedException', 'no'))
  await t.rejects(client.schemaExists('f', 'r'), { code: 'ACCESS_DENIED' })
})

t.test('an answer that lacks a field is asked for again, and is then an error', async t => {
  const { server, client } = await glue(t)
  const version = { SchemaVersionId: ID, Status: 'AVAILABLE', SchemaDefinition: '"int"', DataFormat: 'AVRO' }
  for (const [answer, why] of [
    [{}, /SchemaVersionId is missing/],
    [{ ...version, SchemaVersionId: '00000000-0000-0000-0000-000000000000' }, /describes another version/],
    [{ ...version, SchemaDefinition: null }, /SchemaDefinition is missing/],
    [{ ...version, DataFormat: '' }, /DataFormat is empty/],
  ] as const) {
    const before = server.requests.length
    server.answers.push(ok(answer), ok(version))
    t.match(await client.getSchemaVersion(ID), { definition: '"int"' })
    t.equal(server.requests.length, before + 2)
    server.answers.push(ok(answer), ok(answer), ok(answer), ok(answer))
    await t.rejects(client.getSchemaVersion(ID), { code: 'RESPONSE_INVALID', message: why })
  }
})

t.test('a call whose failure may be temporary is made four times', async t => {
  const { server, client } = await glue(t)
  for (const answer of [
    failure('ThrottlingException', 'slow down'),
    failure('InternalServiceException', 'oh', 500),
    failure('OperationTimeoutException', 'late'),
    failure('ConcurrentModificationException', 'two at once'),
    'broken',
  ] as const) {
    server.answers.push(answer, answer)
    t.match(await client.registerSchemaVersion('f', 'r', '"int"'), { versionId: ID })
  }
  const before = server.requests.length
  server.answers.push(...Array.from({ length: 4 }, () => failure('ThrottlingException', 'slow down')))
  await t.rejects(client.registerSchemaVersion('f', 'r', '"int"'), { code: 'THROTTLED', retryable: true })
  t.equal(server.requests.length, before + 4)
})

t.test('a call without an answer ends at its deadline, and can be retried', async t => {
  const server = await scriptedServer(t, () => 'silence')
  const clock = new ManualClock()
  const client = new GlueSchemaRegistryClient(parseGlueConfigs(configs(server.url), 'AVRO').client, clock)
  t.teardown(() => client.close())
  const ends = t.rejects(client.getSchemaVersion(ID), {
    code: 'REQUEST_TIMED_OUT',
    retryable: true,
    message: new RegExp(`GetSchemaVersion on schema version ${ID} failed: no answer within ${CALL_TIMEOUT_MS} ms`),
  })
  let ended = false
  void ends.then(() => (ended = true))
  while (!ended) {
    await new Promise(resolve => setTimeout(resolve, 5))
    clock.advance(CALL_TIMEOUT_MS / 10)
  }
  await ends
  t.equal(server.requests.length, 4)
})

t.test('the error of an endpoint that does not listen names the endpoint and what to check', async t => {
  const client = new GlueSchemaRegistryClient(
    parseGlueConfigs(configs('http://127.0.0.1:9'), 'AVRO').client,
    new ImpatientClock(),
  )
  t.teardown(() => client.close())
  await t.rejects(client.getSchemaVersion(ID), {
    code: 'ENDPOINT_UNREACHABLE',
    message: /cannot reach http:\/\/127\.0\.0\.1:9 \(ECONNREFUSED\).*endpoint or AWS_ENDPOINT_URL_GLUE/,
  })
})

t.test('the error of an answer that is not JSON shows the answer, not a fault of the parser', async t => {
  let status = 200
  const server = http.createServer((_request, response) => {
    response
      .writeHead(status, { 'content-type': 'text/html' })
      .end(`<!doctype html>\n<title>Log in</title>${' '.repeat(200)}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = new GlueSchemaRegistryClient(parseGlueConfigs(configs(url), 'AVRO').client, new ImpatientClock())
  t.teardown(() => client.close())
  for (const code of ['SERVICE_FAILED', 'RESPONSE_INVALID', 'SERVICE_FAILED']) {
    await t.rejects(client.getSchemaByDefinition('f', 'r', '"int"'), {
      code,
      message: new RegExp(
        `^GetSchemaByDefinition on schema f failed: ${url} does not answer as AWS does \\(HTTP status ${status}; Unexpected token '<'[^\n]*\\). Check the schema's endpoint or AWS_ENDPOINT_URL_GLUE, and proxies on the way.$`,
      ),
    })
    status = status === 200 ? 404 : 502
  }
})

t.test('closing the client ends the calls in flight', async t => {
  for (const isRole of [false, true]) {
    const server = http.createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const role = {
      'aws.credentials.provider': 'ASSUME_ROLE',
      'aws.credentials.provider.role.arn': 'arn:aws:iam::123456789012:role/reader',
      'aws.credentials.provider.role.stsEndpoint': url,
      'aws.credentials.provider.role.provider.basic.accesskeyid': 'test',
      'aws.credentials.provider.role.provider.basic.secretkey': 'test',
    }
    const made = parseGlueConfigs(configs(url, isRole ? role : {}), 'AVRO').client
    const client = new GlueSchemaRegistryClient(made, new ManualClock())
    const ends = t.rejects(client.getSchemaVersion(ID), {
      code: 'ENDPOINT_UNREACHABLE',
      message: /the client is closed/,
    })
    // It is asked, and never answers.
    await once(server, 'request')
    client.close()
    await ends
  }
})

t.test('without a region there is an error before the first call', t => {
  const before = { ...process.env }
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) Reflect.deleteProperty(process.env, name)
  t.teardown(() => Object.assign(process.env, before))
  t.throws(() => new GlueSchemaRegistryClient({ ...options(), configuration: new Configuration() }, systemClock), {
    code: 'CONFIGURATION_INVALID',
    message: /No region: .*'region' of the schema's configuration/,
  })
  t.end()
})
