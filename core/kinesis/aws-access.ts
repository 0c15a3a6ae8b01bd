/**
 * Region, endpoint and credentials, resolved once from the configuration and the usual AWS settings. The SDK's client does
 * the resolving (profiles, SSO, containers, instance metadata, endpoint rules); the data plane borrows the results.
 */
import { KinesisClient, GetRecordsCommand } from '@aws-sdk/client-kinesis'
import { getEndpointFromInstructions } from '@smithy/core/endpoints'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import http from 'node:http'
import https from 'node:https'

import { awsOptions } from '../config/aws-options.ts'
import type { Configuration } from '../config/configuration.ts'
import { ConfigurationError, ServiceError } from '../errors.ts'
import type { Credentials } from './sigv4.ts'

export interface AwsAccess {
  readonly region: string
  readonly sdk: KinesisClient
  /** True where the user named an endpoint: quotas of the real service need not hold there. */
  readonly customEndpoint: boolean
  endpoint(): Promise<URL>
  /** Current credentials; refreshed before they expire. @throws ServiceError CREDENTIALS_MISSING */
  credentials(): Promise<Credentials>
  close(): void
}

/** The SDK announces the end of a Node version on the user's terminal; the engine's own version check speaks to the user. */
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'

export function createAwsAccess(configuration: Configuration, arnRegion: string | null): AwsAccess {
  const env = process.env
  const region = arnRegion ?? configuration.find(awsOptions.region) ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION']
  if (region === undefined)
    throw new ConfigurationError("No region: set 'aws.region', AWS_REGION, or give the stream's ARN.")
  const endpointText = configuration.find(awsOptions.endpoint)
  if (endpointText !== null && !URL.canParse(endpointText))
    throw new ConfigurationError(`aws.endpoint: '${endpointText}' is not a URL such as http://127.0.0.1:4567.`)

  const agentOptions = { keepAlive: true, maxSockets: 50 }
  const rejectUnauthorized = !configuration.get(awsOptions.trustAllCertificates)
  const credentials = staticCredentials(configuration)
  const sdk = new KinesisClient({
    region,
    ...(endpointText === null ? {} : { endpoint: endpointText }),
    ...(credentials === undefined ? {} : { credentials }),
    ...profileOf(configuration),
    requestHandler: new NodeHttpHandler({
      httpAgent: new http.Agent(agentOptions),
      httpsAgent: new https.Agent({ ...agentOptions, rejectUnauthorized }),
    }),
  })
  let endpoint: Promise<URL> | undefined
  return {
    region,
    sdk,
    customEndpoint: endpointText !== null || (env['AWS_ENDPOINT_URL_KINESIS'] ?? env['AWS_ENDPOINT_URL']) !== undefined,
    endpoint: () => (endpoint ??= resolveEndpoint(sdk)),
    async credentials() {
      try {
        return await sdk.config.credentials()
      } catch (cause) {
        throw new ServiceError(
          'CREDENTIALS_MISSING',
          `No AWS credentials: ${(cause as Error).message.replace(/\.?$/, '.')} Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile (AWS_PROFILE), or aws.credentials.provider.basic.accesskeyid and .secretkey.`,
          { cause },
        )
      }
    },
    close: () => sdk.destroy(),
  }
}

async function resolveEndpoint(sdk: KinesisClient): Promise<URL> {
  const endpoint = await getEndpointFromInstructions(
    {},
    GetRecordsCommand as unknown as Parameters<typeof getEndpointFromInstructions>[1],
    sdk.config as never,
  )
  return new URL(endpoint.url)
}

type StaticCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string }

function withToken(
  accessKeyId: string,
  secretAccessKey: string,
  sessionToken: string | null | undefined,
): StaticCredentials {
  return sessionToken ? { accessKeyId, secretAccessKey, sessionToken } : { accessKeyId, secretAccessKey }
}

function staticCredentials(configuration: Configuration): StaticCredentials | undefined {
  const accessKeyId = configuration.find(awsOptions.accessKeyId)
  const secretAccessKey = configuration.find(awsOptions.secretKey)
  const provider =
    configuration.find(awsOptions.credentialsProvider) ??
    (accessKeyId !== null && secretAccessKey !== null ? 'BASIC' : 'AUTO')
  switch (provider) {
    case 'BASIC': {
      if (accessKeyId === null || secretAccessKey === null)
        throw new ConfigurationError(
          'aws.credentials.provider is BASIC, which needs aws.credentials.provider.basic.accesskeyid and aws.credentials.provider.basic.secretkey.',
        )
      return withToken(accessKeyId, secretAccessKey, configuration.find(awsOptions.sessionToken))
    }
    case 'ENV_VAR': {
      const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: sessionToken } = process.env
      if (id === undefined || secret === undefined)
        throw new ConfigurationError(
          'aws.credentials.provider is ENV_VAR, but AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set.',
        )
      return withToken(id, secret, sessionToken)
    }
    case 'AUTO':
    case 'PROFILE':
      return undefined
    default:
      throw new ConfigurationError(
        `aws.credentials.provider ${provider} is not there yet; use AUTO, BASIC, ENV_VAR or PROFILE.`,
      )
  }
}

function profileOf(configuration: Configuration): { profile?: string } {
  const path = configuration.find(awsOptions.profilePath)
  if (path !== null) process.env['AWS_SHARED_CREDENTIALS_FILE'] = path
  const profile = configuration.find(awsOptions.profileName)
  return profile === null ? {} : { profile }
}
