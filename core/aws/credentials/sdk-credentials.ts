/** The AWS SDK's own providers, in a module of their own: imported only by jobs that need them, for it takes a while. */
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

/** What clients of STS, SSO and the like are made with. */
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

/** Members of a profile that say where its credentials come from. Then the profile counts, whatever comes of it. */
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
 * What AUTO comes to behind the environment and a web identity: the profile, else the container's credentials, else those of the
 * instance. A profile that says where its credentials come from is final, and so is a profile that the user named and that is
 * not there: another identity would take its place.
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

/** One file for both kinds: with a path of one's own, no other file has a say. */
const profileInit = (profile: string | null, path: string | null) => ({
  ...(profile === null ? {} : { profile }),
  ...(path === null ? {} : { filepath: path, configFilepath: path }),
})

/** When to ask is decided here, not by what the SDK remembers. */
const fresh = (provider: (properties?: never) => Promise<AwsCredentials>): SdkProvider => {
  return async () => provider({ forceRefresh: true } as never)
}

/** The SDK's types know no undefined members. */
export function sdkIdentity({ accessKeyId, secretAccessKey, sessionToken, expiration }: AwsCredentials) {
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration }),
  }
}
