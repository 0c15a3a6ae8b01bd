/**
 * From options to the provider that they name. What is missing or contradictory is said at once, as a ConfigurationError; what
 * only asking can tell is for whoever asks.
 */

import { credentialsOptionsOf, CREDENTIALS_PREFIX, nestedCredentialsPrefix } from '../../config/aws-options.ts'
import type { CredentialsProviderName } from '../../config/aws-options.ts'
import type { Configuration } from '../../config/configuration.ts'
import { ConfigurationError } from '../../errors.ts'
import type { SdkHttpHandler } from '../sdk-http-handler.ts'
import { customCredentialsProvider } from './custom-credentials.ts'
import type { AwsCredentials } from './refreshing-credentials.ts'
import type { Role, SdkClientSettings } from './sdk-credentials.ts'

export interface CredentialsSource {
  readonly provider: CredentialsProviderName
  /** For messages: the provider, and what tells it from another of its kind. */
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
  const find = (name: Exclude<keyof typeof options, 'credentialsProvider'>): string | null =>
    configuration.find(options[name])
  const need = (name: Parameters<typeof find>[0], variable?: string): string => {
    const value = find(name) ?? (variable === undefined ? null : nonEmpty(env[variable]))
    if (value !== null) return value
    const or = variable === undefined ? '' : `, or ${variable} in the environment`
    throw new ConfigurationError(`${prefix} is ${provider}, which needs ${options[name].key}${or}.`)
  }
  const both = find('accessKeyId') !== null && find('secretKey') !== null
  const provider = configuration.find(options.credentialsProvider) ?? (both ? 'BASIC' : 'AUTO')
  const stsEndpoint = find('roleStsEndpoint') ?? outerStsEndpoint
  if (stsEndpoint !== null && !URL.canParse(stsEndpoint))
    throw new ConfigurationError(`${options.roleStsEndpoint.key}: '${stsEndpoint}' is not a URL.`)
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
    description: `${provider}${prefix === CREDENTIALS_PREFIX ? '' : ` of ${prefix}`}${detail === '' ? '' : ` (${detail})`}`,
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
      return source(
        of,
        lazily(async sdk => sdk.profileProvider(name, path, settings)),
      )
    }
    case 'AUTO': {
      const [name, path] = [find('profileName'), find('profilePath')]
      if (name === null && path === null && endsInEnvironment(env))
        return source('', fromEnvironment(env, prefix, provider, ENVIRONMENT_NAMES))
      return source(
        '',
        lazily(async sdk => sdk.defaultChain(name, path, settings)),
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

/** Whether the default chain ends at its first link: then the rest of it need not be loaded. */
function endsInEnvironment(env: NodeJS.ProcessEnv): boolean {
  const [id, secret] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']]
  const more = env['AWS_PROFILE'] ?? env['AWS_CREDENTIAL_EXPIRATION']
  return nonEmpty(id) !== null && nonEmpty(secret) !== null && nonEmpty(more) === null
}

function fixed(accessKeyId: string, secretAccessKey: string, token: string | null): CredentialsSource['provide'] {
  const credentials = {
    accessKeyId,
    secretAccessKey,
    ...(token === null || token === '' ? {} : { sessionToken: token }),
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

/** Made at the first call; a call that fails may be made again. */
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

/** What foreign code answered; says which member is wrong, never what it is. */
function checked(name: string, answer: unknown): AwsCredentials {
  const wrong = (what: string): never => {
    throw new ConfigurationError(`Credentials from CUSTOM (${name}): ${what}.`)
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

/** A Date, epoch milliseconds, or ISO 8601: what crosses a bridge is no Date. */
const toDate = (value: unknown): Date =>
  value instanceof Date ? value : new Date(typeof value === 'number' || typeof value === 'string' ? value : NaN)

const nonEmpty = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text)
