import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import t from 'tap'

import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { unknownKeys } from '../../../../core/foundation/config/known-keys.ts'
import { registerCredentialsProvider } from '../../../../core/index.ts'
import { networkOf } from '../../../../core/aws/http/network.ts'
import { SdkHttpHandler } from '../../../../core/aws/http/sdk-http-handler.ts'
import { credentialsSource } from '../../../../core/aws/credentials/credentials-source.ts'
import { scriptedServer } from '../../fakes/scripted-server.ts'

const P = 'aws.credentials.provider'
const folder = mkdtempSync(path.join(os.tmpdir(), 'shardline-credentials-'))

const requestHandler = new SdkHttpHandler(networkOf(new Configuration(), {}), {
  connectionTimeoutMs: 1000,
  socketTimeoutMs: 1000,
})
const source = (values: Record<string, string>, env: NodeJS.ProcessEnv = {}) =>
  credentialsSource(new Configuration(values), { region: 'us-east-1', requestHandler, env })

const provided = async (values: Record<string, string>, env?: NodeJS.ProcessEnv) => {
  const { accessKeyId, secretAccessKey, sessionToken = null } = await source(values, env).provide()
  return [accessKeyId, secretAccessKey, sessionToken]
}

const file = (name: string, text: string): string => {
  const full = path.join(folder, name)
  writeFileSync(full, text)
  return full
}

t.test('BASIC takes its keys, is what two keys mean, and has a session token of ours', async t => {
  const keys = { [`${P}.basic.accesskeyid`]: 'id', [`${P}.basic.secretkey`]: 'secret' }
  t.same(await provided({ [P]: 'BASIC', ...keys }), ['id', 'secret', null])
  t.same(await provided({ ...keys, [`${P}.basic.sessiontoken`]: 'token' }), ['id', 'secret', 'token'])
  t.throws(() => source({ [P]: 'BASIC', [`${P}.basic.secretkey`]: 'hush' }), {
    code: 'CONFIGURATION_INVALID',
    message: `${P} is BASIC, which needs ${P}.basic.accesskeyid and ${P}.basic.secretkey.`,
  })
})

t.test('ENV_VAR and SYS_PROP read the environment, and say what is not there', async t => {
  const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' }
  t.same(await provided({ [P]: 'ENV_VAR' }, env), ['id', 'secret', 'token'])
  const properties = { 'aws.accessKeyId': 'id', 'aws.secretAccessKey': 'secret' }
  t.same(await provided({ [P]: 'SYS_PROP' }, properties), ['id', 'secret', null])
  t.throws(() => source({ [P]: 'ENV_VAR' }, { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: '' }), {
    code: 'CONFIGURATION_INVALID',
    message: /ENV_VAR, but AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set\.$/,
  })
  t.throws(() => source({ [P]: 'SYS_PROP' }, env), { message: /no JVM here .*use ENV_VAR/ })
})

t.test('PROFILE reads the file that it is given and no other, without touching the environment', async t => {
  const credentials = file(
    'credentials',
    '[default]\naws_access_key_id = d\naws_secret_access_key = s\n[other]\naws_access_key_id = o\naws_secret_access_key = s\naws_session_token = t\n',
  )
  const before = { ...process.env }
  const path = { [P]: 'PROFILE', [`${P}.profile.path`]: credentials }
  t.same(await provided(path), ['d', 's', null])
  t.same(await provided({ ...path, [`${P}.profile.name`]: 'other' }), ['o', 's', 't'])
  t.same(
    await provided({ [`${P}.profile.path`]: credentials, [`${P}.profile.name`]: 'other' }),
    ['o', 's', 't'],
    'AUTO',
  )
  t.same({ ...process.env }, before)
  const missing = source({ ...path, [`${P}.profile.name`]: 'nobody' })
  t.equal(missing.description, `PROFILE (profile nobody of ${credentials})`)
  await t.rejects(missing.provide(), /nobody/)
  file('credentials', '[default]\naws_access_key_id = rotated\naws_secret_access_key = s\n')
  t.same(await provided(path), ['rotated', 's', null])
})

