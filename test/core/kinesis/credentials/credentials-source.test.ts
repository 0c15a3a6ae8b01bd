import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import t from 'tap'

import { Configuration } from '../../../../core/config/configuration.ts'
import { unknownKeys } from '../../../../core/config/known-keys.ts'
import { registerCredentialsProvider } from '../../../../core/index.ts'
import { networkOf } from '../../../../core/kinesis/network.ts'
import { SdkHttpHandler } from '../../../../core/kinesis/sdk-http-handler.ts'
import { credentialsSource } from '../../../../core/kinesis/credentials/credentials-source.ts'

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

t.test('AUTO takes the keys of the environment, as the first link of the default chain does', async t => {
  const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }
  t.same(await provided({}, env), ['id', 'secret', null])
  t.equal(source({}, env).description, 'AUTO')
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
    message: `${P}.role.stsEndpoint: 'sts' is not a URL.`,
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
