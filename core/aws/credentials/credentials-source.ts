/**
 * Makes the credentials provider that the options name. Missing or contradictory options are a ConfigurationError at once. Other
 * failures appear when credentials are requested.
 */

import {
  credentialsOptionsOf,
  CREDENTIALS_PREFIX,
  nestedCredentialsPrefix,
} from '../../foundation/config/aws-options.ts'
import type { CredentialsProviderName } from '../../foundation/config/aws-options.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { maskedMessage, maskedUrl } from '../../foundation/config/mask.ts'
import { ConfigurationError } from '../../foundation/errors.ts'
import { checkEndpoint } from '../../foundation/config/endpoint.ts'
import type { SdkHttpHandler } from '../http/sdk-http-handler.ts'
import { customCredentialsProvider } from './custom-credentials.ts'
import type { AwsCredentials } from './refreshing-credentials.ts'
import type { Role, SdkClientSettings } from './sdk-credentials.ts'

export interface CredentialsSource {
  readonly provider: CredentialsProviderName
  /** For messages: the provider and its distinguishing options. */
  readonly description: string
  readonly provide: () => Promise<AwsCredentials>
}

export interface CredentialsSurroundings {
  readonly region: string
  readonly requestHandler: SdkHttpHandler
  readonly env: NodeJS.ProcessEnv
}