t.test('AUTO goes from the environment to a web identity, the profile, and the host', async t => {
  const keys = { AWS_ACCESS_KEY_ID: 'env', AWS_SECRET_ACCESS_KEY: 'secret' }
  const identity = {
    AWS_WEB_IDENTITY_TOKEN_FILE: file('token', 'not a token'),
    AWS_ROLE_ARN: 'arn:aws:iam::1:role/web',
  }
  const credentials = file(
    'auto',
    '[default]\naws_access_key_id = disk\naws_secret_access_key = s\n[bare]\nregion = x\n',
  )
  const home = {
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    AWS_CONFIG_FILE: '/nowhere',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const before = { ...process.env }
  Object.assign(process.env, home)
  t.teardown(() => Object.assign(process.env, { AWS_SHARED_CREDENTIALS_FILE: '', AWS_CONFIG_FILE: '' }, before))

  t.same(await provided({}, { ...home, ...keys, ...identity, AWS_PROFILE: 'nope' }), ['env', 'secret', null])
  t.equal(source({}, keys).description, 'AUTO')
  const web = source({ [`${P}.role.stsEndpoint`]: 'http://127.0.0.1:9' }, { ...home, ...identity })
  t.match(web.description, /^AUTO \(web identity, role arn:aws:iam::1:role\/web, token file .*token\)$/)
  await t.rejects(web.provide(), { code: 'ECONNREFUSED' }, 'the profile of the disk does not stand in')
  t.same(await provided({}, home), ['disk', 's', null])
  await t.rejects(provided({}, { ...home, AWS_PROFILE: 'nope' }), {
    message: "there is no profile 'nope' (AWS_PROFILE) in the AWS configuration and credentials files",
  })
  await t.rejects(provided({}, { ...home, AWS_PROFILE: 'bare' }), {
    message:
      'there are no keys in the environment, no web identity, no profile with credentials, and the instance is not asked (AWS_EC2_METADATA_DISABLED)',
  })
  const container = await scriptedServer(t, () => ({
    status: 200,
    json: { AccessKeyId: 'container', SecretAccessKey: 's', Token: 't', Expiration: '2100-01-01T00:00:00Z' },
  }))
  process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] = `${container.url}/creds`
  t.teardown(() => Reflect.deleteProperty(process.env, 'AWS_CONTAINER_CREDENTIALS_FULL_URI'))
  const inContainer = { ...home, AWS_CONTAINER_CREDENTIALS_FULL_URI: container.url, AWS_PROFILE: 'bare' }
  t.same(await provided({}, inContainer), ['container', 's', 't'])
})

t.test('a profile that the configuration names comes before the environment', async t => {
  const credentials = file('named', '[other]\naws_access_key_id = o\naws_secret_access_key = s\n')
  const env = { AWS_ACCESS_KEY_ID: 'env', AWS_SECRET_ACCESS_KEY: 'secret' }
  const named = { [`${P}.profile.path`]: credentials, [`${P}.profile.name`]: 'other' }
  t.same(await provided(named, env), ['o', 's', null])
})

t.test('an empty value is no value, and what is half given or passed over is named', async t => {
  const env = { AWS_ACCESS_KEY_ID: 'env', AWS_SECRET_ACCESS_KEY: 'secret' }
  const empty = Object.fromEntries(
    ['basic.accesskeyid', 'basic.secretkey', 'profile.name', 'profile.path', 'role.arn', 'custom.class'].map(key => [
      `${P}.${key}`,
      '',
    ]),
  )
  t.same(await provided(empty, { ...env, AWS_WEB_IDENTITY_TOKEN_FILE: '', AWS_PROFILE: '', AWS_SESSION_TOKEN: '' }), [
    'env',
    'secret',
    null,
  ])
  const errors: readonly (readonly [Record<string, string>, NodeJS.ProcessEnv, RegExp])[] = [
    [{ [`${P}.basic.accesskeyid`]: 'id' }, env, /basic\.accesskeyid is set, but .*basic\.secretkey is not\.$/],
    [{ [`${P}.basic.secretkey`]: 'hush' }, env, /basic\.secretkey is set, but .*basic\.accesskeyid is not\.$/],
    [{ [`${P}.role.arn`]: 'arn:a' }, env, /role\.arn is set, but .* is neither ASSUME_ROLE nor WEB_IDENTITY_TOKEN\.$/],
    [{ [`${P}.custom.class`]: 'vault' }, env, /custom\.class is set, but .* is not CUSTOM\.$/],
    [{ [P]: 'BASIC', [`${P}.basic.accesskeyid`]: '', [`${P}.basic.secretkey`]: 'hush' }, {}, /needs .*accesskeyid/],
    [{ [P]: 'CUSTOM', [`${P}.custom.class`]: '' }, {}, /CUSTOM, which needs .*custom\.class/],
    [{ [P]: 'ASSUME_ROLE', [`${P}.role.arn`]: '' }, {}, /ASSUME_ROLE, which needs .*role\.arn/],
    [{ [P]: 'PROFIL' }, {}, /^aws\.credentials\.provider: 'PROFIL' is not one of AUTO/],
    [{ [P]: '' }, {}, /^aws\.credentials\.provider: '' is not one of AUTO/],
    [
      { [P]: 'ASSUME_ROLE', [`${P}.role.arn`]: 'a', [`${P}.role.provider`]: 'BASIK' },
      {},
      /^aws\.credentials\.provider\.role\.provider: 'BASIK' is not one of/,
    ],
    [
      {},
      { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: '' },
      /^AWS_ACCESS_KEY_ID is set .* AWS_SECRET_ACCESS_KEY is not/,
    ],
    [{}, { AWS_SECRET_ACCESS_KEY: 'hush' }, /^AWS_SECRET_ACCESS_KEY is set .* AWS_ACCESS_KEY_ID is not\.$/],
    [
      {},
      { AWS_WEB_IDENTITY_TOKEN_FILE: '/token' },
      /^AWS_WEB_IDENTITY_TOKEN_FILE .* needs a role: set AWS_ROLE_ARN or/,
    ],
  ]
  for (const [values, variables, message] of errors) {
    t.throws(() => source(values, variables), { code: 'CONFIGURATION_INVALID', message })
    t.throws(() => source(values, variables), { message: /^(?!.*hush)/ })
  }
  await t.rejects(provided({ [P]: 'PROFILE', [`${P}.profile.path`]: '/nowhere' }), {
    message: `${P}.profile.path: there is no file '/nowhere'`,
  })
})

