/** The AWS SDK's own providers, in a module of their own: imported only by jobs that need them, for it takes a while. */
import { fromIni, fromNodeProviderChain, fromTemporaryCredentials, fromTokenFile } from '@aws-sdk/credential-providers'

import type { SdkHttpHandler } from '../sdk-http-handler.ts'
import type { AwsCredentials } from './refreshing-credentials.ts'

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

export function defaultChain(profile: string | null, path: string | null, settings: SdkClientSettings): SdkProvider {
  const clientConfig = { region: settings.region, requestHandler: settings.requestHandler }
  return fresh(fromNodeProviderChain({ ...profileInit(profile, path), clientConfig }))
}

export function profileProvider(profile: string | null, path: string | null, settings: SdkClientSettings): SdkProvider {
  const clientConfig = { region: settings.region, requestHandler: settings.requestHandler }
  return fresh(fromIni({ ...profileInit(profile, path), ignoreCache: true, clientConfig }))
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
const fresh = (provider: ReturnType<typeof fromIni>): SdkProvider => {
  return async () => provider({ forceRefresh: true } as Parameters<typeof provider>[0])
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
