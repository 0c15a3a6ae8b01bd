/**
 * The way to Kinesis. The SDK's client talks to the control plane and resolves endpoints; the data plane borrows the results,
 * and the credentials.
 */
import { KinesisClient, GetRecordsCommand } from '@aws-sdk/client-kinesis'

import { systemClock } from '../../foundation/clock.ts'
import type { Clock } from '../../foundation/clock.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { connectToAws, endpointOf } from './aws-connection.ts'
import type { AwsConnection } from './aws-connection.ts'

export interface AwsAccess extends Pick<
  AwsConnection,
  'region' | 'userAgent' | 'network' | 'credentials' | 'renewCredentials' | 'close'
> {
  readonly sdk: KinesisClient
  /** True where the user named an endpoint: quotas of the real service need not hold there. */
  readonly customEndpoint: boolean
  endpoint(): Promise<URL>
}

/** Calls of the control plane report a lasting failure soon, and their callers retry them. */
const CONTROL_ATTEMPTS = 3

export function createAwsAccess(
  configuration: Configuration,
  arnRegion: string | null,
  clock: Clock = systemClock,
): AwsAccess {
  const env = process.env
  const connection = connectToAws(configuration, arnRegion, clock)
  const sdk = new KinesisClient(connection.clientOptions(CONTROL_ATTEMPTS))
  connection.adopt(sdk.middlewareStack)
  let endpoint: Promise<URL> | undefined
  return {
    region: connection.region,
    network: connection.network,
    userAgent: connection.userAgent,
    sdk,
    customEndpoint: connection.endpoint !== null || Boolean(env['AWS_ENDPOINT_URL_KINESIS'] || env['AWS_ENDPOINT_URL']),
    endpoint: () => (endpoint ??= endpointOf(GetRecordsCommand, sdk.config)),
    credentials: () => connection.credentials(),
    renewCredentials: used => connection.renewCredentials(used),
    close() {
      connection.close()
      sdk.destroy()
    },
  }
}
