/**
 * What clients of AWS services are made with: region, endpoint, credentials, HTTP and retries, resolved once from the
 * configuration and the usual AWS settings. Whoever signs asks for credentials each time: they are kept here, renewed before
 * they expire, and at once when the service says that they have.
 */
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { getEndpointFromInstructions } from '@smithy/core/endpoints'
import { ConfiguredRetryStrategy } from '@smithy/core/retry'

import { systemClock } from '../../foundation/clock.ts'
import type { Clock } from '../../foundation/clock.ts'
import { awsOptions } from '../../foundation/config/aws-options.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { ConfigurationError } from '../../foundation/errors.ts'
import { backoffMs } from '../../foundation/retry.ts'
import { credentialsError } from '../credentials/credentials-errors.ts'
import { credentialsSource } from '../credentials/credentials-source.ts'
import { checkEndpoint, checkRegion } from '../../foundation/config/endpoint.ts'
import { checkEndpointVariables, isOnThisMachine } from './endpoints.ts'
import { RefreshingCredentials } from '../credentials/refreshing-credentials.ts'
import type { AwsCredentials } from '../credentials/refreshing-credentials.ts'
import { networkOf } from '../http/network.ts'
import type { Network } from '../http/network.ts'
import { SdkHttpHandler } from '../http/sdk-http-handler.ts'
import type { Credentials } from './sigv4.ts'

/** Any client's stack; the SDK types each by its own calls. */
export type MiddlewareStack = KinesisClient['middlewareStack']

export interface AwsConnection {
  readonly region: string
  /** The endpoint of the configuration. `null` when the SDK determines it. */
  readonly endpoint: string | null
  readonly network: Network
  /** Value of the User-Agent header. */
  readonly userAgent: string
  /** Current credentials; refreshed before they expire. @throws ShardlineError that names the provider */
  credentials(): Promise<Credentials>
  /** The service says that `used` has expired: fetches others. False: there are none. @throws ShardlineError */
  renewCredentials(used: Credentials): Promise<boolean>
  /** Options of a client that makes so many attempts, and no more than are configured. */
  clientOptions(attempts: number): ReturnType<typeof clientOptions>
  /** The client renews credentials that have expired, and refuses calls once this is closed. */
  adopt(stack: MiddlewareStack): void
  close(): void
}

/** How the service names a session token whose time has passed. */
export const EXPIRED_TOKEN_ERRORS: ReadonlySet<string> = new Set(['ExpiredTokenException', 'ExpiredToken'])

const CONNECTION_TIMEOUT_MS = 10_000

/** The SDK announces the end of a Node version on the user's terminal; the engine's own version check speaks to the user. */
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'

/** `noRegion`: other ways to set the region, for the message. */
export function connectToAws(
  configuration: Configuration,
  arnRegion: string | null,
  clock: Clock = systemClock,
  noRegion = "or give the stream's ARN",
): AwsConnection {
  const env = process.env
  const [regionFrom, region] = regionOf(configuration, arnRegion, env)
  const endpoint = configuration.find(awsOptions.endpoint)
  if (endpoint !== null) checkEndpoint(awsOptions.endpoint.key, endpoint)
  checkEndpointVariables(env)
  const asked = endpoint ?? (env['AWS_ENDPOINT_URL_KINESIS'] || env['AWS_ENDPOINT_URL'] || null)
  const local = asked !== null && isOnThisMachine(asked)
  if (!region)
    throw new ConfigurationError(
      `No region: set 'aws.region', AWS_REGION, ${noRegion}.${local ? ` ${localAdvice(asked, ['AWS_REGION'])}` : ''}`,
    )

  checkRegion(regionFrom, region)

  const network = networkOf(configuration, env)
  // A file of certificates that cannot be used is an error now, unless nothing here uses TLS.
  if (endpoint === null || /^https:/i.test(endpoint)) network.tls()
  const requestHandler = new SdkHttpHandler(network, {
    connectionTimeoutMs: CONNECTION_TIMEOUT_MS,
    socketTimeoutMs: configuration.get(awsOptions.readTimeoutMs),
  })
  const source = credentialsSource(configuration, { region, requestHandler, env })
  const refreshing = new RefreshingCredentials(source.provide, clock)
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (cause) {
      const advice = local ? localAdvice(asked, ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) : null
      throw credentialsError(source, cause, refreshing.known, advice)
    }
  }
  const credentials = (): Promise<AwsCredentials> => named(() => refreshing.get())
  const renewCredentials = (used: Credentials): Promise<boolean> => named(() => refreshing.renew(used))
  let closed = false
  return {
    region,
    endpoint,
    network,
    userAgent: configuration.get(awsOptions.userAgentPrefix),
    credentials,
    renewCredentials,
    clientOptions: attempts =>
      clientOptions(configuration, { region, endpoint, credentials, requestHandler, attempts }),
    adopt(stack) {
      renewWhenExpired(stack, credentials, renewCredentials)
      refuseWhen(stack, () => closed)
    },
    close() {
      closed = true
      requestHandler.destroy()
    },
  }
}