export function credentialsSource(
  configuration: Configuration,
  surroundings: CredentialsSurroundings,
  prefix = CREDENTIALS_PREFIX,
  outerStsEndpoint: string | null = null,
): CredentialsSource {
  const { env } = surroundings
  const options = credentialsOptionsOf(prefix)
  // An empty value counts as not set, and so does an empty environment variable.
  const find = (name: Exclude<keyof typeof options, 'credentialsProvider'>): string | null =>
    nonEmpty(configuration.find(options[name]))
  const need = (name: Parameters<typeof find>[0], variable?: string): string => {
    const value = find(name) ?? (variable === undefined ? null : nonEmpty(env[variable]))
    if (value !== null) return value
    const or = variable === undefined ? '' : `, or ${variable} in the environment`
    throw new ConfigurationError(`${prefix} is ${provider}, which needs ${options[name].key}${or}.`)
  }
  const needForToken = (name: Parameters<typeof find>[0], variable: string): string => {
    const value = find(name) ?? nonEmpty(env[variable])
    if (value !== null) return value
    throw new ConfigurationError(
      `AWS_WEB_IDENTITY_TOKEN_FILE or ${options.webIdentityTokenFile.key} names a token, which needs a role: set ${variable} or ${options[name].key}.`,
    )
  }
  const both = find('accessKeyId') !== null && find('secretKey') !== null
  const provider = configuration.find(options.credentialsProvider) ?? (both ? 'BASIC' : 'AUTO')
  const stsEndpoint = find('roleStsEndpoint') ?? outerStsEndpoint
  if (stsEndpoint !== null) checkEndpoint(options.roleStsEndpoint.key, stsEndpoint)
  const settings: SdkClientSettings = {
    region: surroundings.region,
    requestHandler: surroundings.requestHandler,
    endpoint: stsEndpoint,
  }
  const role = (arn: string): Role => ({
    arn,
    sessionName: find('roleSessionName') ?? nonEmpty(env['AWS_ROLE_SESSION_NAME']) ?? 'shardline',
    externalId: find('roleExternalId'),
  })
  const source = (detail: string, provide: CredentialsSource['provide']): CredentialsSource => ({
    provider,
    description: `${provider}${prefix === CREDENTIALS_PREFIX ? '' : ` of ${prefix}`}${detail === '' ? '' : ` (${maskedMessage(detail)})`}`,
    provide,
  })

  switch (provider) {
    case 'BASIC': {
      if (!both)
        throw new ConfigurationError(
          `${prefix} is BASIC, which needs ${options.accessKeyId.key} and ${options.secretKey.key}.`,
        )
      const token = find('sessionToken')
      return source('', fixed(find('accessKeyId')!, find('secretKey')!, token))
    }
    case 'ENV_VAR':
      return source('', fromEnvironment(env, prefix, provider, ENVIRONMENT_NAMES))
    case 'SYS_PROP':
      return source('', fromEnvironment(env, prefix, provider, PROPERTY_NAMES))
    case 'PROFILE': {
      const [name, path] = [find('profileName'), find('profilePath')]
      const of = `profile ${name ?? nonEmpty(env['AWS_PROFILE']) ?? 'default'}${path === null ? '' : ` of ${path}`}`
      const profile = { name, path, pathKey: options.profilePath.key, variable: nonEmpty(env['AWS_PROFILE']) }
      return source(
        of,
        lazily(async sdk => sdk.profileProvider(profile, settings)),
      )
    }
    case 'AUTO': {
      checkAuto(find, options, nonEmpty(env['AWS_WEB_IDENTITY_TOKEN_FILE']) !== null)
      const [name, path] = [find('profileName'), find('profilePath')]
      // A profile in the configuration overrides the environment.
      if (name === null && path === null) {
        if (hasKeys(env)) return source('', fromEnvironment(env, prefix, provider, ENVIRONMENT_NAMES))
        const file = find('webIdentityTokenFile') ?? nonEmpty(env['AWS_WEB_IDENTITY_TOKEN_FILE'])
        if (file !== null) {
          const assumed = role(needForToken('roleArn', 'AWS_ROLE_ARN'))
          const detail = `web identity, role ${assumed.arn}, token file ${file}`
          return source(
            detail,
            lazily(async sdk => sdk.webIdentity(assumed, file, settings)),
          )
        }
      }
      const profile = { name, path, pathKey: options.profilePath.key, variable: nonEmpty(env['AWS_PROFILE']) }
      return source(
        '',
        lazily(async sdk => sdk.profileOrHost(profile, settings, env)),
      )
    }
    case 'ASSUME_ROLE': {
      const { arn, ...rest } = role(need('roleArn'))
      const base = credentialsSource(configuration, surroundings, nestedCredentialsPrefix(prefix), stsEndpoint)
      const detail = `role ${arn}, assumed with credentials from ${base.description}`
      return source(
        detail,
        lazily(async sdk => sdk.assumeRole({ arn, ...rest }, base.provide, settings)),
      )
    }
    case 'WEB_IDENTITY_TOKEN': {
      const assumed = role(need('roleArn', 'AWS_ROLE_ARN'))
      const file = need('webIdentityTokenFile', 'AWS_WEB_IDENTITY_TOKEN_FILE')
      const detail = `role ${assumed.arn}, token file ${file}`
      return source(
        detail,
        lazily(async sdk => sdk.webIdentity(assumed, file, settings)),
      )
    }
    case 'CUSTOM': {
      const name = need('customClass')
      const made = once(() => customCredentialsProvider(options.customClass.key, name, configuration.toObject()))
      return source(name, async () => checked(name, await (await made())()))
    }
  }
}

const ENVIRONMENT_NAMES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const
const PROPERTY_NAMES = ['aws.accessKeyId', 'aws.secretAccessKey', 'aws.sessionToken'] as const

function fromEnvironment(
  env: NodeJS.ProcessEnv,
  prefix: string,
  provider: CredentialsProviderName,
  [idName, secretName, tokenName]: readonly [string, string, string],
): CredentialsSource['provide'] {
  const [id, secret] = [nonEmpty(env[idName]), nonEmpty(env[secretName])]
  if (id !== null && secret !== null) return fixed(id, secret, nonEmpty(env[tokenName]))
  const hint =
    provider === 'SYS_PROP'
      ? ' There is no JVM here whose system properties could be read: set environment variables of these names, or use ENV_VAR.'
      : ''
  throw new ConfigurationError(`${prefix} is ${provider}, but ${idName} and ${secretName} are not both set.${hint}`)
}

