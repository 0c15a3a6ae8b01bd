import t from 'tap'

import { ServiceError } from '../../../core/foundation/errors.ts'
import { SchemaRegistry } from '../../../schemas/glue/schema-registry.ts'
import type {
  RegisteredSchema,
  SchemaRegistryApi,
  SchemaRegistryOptions,
  SchemaVersion,
} from '../../../schemas/glue/schema-registry.ts'
import { ManualClock, settle } from '../../core/fakes/manual-clock.ts'

const DAY_MS = 86_400_000
const notFound = (): ServiceError => new ServiceError('SCHEMA_NOT_FOUND', 'Schema version is not found.')
const down = (): ServiceError => new ServiceError('ENDPOINT_UNREACHABLE', 'cannot reach the registry')

interface Stored extends SchemaVersion, RegisteredSchema {}

/** A registry that remembers, and does what a test scripts. */
class FakeRegistry implements SchemaRegistryApi {
  readonly calls: string[] = []
  readonly versions = new Map<string, Stored>()
  readonly metadata: string[] = []
  /** Statuses of what is registered: the first at once, the others one with each look. */
  statuses: (string | null)[] = ['AVAILABLE']
  isDown = false
  metadataFails: Error | null = null
  /** Called before a schema is created: another producer. */
  beforeCreate: () => void = () => undefined

  async getSchemaByDefinition(schemaName: string, _registry: string, definition: string): Promise<SchemaVersion> {
    this.#called('getSchemaByDefinition')
    const found = [...this.versions.values()].find(v => v.schemaName === schemaName && v.definition === definition)
    if (found === undefined) throw notFound()
    return found
  }

  async schemaExists(schemaName: string): Promise<boolean> {
    this.#called('schemaExists')
    return [...this.versions.values()].some(v => v.schemaName === schemaName)
  }

  async registerSchemaVersion(schemaName: string, _registry: string, definition: string): Promise<SchemaVersion> {
    this.#called('registerSchemaVersion')
    return this.add(schemaName, definition)
  }

  async createSchema({ schemaName, definition }: { schemaName: string; definition: string }): Promise<SchemaVersion> {
    this.#called('createSchema')
    this.beforeCreate()
    if ([...this.versions.values()].some(v => v.schemaName === schemaName))
      throw new ServiceError('SCHEMA_EXISTS', 'there is one')
    return this.add(schemaName, definition)
  }

  async getSchemaVersion(versionId: string): Promise<Stored> {
    this.#called('getSchemaVersion')
    const version = this.versions.get(versionId)
    if (version === undefined) throw notFound()
    const stored = { ...version, status: this.statuses.shift() ?? version.status }
    this.versions.set(versionId, stored)
    return stored
  }

  async putSchemaVersionMetadata(_versionId: string, key: string, value: string): Promise<void> {
    this.#called('putSchemaVersionMetadata')
    if (this.metadataFails !== null) throw this.metadataFails
    this.metadata.push(`${key}=${value}`)
  }

  add(schemaName: string, definition: string): Stored {
    const versionId = `version-${this.versions.size + 1}`
    const status = this.statuses.shift() ?? 'AVAILABLE'
    const stored = { versionId, status, definition, schemaName, dataFormat: 'AVRO' }
    this.versions.set(versionId, stored)
    return stored
  }

  #called(name: string): void {
    this.calls.push(name)
    if (this.isDown) throw down()
  }
}

function registryOf(overrides: Partial<SchemaRegistryOptions> = {}) {
  const api = new FakeRegistry()
  const clock = new ManualClock()
  const warnings: string[] = []
  const options: SchemaRegistryOptions = {
    registryName: 'default-registry',
    autoRegistration: true,
    compatibility: 'BACKWARD',
    description: '',
    tags: {},
    metadata: {},
    cacheSize: 200,
    timeToLiveMs: DAY_MS,
    ...overrides,
  }
  return { api, clock, warnings, registry: new SchemaRegistry(api, options, clock, w => warnings.push(w)) }
}

const schema = (definition = '"string"', schemaName = 'flights') =>
  ({ schemaName, dataFormat: 'AVRO', definition, transportName: 'stream' }) as const

t.test('a version that is there is found once, and known from then on', async t => {
  const { api, registry } = registryOf()
  const { versionId } = api.add('flights', '"string"')
  t.equal(registry.knownVersionOf(schema()), undefined)
  t.same(await Promise.all([registry.versionOf(schema()), registry.versionOf(schema())]), [versionId, versionId])
  t.equal(await registry.versionOf(schema()), versionId)
  t.equal(registry.knownVersionOf(schema()), versionId)
  t.same(api.calls, ['getSchemaByDefinition'])
})

t.test('the first write makes the schema, with its metadata', async t => {
  const { api, registry } = registryOf({ metadata: { team: 'ops' } })
  t.equal(await registry.versionOf(schema()), 'version-1')
  t.same(api.calls.slice(0, 3), ['getSchemaByDefinition', 'schemaExists', 'createSchema'])
  t.same(api.metadata, ['x-amz-meta-transport=stream', 'team=ops'])
})

t.test('the first write of another version registers it, and waits for the check', async t => {
  const { api, registry, clock } = registryOf()
  api.add('flights', '"string"')
  api.statuses = ['PENDING', 'PENDING', 'AVAILABLE']
  let got: string | null = null
  const asking = registry.versionOf(schema('"long"')).then(id => (got = id))
  await clock.pass(250, 50)
  t.equal(got, null)
  await clock.pass(1500, 50)
  await asking
  t.equal(got, 'version-2')
  t.ok(api.calls.includes('registerSchemaVersion'))
  t.notOk(api.calls.includes('createSchema'))
})