t.test('CUSTOM calls what is registered, or what a module exports', async t => {
  const custom = (name: string, more = {}) => ({ [P]: 'CUSTOM', [`${P}.custom.class`]: name, ...more })
  const take = registerCredentialsProvider('vault', properties => {
    return () => ({ accessKeyId: properties['vault.user']!, secretAccessKey: 's', expiration: new Date(5) })
  })
  const vault = source(custom('vault', { 'vault.user': 'me' }))
  t.match(await vault.provide(), { accessKeyId: 'me', expiration: new Date(5) })
  take()
  await t.rejects(provided(custom('vault')), {
    code: 'CONFIGURATION_INVALID',
    message: /nothing is registered as 'vault'.*Java classes cannot be loaded/,
  })
  const module = file(
    'vault.mjs',
    `export const credentials = async ({ user }) => async () => ({ accessKeyId: user, secretAccessKey: 's', sessionToken: null, expiration: '2030-01-01T00:00:00Z' })
export const credentialsProvider = () => () => ({ accessKeyId: 'default', secretAccessKey: 's' })
export const broken = () => 7
export const thing = 7
export const wrong = () => () => ({ accessKeyId: 'a', secretAccessKey: 12345678, expiration: 'soon' })
export const late = () => () => ({ accessKeyId: 'a', secretAccessKey: 'hush', expiration: 'soon' })`,
  )
  t.same(await provided(custom(`${module}#credentials`, { user: 'u' })), ['u', 's', null])
  t.same(await provided(custom(`file://${module}`)), ['default', 's', null])
  const relative = path.relative(process.cwd(), module)
  if (relative.startsWith('.')) t.same(await provided(custom(relative)), ['default', 's', null])
  for (const [name, message] of [
    [`${module}#nothing`, /exports no function 'nothing'/],
    [`${module}#thing`, /exports no function 'thing'/],
    [`${module}#broken`, /answered number, not a function/],
    [`${module}#wrong`, /secretAccessKey is not a text\.$/],
    [`${module}#late`, /expiration is not a time\.$/],
    ['./nowhere.mjs', /module '\.\/nowhere\.mjs' could not be loaded/],
  ] as const)
    await t.rejects(provided(custom(name)), { code: 'CONFIGURATION_INVALID', message })
  t.throws(() => source({ [P]: 'CUSTOM' }), { message: /CUSTOM, which needs .*custom\.class/ })
})

t.test('roles say what they need, and a nested one by its own keys', async t => {
  t.throws(() => source({ [P]: 'ASSUME_ROLE' }), { message: `${P} is ASSUME_ROLE, which needs ${P}.role.arn.` })
  t.throws(
    () =>
      source({
        [P]: 'ASSUME_ROLE',
        [`${P}.role.arn`]: 'arn:a',
        [`${P}.role.provider`]: 'ASSUME_ROLE',
        [`${P}.role.provider.role.arn`]: 'arn:b',
        [`${P}.role.provider.role.provider`]: 'BASIC',
      }),
    {
      message: new RegExp(
        `^${P}.role.provider.role.provider is BASIC, which needs ${P}.role.provider.role.provider.basic`,
      ),
    },
  )
  t.throws(() => source({ [P]: 'WEB_IDENTITY_TOKEN' }), {
    message: `${P} is WEB_IDENTITY_TOKEN, which needs ${P}.role.arn, or AWS_ROLE_ARN in the environment.`,
  })
  t.throws(() => source({ [P]: 'WEB_IDENTITY_TOKEN' }, { AWS_ROLE_ARN: 'arn:a' }), {
    message: /which needs .*webIdentityToken\.file, or AWS_WEB_IDENTITY_TOKEN_FILE in the environment/,
  })
  t.throws(() => source({ [P]: 'ASSUME_ROLE', [`${P}.role.arn`]: 'a', [`${P}.role.stsEndpoint`]: 'sts' }), {
    message: `${P}.role.stsEndpoint: 'sts' is not a URL such as http://127.0.0.1:4567.`,
  })
  const basic = `${P}.role.provider.basic`
  const described = source({
    [P]: 'assume-role',
    [`${P}.role.arn`]: 'arn:a',
    [`${basic}.accesskeyid`]: 'id',
    [`${basic}.secretkey`]: 'hush',
  }).description
  t.equal(described, `ASSUME_ROLE (role arn:a, assumed with credentials from BASIC of ${P}.role.provider)`)
})

t.test('keys of nested providers are known at any depth, and typing errors in them are found', async t => {
  const nested = `${P}.role.provider.role.provider`
  t.same(unknownKeys([`${P}.role.provider`, nested, `${nested}.role.externalId`, `${nested}.basic.secretkey`]), [])
  t.equal(unknownKeys([`${nested}.basic.secretkee`]).length, 1)
})
