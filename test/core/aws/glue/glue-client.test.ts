import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'
import type { AddressInfo } from 'node:net'

import t from 'tap'

import { systemClock } from '../../../../core/foundation/clock.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { CALL_TIMEOUT_MS, GlueSchemaRegistryClient } from '../../../../core/aws/glue/glue-client.ts'
import type { GlueClientOptions } from '../../../../schemas/glue/glue-client-options.ts'
import { parseGlueConfigs } from '../../../../schemas/glue/glue-configs.ts'
import { SchemaRegistry } from '../../../../schemas/glue/schema-registry.ts'
import type { GlueCompatibility } from '../../../../schemas/glue/schema-registry.ts'
import { httpProxy } from '../../fakes/http-proxy.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'
import { scriptedServer } from '../../fakes/scripted-server.ts'
import type { ScriptedRequest } from '../../fakes/scripted-server.ts'

const ID = '123e4567-e89b-12d3-a456-426614174000'
const ok = (json: unknown) => ({ status: 200, json })
const failure = (name: string, message: string, status = 400) => ({ status, json: { __type: name, message } })
const NO_SCHEMA = failure(
  'EntityNotFoundException',
  'Schema is not found. RegistryName: default-registry, SchemaName: f',
)
const NO_VERSION = failure('EntityNotFoundException', 'Schema version is not found. SchemaName: f')
/** An answer to any operation. */
const available = ok({ SchemaName: 'f', SchemaVersionId: ID, Status: 'AVAILABLE' })
const operationOf = ({ headers }: ScriptedRequest): string => String(headers['x-amz-target']).replace('AWSGlue.', '')

const configs = (endpoint: string, more: Record<string, unknown> = {}) => ({
  region: 'eu-west-1',
  endpoint,
  'aws.credentials.provider.basic.accesskeyid': 'test',
  'aws.credentials.provider.basic.secretkey': 'test',
  schemaAutoRegistrationEnabled: 'true',
  ...more,
})

/** Deadlines never come, delays are short. */
class ImpatientClock extends ManualClock {
  override schedule(delayMs: number, action: () => void): () => void {
    if (delayMs >= CALL_TIMEOUT_MS) return () => undefined
    const timer = setTimeout(action, 1)
    return () => clearTimeout(timer)
  }
}

async function glue(t: { teardown(end: () => unknown): void }, more: Record<string, unknown> = {}) {
  const server = await scriptedServer(t, () => available)
  const settings = parseGlueConfigs(configs(server.url, more), 'AVRO')
  const client = new GlueSchemaRegistryClient(settings.client, new ImpatientClock())
  t.teardown(() => client.close())
  const operations = (): string[] => server.requests.map(operationOf)
  return {
    server,
    client,
    settings,
    operations,
    registry: new SchemaRegistry(client, settings.registry, new QuickClock()),
  }
}

/** Waits are over at once. */
class QuickClock extends ManualClock {
  override schedule(_delayMs: number, action: () => void): () => void {
    const timer = setImmediate(action)
    return () => clearImmediate(timer)
  }
}

const schema = { schemaName: 'f', dataFormat: 'AVRO', definition: '"int"', transportName: 'stream' } as const

t.test('missing credentials are told with where they belong', async t => {
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

t.test('each call asks what the service wants, and reads what it answers', async t => {
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

t.test('what the service refuses is an error with the schema, and tried once', async t => {
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

t.test('an answer that lacks what is needed is asked for again, and then an error', async t => {
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

t.test('what may pass is tried four times', async t => {
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

t.test('a call that is not answered ends, and may be tried again', async t => {
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

t.test('nobody who listens is told with the endpoint, and what to look at', async t => {
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

t.test('the first write makes the schema, in whatever mode of compatibility', async t => {
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

t.test('a version that is checked for a while is waited for; one that is refused, or was, is an error', async t => {
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

t.test('without registration, a schema that is not there is an error', async t => {
  const { server, registry } = await glue(t, { schemaAutoRegistrationEnabled: false })
  server.answers.push(NO_SCHEMA)
  await t.rejects(registry.versionOf(schema), { code: 'SCHEMA_NOT_FOUND', message: /registering it is off/ })
})

t.test('an answer that is no JSON is told as what it is, not as a fault of the parser', async t => {
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

t.test('proxyUrl is asked, with its user, and what it refuses is told', async t => {
  const { server } = await glue(t)
  const proxy = await httpProxy(t, Number(new URL(server.url).port))
  const proxyUrl = `http://me:secret@127.0.0.1:${proxy.port}`
  const client = new GlueSchemaRegistryClient(
    parseGlueConfigs(configs('http://glue.corp.test', { proxyUrl }), 'AVRO').client,
    new ImpatientClock(),
  )
  t.teardown(() => client.close())
  await client.getSchemaByDefinition('f', 'r', '"int"')
  const authorization = `Basic ${Buffer.from('me:secret').toString('base64')}`
  t.same(proxy.asked, [`POST http://glue.corp.test/ ${authorization}`])
  proxy.refuse = 407
  await t.rejects(client.getSchemaByDefinition('f', 'r', '"int"'), {
    code: 'ENDPOINT_UNREACHABLE',
    message: new RegExp(`cannot reach http://glue.corp.test \\(the proxy 127.0.0.1:${proxy.port} does not accept`),
  })
  t.throws(() => new GlueSchemaRegistryClient({ ...options(), proxyUrl: 'proxy:3128' }, systemClock), {
    code: 'CONFIGURATION_INVALID',
    message: /proxyUrl: 'proxy:3128' is not a URL/,
  })
})

t.test('the password of a proxy is in no message, and may have any character', async t => {
  for (const proxyUrl of [
    'htp://me:s3cret@proxy:1',
    'me:s3cret@proxy:3128',
    'http://me:s3cret@pro xy',
    'http://me:s3@cret@:x',
  ])
    t.throws(
      () => new GlueSchemaRegistryClient({ ...options(), proxyUrl }, systemClock),
      { code: 'CONFIGURATION_INVALID', message: /^proxyUrl: '(?!.*(s3|cret)).*\*\*\*@/ },
      proxyUrl,
    )
  const asked: string[] = []
  const sockets: net.Socket[] = []
  const proxy = http.createServer()
  proxy.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    asked.push(String(request.headers['proxy-authorization']))
    sockets.push(socket)
    // It stays open.
    socket.write('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => proxy.close())
  const proxyUrl = `http://me:100%@127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const client = new GlueSchemaRegistryClient(
    parseGlueConfigs(configs('https://127.0.0.1:9', { proxyUrl }), 'AVRO').client,
    new ImpatientClock(),
  )
  await t.rejects(client.getSchemaVersion(ID), {
    code: 'ENDPOINT_UNREACHABLE',
    message: /does not accept the user and the password \(HTTP status 407\)/,
  })
  t.same(new Set(asked), new Set([`Basic ${Buffer.from('me:100%').toString('base64')}`]))
  client.close()
  for (const socket of sockets)
    if (!socket.readableEnded) await Promise.race([once(socket, 'close'), once(socket, 'end')])
  t.equal(sockets.length, 4, 'and no connection to the proxy is left')
})

t.test('what is under way ends when the client is closed', async t => {
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

function options(): GlueClientOptions {
  return parseGlueConfigs({ region: 'eu-west-1' }, 'AVRO').client
}

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
