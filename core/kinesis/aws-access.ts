/**
 * Region, endpoint and credentials, resolved once from the configuration and the usual AWS settings. The SDK's client talks to
 * the control plane and resolves endpoints; the data plane borrows the results. Whoever signs asks for credentials each time:
 * they are kept here, renewed before they expire, and at once when the service says that they have.
 */
import { KinesisClient, GetRecordsCommand } from '@aws-sdk/client-kinesis'
import { getEndpointFromInstructions } from '@smithy/core/endpoints'
import { ConfiguredRetryStrategy } from '@smithy/core/retry'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import http from 'node:http'
import https from 'node:https'

import { systemClock } from '../clock.ts'
import type { Clock } from '../clock.ts'
import { awsOptions } from '../config/aws-options.ts'
import type { Configuration } from '../config/configuration.ts'
import { ConfigurationError } from '../errors.ts'
import { credentialsError } from './credentials/credentials-errors.ts'
import { credentialsSource } from './credentials/credentials-source.ts'
import { RefreshingCredentials } from './credentials/refreshing-credentials.ts'
import type { AwsCredentials } from './credentials/refreshing-credentials.ts'
import type { Credentials } from './sigv4.ts'

export interface AwsAccess {
  readonly region: string
  readonly sdk: KinesisClient
  /** True where the user named an endpoint: quotas of the real service need not hold there. */
  readonly customEndpoint: boolean
  /** Value of the User-Agent header. */
  readonly userAgent: string
  endpoint(): Promise<URL>
  /** Current credentials; refreshed before they expire. @throws ShardlineError that names the provider */
  credentials(): Promise<Credentials>
  /** The service says that `used` has expired: fetches others. False: there are none. @throws ShardlineError */
  renewCredentials(used: Credentials): Promise<boolean>
  close(): void
}

/** How the service names a session token whose time has passed. */
export const EXPIRED_TOKEN_ERRORS: ReadonlySet<string> = new Set(['ExpiredTokenException', 'ExpiredToken'])

/** What needs the control plane says soon that it keeps failing, and tries again by itself. */
const CONTROL_ATTEMPTS = 3
const CONNECTION_TIMEOUT_MS = 10_000

/** The SDK announces the end of a Node version on the user's terminal; the engine's own version check speaks to the user. */
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'

export function createAwsAccess(
  configuration: Configuration,
  arnRegion: string | null,
  clock: Clock = systemClock,
): AwsAccess {
  const env = process.env
  const region = arnRegion ?? configuration.find(awsOptions.region) ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION']
  if (region === undefined)
    throw new ConfigurationError("No region: set 'aws.region', AWS_REGION, or give the stream's ARN.")
  const endpointText = configuration.find(awsOptions.endpoint)
  if (endpointText !== null && !URL.canParse(endpointText))
    throw new ConfigurationError(`aws.endpoint: '${endpointText}' is not a URL such as http://127.0.0.1:4567.`)

  const requestHandler = httpHandler(configuration)
  const source = credentialsSource(configuration, { region, requestHandler, env })
  const refreshing = new RefreshingCredentials(source.provide, clock)
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (cause) {
      throw credentialsError(source, cause, refreshing.known)
    }
  }
  const credentials = (): Promise<AwsCredentials> => named(() => refreshing.get())
  const renewCredentials = (used: Credentials): Promise<boolean> => named(() => refreshing.renew(used))
  const userAgent = configuration.get(awsOptions.userAgentPrefix)
  const sdk = new KinesisClient({
    region,
    ...(endpointText === null ? {} : { endpoint: endpointText }),
    // `memoized`: the SDK asks each time, instead of keeping what was renewed since.
    credentials: Object.assign(async () => identity(await credentials()), { memoized: true }),
    requestHandler,
    customUserAgent: userAgent,
    retryStrategy: new ConfiguredRetryStrategy(
      Math.min(CONTROL_ATTEMPTS, configuration.get(awsOptions.retryMaxAttempts)),
      attempt => backoffMs(attempt, configuration),
    ),
  })
  renewWhenExpired(sdk, credentials, renewCredentials)
  const refuseCalls = refusable(sdk)
  let endpoint: Promise<URL> | undefined
  return {
    region,
    sdk,
    customEndpoint: endpointText !== null || (env['AWS_ENDPOINT_URL_KINESIS'] ?? env['AWS_ENDPOINT_URL']) !== undefined,
    userAgent,
    endpoint: () => (endpoint ??= resolveEndpoint(sdk)),
    credentials,
    renewCredentials,
    close() {
      refuseCalls()
      sdk.destroy()
      requestHandler.destroy()
    },
  }
}

/** Also that of the clients which fetch credentials. */
function httpHandler(configuration: Configuration): NodeHttpHandler {
  const agentOptions = { keepAlive: true, maxSockets: 50 }
  const rejectUnauthorized = !configuration.get(awsOptions.trustAllCertificates)
  return new NodeHttpHandler({
    httpAgent: new http.Agent(agentOptions),
    httpsAgent: new https.Agent({ ...agentOptions, rejectUnauthorized }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    socketTimeout: configuration.get(awsOptions.readTimeoutMs),
  })
}

/** Half of it chance, as Flink has it. */
function backoffMs(attempt: number, configuration: Configuration): number {
  const max = configuration.get(awsOptions.retryMaxDelayMs)
  const delay = Math.min(max, configuration.get(awsOptions.retryMinDelayMs) * 2 ** Math.max(0, attempt - 1))
  return delay / 2 + (Math.random() * delay) / 2
}

/** A call that is refused because the token has expired is made once more with others. */
function renewWhenExpired(
  sdk: KinesisClient,
  credentials: AwsAccess['credentials'],
  renew: AwsAccess['renewCredentials'],
): void {
  sdk.middlewareStack.add(
    next => async args => {
      const used = await credentials()
      try {
        return await next(args)
      } catch (error) {
        if (!EXPIRED_TOKEN_ERRORS.has((error as Error).name) || !(await renew(used))) throw error
        return next(args)
      }
    },
    { step: 'initialize', name: 'shardlineRenewCredentials' },
  )
}

/** The answer ends the client: what is under way would otherwise be tried again, over sockets that nobody closes. */
function refusable(sdk: KinesisClient): () => void {
  let closed = false
  sdk.middlewareStack.add(
    next => async args => {
      if (closed) throw Object.assign(new Error('the client is closed'), { code: 'the client is closed' })
      return next(args)
    },
    // Behind the retries: asked at every attempt.
    { step: 'finalizeRequest', priority: 'low', name: 'shardlineRefuseWhenClosed' },
  )
  return () => (closed = true)
}

/** The SDK's types know no undefined members. */
function identity({ accessKeyId, secretAccessKey, sessionToken, expiration }: AwsCredentials) {
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration }),
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