/** The region, and who names it. */
function regionOf(
  configuration: Configuration,
  arnRegion: string | null,
  env: NodeJS.ProcessEnv,
): readonly [from: string, region: string | undefined] {
  if (arnRegion !== null) return ["The stream's ARN", arnRegion]
  const configured = configuration.find(awsOptions.region)
  if (configured) return [awsOptions.region.key, configured]
  return env['AWS_REGION'] ? ['AWS_REGION', env['AWS_REGION']] : ['AWS_DEFAULT_REGION', env['AWS_DEFAULT_REGION']]
}

/** What `shardline local` prints, and other emulators take too. */
const LOCAL_EXPORTS: Readonly<Record<string, string>> = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'emulator',
  AWS_SECRET_ACCESS_KEY: 'emulator',
}

const localAdvice = (endpoint: string, names: readonly string[]): string =>
  `The endpoint ${new URL(endpoint).origin} is on this machine: export what 'shardline local' prints, ${names.map(name => `${name}=${LOCAL_EXPORTS[name]!}`).join(' ')}.`

interface Resolved {
  readonly region: string
  readonly endpoint: string | null
  readonly credentials: () => Promise<AwsCredentials>
  readonly requestHandler: SdkHttpHandler
  readonly attempts: number
}

function clientOptions(
  configuration: Configuration,
  { region, endpoint, credentials, requestHandler, attempts }: Resolved,
) {
  return {
    region,
    ...(endpoint === null ? {} : { endpoint }),
    // `memoized`: the SDK asks each time, instead of keeping what was renewed since.
    credentials: Object.assign(async () => identity(await credentials()), { memoized: true }),
    requestHandler,
    customUserAgent: configuration.get(awsOptions.userAgentPrefix),
    retryStrategy: new ConfiguredRetryStrategy(
      Math.min(attempts, configuration.get(awsOptions.retryMaxAttempts)),
      attempt =>
        backoffMs(
          Math.max(1, attempt),
          configuration.get(awsOptions.retryMinDelayMs),
          configuration.get(awsOptions.retryMaxDelayMs),
        ),
    ),
  }
}

/** A call that is refused because the token has expired is made once more with others. */
function renewWhenExpired(
  stack: MiddlewareStack,
  credentials: AwsConnection['credentials'],
  renew: AwsConnection['renewCredentials'],
): void {
  stack.add(
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
function refuseWhen(stack: MiddlewareStack, closed: () => boolean): void {
  stack.add(
    next => async args => {
      if (closed()) throw Object.assign(new Error('the client is closed'), { code: 'the client is closed' })
      return next(args)
    },
    // Behind the retries: asked at every attempt.
    { step: 'finalizeRequest', priority: 'low', name: 'shardlineRefuseWhenClosed' },
  )
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

/** Where a client sends a command, by its own rules: the configuration, the environment, the region. */
export async function endpointOf(command: unknown, config: unknown): Promise<URL> {
  const endpoint = await getEndpointFromInstructions(
    {},
    command as Parameters<typeof getEndpointFromInstructions>[1],
    config as never,
  )
  return new URL(endpoint.url)
}