t.test(
  'an evolution that is refused is an error with the schema, and not forgotten as if it were a success',
  async t => {
    const { api, registry, clock } = registryOf()
    api.add('flights', '"string"')
    api.statuses = ['PENDING', 'FAILURE']
    const asking = registry.versionOf(schema('"long"'))
    const rejected = t.rejects(asking, {
      code: 'SCHEMA_REJECTED',
      message: /'flights' .* version version-2: .*FAILURE.*compatib/,
    })
    await clock.pass(1500, 50)
    await rejected
    await t.rejects(registry.versionOf(schema('"long"')), {
      code: 'SCHEMA_REJECTED',
      message: /its status is FAILURE/,
    })
  },
)

t.test('a check that never ends is an error that may be tried again', async t => {
  const { api, registry, clock } = registryOf()
  api.add('flights', '"string"')
  api.statuses = Array.from({ length: 30 }, () => 'PENDING')
  const rejected = t.rejects(registry.versionOf(schema('"long"')), {
    code: 'SERVICE_FAILED',
    message: /still PENDING after 10/,
  })
  await clock.pass(40_000, 500)
  await rejected
})

t.test('without auto-registration nothing is made', async t => {
  const { api, registry } = registryOf({ autoRegistration: false })
  await t.rejects(registry.versionOf(schema()), {
    code: 'SCHEMA_NOT_FOUND',
    message: /registering it is off.*schemaAutoRegistrationEnabled/,
  })
  t.same(api.calls, ['getSchemaByDefinition'])
})

t.test('of two producers that race, the slower one registers a version of what the quicker one made', async t => {
  const { api, registry } = registryOf()
  api.beforeCreate = () => void api.add('flights', '"int"')
  t.equal(await registry.versionOf(schema()), 'version-2')
  t.ok(api.calls.includes('registerSchemaVersion'))
})

t.test('metadata that another producer has put is none', async t => {
  const { api, registry, warnings } = registryOf()
  api.metadataFails = new ServiceError('SCHEMA_EXISTS', 'Resource already exist for schema version id')
  t.equal(await registry.versionOf(schema()), 'version-1')
  t.same(warnings, [])
})

t.test('metadata that cannot be put is a warning', async t => {
  const { api, registry, warnings } = registryOf()
  api.metadataFails = new Error('no')
  t.equal(await registry.versionOf(schema()), 'version-1')
  t.match(warnings, [/'flights': its metadata/])
})

t.test('a schema is read once; after a day it is asked for again, and serves meanwhile', async t => {
  const { api, registry, clock } = registryOf()
  const { versionId } = api.add('flights', '"string"')
  t.match(await registry.schemaOf(versionId), { definition: '"string"', schemaName: 'flights' })
  await registry.schemaOf(versionId)
  t.equal(api.calls.length, 1)
  clock.advance(DAY_MS + 1)
  t.match(await registry.schemaOf(versionId), { definition: '"string"' })
  await settle()
  t.equal(api.calls.length, 2)
  clock.advance(DAY_MS + 1)
  api.isDown = true
  for (let i = 0; i < 3; i++) {
    t.match(await registry.schemaOf(versionId), { definition: '"string"' }, 'stale, but the registry is down')
    await settle()
  }
  await t.rejects(registry.schemaOf('version-9'), { code: 'ENDPOINT_UNREACHABLE' })
})

t.test('what is not there is an error each time, asked for every ten seconds, and found once it is', async t => {
  const { api, registry, clock } = registryOf()
  for (let i = 0; i < 100; i++) {
    await t.rejects(registry.schemaOf('version-1'), { code: 'SCHEMA_NOT_FOUND' })
    clock.advance(50)
  }
  t.equal(api.calls.length, 1)
  clock.advance(5001)
  api.isDown = true
  for (let i = 0; i < 2; i++) await t.rejects(registry.schemaOf('version-1'), { code: 'ENDPOINT_UNREACHABLE' })
  t.equal(api.calls.length, 3, 'a registry that does not answer is another thing')
  api.isDown = false
  api.add('flights', '"string"')
  t.match(await registry.schemaOf('version-1'), { definition: '"string"' })
})

t.test('the caches are bounded', async t => {
  const { api, registry } = registryOf({ cacheSize: 2 })
  for (const name of ['a', 'b', 'c']) api.add(name, '"string"')
  for (const id of ['version-1', 'version-2', 'version-3', 'version-1']) await registry.schemaOf(id)
  t.equal(api.calls.length, 4)
})

t.test('what is crowded out of a cache while it is asked for still comes', async t => {
  const { api, registry } = registryOf({ cacheSize: 1 })
  for (const name of ['a', 'b', 'c']) api.add(name, `"${name}"`)
  const ids = ['version-1', 'version-2', 'version-9', 'version-3']
  const [a, b, none, c] = await Promise.allSettled(ids.map(id => registry.schemaOf(id)))
  t.match(
    [a, b, c],
    ['"a"', '"b"', '"c"'].map(definition => ({ value: { definition } })),
  )
  t.match(none, { reason: { code: 'SCHEMA_NOT_FOUND' } })
  const written = ['a', 'b', 'c'].map(name => ({ ...schema(), schemaName: name, definition: `"${name}"` }))
  t.same(await Promise.all(written.map(one => registry.versionOf(one))), ['version-1', 'version-2', 'version-3'])
})
