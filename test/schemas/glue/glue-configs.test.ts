import t from 'tap'

import { glueCollections, glueOptions, parseGlueConfigs, schemaNameOf } from '../../../schemas/glue/glue-configs.ts'

const parse = (configs: Record<string, unknown>) => parseGlueConfigs(configs, 'AVRO')

t.test('nothing given is what Amazon has', t => {
  const { registry, compression, schemaName, warnings, client } = parse({ region: 'eu-west-1' })
  t.same(registry, {
    registryName: 'default-registry',
    autoRegistration: false,
    compatibility: 'BACKWARD',
    description: 'DEFAULT-DESCRIPTION-eu-west-1-default-registry',
    tags: {},
    metadata: {},
    cacheSize: 200,
    timeToLiveMs: 86_400_000,
  })
  t.same([compression, schemaName, warnings], ['NONE', null, []])
  t.same(client.configuration.toObject(), { 'aws.region': 'eu-west-1' })
  t.same(client.userAgent, {
    autoRegistration: false,
    compression: false,
    secondaryDeserializer: false,
    app: 'default',
  })
  t.end()
})

t.test('values are texts, or what a map of Java may hold', t => {
  for (const [yes, size, ttl] of [
    ['true', '7', '1000'],
    [true, 7, 1000],
  ] as const) {
    const { registry, compression } = parse({
      region: 'r',
      'registry.name': 'flights',
      schemaAutoRegistrationEnabled: yes,
      compression: 'zlib',
      compatibility: 'full_all',
      cacheSize: size,
      timeToLiveMillis: ttl,
      description: '',
      tags: { team: 'ops', level: 1 },
      metadata: new Map([['a', 'b']]),
      jacksonSerializationFeatures: ['WRITE_ENUMS_USING_TO_STRING'],
      avroRecordType: 'GENERIC_RECORD',
    })
    t.match(registry, {
      registryName: 'flights',
      autoRegistration: true,
      compatibility: 'FULL_ALL',
      description: '',
      tags: { team: 'ops', level: '1' },
      metadata: { a: 'b' },
      cacheSize: 7,
      timeToLiveMs: 1000,
    })
    t.equal(compression, 'ZLIB')
  }
  t.end()
})

t.test('what cannot be is said, with its key', t => {
  for (const [configs, message] of [
    [{ compression: 'GZIP' }, /compression: 'GZIP' is not one of NONE, ZLIB/],
    [{ compatibility: 'SOMETIMES' }, /compatibility: 'SOMETIMES' is not one of NONE, DISABLED, BACKWARD/],
    [{ schemaAutoRegistrationEnabled: 'yes' }, /schemaAutoRegistrationEnabled: 'yes' is not 'true' or 'false'/],
    [{ cacheSize: 0 }, /cacheSize: '0' is not a whole number from 1/],
    [{ timeToLiveMillis: 'soon' }, /timeToLiveMillis: 'soon'/],
    [{ region: {} }, /region: a value of type object is not a string/],
    [{ 'registry.name': ['a'] }, /registry\.name: a list is not a string/],
    [{ tags: 'a=b' }, /tags is not an object of strings/],
    [{ tags: ['a'] }, /tags is not an object/],
    [{ metadata: { a: {} } }, /metadata\.a: a value of type object is not a string/],
    [{ endpoint: 'localhost:5000' }, /endpoint: 'localhost:5000' is not a URL/],
    [{ dataFormat: 'PROTOBUF' }, /Protobuf is not supported/],
    [{ protobufMessageType: 'POJO' }, /Protobuf is not supported/],
    [{ dataFormat: 'JSON' }, /dataFormat is JSON, and the schema is one of AVRO/],
  ] as const)
    t.throws(() => parse(configs), { code: 'CONFIGURATION_INVALID', message }, JSON.stringify(configs))
  t.end()
})

t.test('a key that means nothing is a warning, with the nearest that does', t => {
  const { warnings } = parse({
    schemaAutoRegistrationEnable: true,
    registryName: 'a',
    zzz: 1,
    'aws.endpoint': 'http://k',
  })
  t.same(warnings, [
    "schemaAutoRegistrationEnable is not a key of the schema registry and has no effect. Did you mean 'schemaAutoRegistrationEnabled'?",
    "registryName is not a key of the schema registry and has no effect. Did you mean 'registry.name'?",
    'zzz is not a key of the schema registry and has no effect.',
    "aws.endpoint is the endpoint of Kinesis and is not used for the schema registry. Use 'endpoint' instead.",
  ])
  t.match(parse({ secondaryDeserializer: 'com.acme.Old' }).warnings, [/secondaryDeserializer names a Java class/])
  t.end()
})

t.test('credentials are those of every client; a role is assumed with them', t => {
  const P = 'aws.credentials.provider'
  const basic = { [P]: 'BASIC', [`${P}.basic.accesskeyid`]: 'a', [`${P}.basic.secretkey`]: 'b' }
  t.same(
    parse({
      ...basic,
      'aws.region': 'r',
      endpoint: 'http://g',
      'aws.endpoint': 'http://k',
    }).client.configuration.toObject(),
    {
      ...basic,
      'aws.region': 'r',
      'aws.endpoint': 'http://g',
    },
  )
  t.same(
    parse({
      ...basic,
      region: 'r',
      assumeRoleArn: 'arn:x',
      assumeRoleSessionName: 's',
    }).client.configuration.toObject(),
    {
      'aws.region': 'r',
      [P]: 'ASSUME_ROLE',
      [`${P}.role.arn`]: 'arn:x',
      [`${P}.role.sessionName`]: 's',
      [`${P}.role.provider`]: 'BASIC',
      [`${P}.role.provider.basic.accesskeyid`]: 'a',
      [`${P}.role.provider.basic.secretkey`]: 'b',
    },
  )
  t.end()
})

t.test("a schema has the configured name, else the stream's", t => {
  t.equal(schemaNameOf(parse({ schemaName: 'a' }), 'stream'), 'a')
  t.equal(schemaNameOf(parse({}), 'stream'), 'stream')
  t.throws(() => schemaNameOf(parse({}), null), {
    code: 'CONFIGURATION_INVALID',
    message: /has no name: set 'schemaName'/,
  })
  t.end()
})

t.test('every key is there once, and says what it means', t => {
  const all = [...Object.values(glueOptions), ...Object.values(glueCollections)]
  t.equal(new Set(all.map(({ key }) => key)).size, all.length)
  for (const { key, description } of all) t.match(description, /\.$/, key)
  t.end()
})
