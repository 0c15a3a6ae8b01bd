/** The providers of the AWS SDK. Only jobs that need them load this module, because loading takes time. */
import {
  fromHttp,
  fromIni,
  fromInstanceMetadata,
  fromTemporaryCredentials,
  fromTokenFile,
} from '@aws-sdk/credential-providers'
import { DEFAULT_PROFILE, parseKnownFiles } from '@smithy/core/config'
import { existsSync } from 'node:fs'

import { maskedUrl } from '../../foundation/config/mask.ts'

import type { SdkHttpHandler } from '../http/sdk-http-handler.ts'
import type { AwsCredentials } from './refreshing-credentials.ts'
import { messageOf } from '../../foundation/errors.ts'

export type SdkProvider = () => Promise<AwsCredentials>

/** Options for the clients of STS, SSO and similar services. */
export interface SdkClientSettings {
  readonly region: string
  readonly endpoint: string | null
  readonly requestHandler: SdkHttpHandler
}

export interface Role {
  readonly arn: string
  readonly sessionName: string
  readonly externalId: string | null
}

/** A profile, and who named it. */
export interface Profile {
  /** Named by the configuration. */
  readonly name: string | null
  readonly path: string | null
  readonly pathKey: string
  /** Value of AWS_PROFILE. */
  readonly variable: string | null
}

/** Members of a profile that name the origin of its credentials. Such a profile is used, even if it fails. */
const CREDENTIAL_MEMBERS = [
  'aws_access_key_id',
  'aws_secret_access_key',
  'role_arn',
  'web_identity_token_file',
  'credential_process',
  'sso_session',
  'sso_start_url',
  'sso_account_id',
  'login_session',
]

/** @throws an Error that names the profile, and who named it */
async function membersOf({ name, path, pathKey, variable }: Profile): Promise<Record<string, unknown>> {
  if (path !== null && !existsSync(path)) throw new Error(`${pathKey}: there is no file '${maskedUrl(path)}'`)
  const profile = name ?? variable ?? DEFAULT_PROFILE
  const profiles = await parseKnownFiles({ ...profileInit(profile, path), ignoreCache: true })
  const members = profiles[profile]
  if (members !== undefined) return members
  if (name === null && variable === null) return {}
  const from = name === null ? ' (AWS_PROFILE)' : ''
  const files = path === null ? 'the AWS configuration and credentials files' : `'${maskedUrl(path)}'`
  throw new Error(`there is no profile '${maskedUrl(profile)}'${from} in ${files}`)
}

export function profileProvider(profile: Profile, settings: SdkClientSettings): SdkProvider {
  const clientConfig = { region: settings.region, requestHandler: settings.requestHandler }
  const init = profileInit(profile.name ?? profile.variable, profile.path)
  const provide = fresh(fromIni({ ...init, ignoreCache: true, clientConfig }))
  return async () => {
    await membersOf(profile)
    return provide()
  }
}

/**
 * The providers of AUTO after the environment and a web identity: the profile, then the container, then the instance. A profile that
 * names the origin of its credentials is final. A profile that the user names and that does not exist is an error: otherwise another
 * identity would be used.
 */
export function profileOrHost(profile: Profile, settings: SdkClientSettings, env: NodeJS.ProcessEnv): SdkProvider {
  const ofProfile = profileProvider(profile, settings)
  const isContainer = Boolean(
    env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] || env['AWS_CONTAINER_CREDENTIALS_FULL_URI'],
  )
  const ofHost = fresh(isContainer ? fromHttp({}) : fromInstanceMetadata())
  return async () => {
    const members = await membersOf(profile)
    if (profile.name !== null || CREDENTIAL_MEMBERS.some(member => member in members)) return ofProfile()
    if (isContainer) return ofHost()
    const none = 'no keys in the environment, no web identity, no profile with credentials'
    if (/^(?!false$).+/i.test(env['AWS_EC2_METADATA_DISABLED'] ?? ''))
      throw new Error(`there are ${none}, and the instance is not asked (AWS_EC2_METADATA_DISABLED)`)
    try {
      return await ofHost()
    } catch (cause) {
      throw new Error(`there are ${none}, and no credentials of a container or instance (${messageOf(cause)})`, {
        cause,
      })
    }
  }
}

export function assumeRole(role: Role, base: SdkProvider, settings: SdkClientSettings): SdkProvider {
  return fresh(
    fromTemporaryCredentials({
      params: {
        RoleArn: role.arn,
        RoleSessionName: role.sessionName,
        ...(role.externalId === null ? {} : { ExternalId: role.externalId }),
      },
      masterCredentials: async () => sdkIdentity(await base()),
      clientConfig: configOf(settings),
    }),
  )
}

export function webIdentity(role: Role, tokenFile: string, settings: SdkClientSettings): SdkProvider {
  return fresh(
    fromTokenFile({
      webIdentityTokenFile: tokenFile,
      roleArn: role.arn,
      roleSessionName: role.sessionName,
      clientConfig: configOf(settings),
    }),
  )
}

const configOf = ({ region, endpoint, requestHandler }: SdkClientSettings) => ({
  region,
  requestHandler,
  maxAttempts: 3,
  ...(endpoint === null ? {} : { endpoint }),
})

/** With a path of its own, one file serves both purposes, and no other file is read. */
const profileInit = (profile: string | null, path: string | null) => ({
  ...(profile === null ? {} : { profile }),
  ...(path === null ? {} : { filepath: path, configFilepath: path }),
})

/** The engine decides when to fetch credentials, so the cache of the SDK is not used. */
const fresh = (provider: (properties?: never) => Promise<AwsCredentials>): SdkProvider => {
  return async () => provider({ forceRefresh: true } as never)
}

/** The types of the SDK do not allow undefined members. */
export function sdkIdentity({ accessKeyId, secretAccessKey, sessionToken, expiration }: AwsCredentials) {
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration }),
  }
}