/** Whether AUTO ends at the environment. @throws ConfigurationError where one of two keys is set */
function hasKeys(env: NodeJS.ProcessEnv): boolean {
  const names = ENVIRONMENT_NAMES.slice(0, 2)
  const missing = names.filter(name => nonEmpty(env[name]) === null)
  if (missing.length === 1)
    throw new ConfigurationError(
      `${names.find(name => !missing.includes(name))!} is set in the environment, but ${missing[0]!} is not.`,
    )
  return missing.length === 0
}

type Options = ReturnType<typeof credentialsOptionsOf>

/** Refuses keys of a provider that is not used, because they would have no effect. @throws ConfigurationError */
function checkAuto(
  find: (name: Exclude<keyof Options, 'credentialsProvider'>) => string | null,
  options: Options,
  tokenInEnvironment: boolean,
): void {
  const passedOver = (name: Exclude<keyof Options, 'credentialsProvider'>, needs: string): never => {
    throw new ConfigurationError(`${options[name].key} is set, but ${needs}.`)
  }
  const provider = options.credentialsProvider.key
  if (find('accessKeyId') !== null && find('secretKey') === null)
    passedOver('accessKeyId', `${options.secretKey.key} is not`)
  if (find('secretKey') !== null && find('accessKeyId') === null)
    passedOver('secretKey', `${options.accessKeyId.key} is not`)
  if (find('customClass') !== null) passedOver('customClass', `${provider} is not CUSTOM`)
  if (find('roleArn') !== null && find('webIdentityTokenFile') === null && !tokenInEnvironment)
    passedOver('roleArn', `${provider} is neither ASSUME_ROLE nor WEB_IDENTITY_TOKEN`)
}

function fixed(accessKeyId: string, secretAccessKey: string, token: string | null): CredentialsSource['provide'] {
  const credentials = {
    accessKeyId,
    secretAccessKey,
    ...(token === null ? {} : { sessionToken: token }),
  }
  return async () => credentials
}

/** The SDK's providers are loaded when credentials are first asked for. */
function lazily(
  make: (sdk: typeof import('./sdk-credentials.ts')) => Promise<() => Promise<AwsCredentials>>,
): CredentialsSource['provide'] {
  const provider = once(async () => make(await import('./sdk-credentials.ts')))
  return async () => (await provider())()
}

/** Makes the provider at the first call. If that fails, the next call tries again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return async () => {
    made ??= make()
    try {
      return await made
    } catch (error) {
      made = undefined
      throw error
    }
  }
}

/** Checks the result of code of the program. The error names the wrong member, never its value. */
function checked(name: string, answer: unknown): AwsCredentials {
  const wrong = (what: string): never => {
    throw new ConfigurationError(`Credentials from CUSTOM (${maskedUrl(name)}): ${what}.`)
  }
  if (typeof answer !== 'object' || answer === null) return wrong('the provider answered no object')
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = answer as Partial<
    Record<keyof AwsCredentials, unknown>
  >
  if (typeof accessKeyId !== 'string' || accessKeyId === '') return wrong('accessKeyId is not a text')
  if (typeof secretAccessKey !== 'string' || secretAccessKey === '') return wrong('secretAccessKey is not a text')
  if (sessionToken !== undefined && sessionToken !== null && typeof sessionToken !== 'string')
    return wrong('sessionToken is not a text')
  const expires = expiration === undefined || expiration === null ? undefined : toDate(expiration)
  if (expires !== undefined && Number.isNaN(expires.getTime())) return wrong('expiration is not a time')
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? undefined, expiration: expires }
}

/** A Date, epoch milliseconds, or ISO 8601 text, because a Date cannot cross a bridge. */
const toDate = (value: unknown): Date =>
  value instanceof Date ? value : new Date(typeof value === 'number' || typeof value === 'string' ? value : NaN)

const nonEmpty = (text: string | null | undefined): string | null => text || null
