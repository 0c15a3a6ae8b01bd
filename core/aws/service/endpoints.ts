/** Endpoints of the environment, and whether an endpoint is an emulator's. */
import { checkEndpoint } from '../../foundation/config/endpoint.ts'
import { hostOf, isLoopback } from '../http/proxies.ts'

const VARIABLES = [
  'AWS_ENDPOINT_URL_KINESIS',
  'AWS_ENDPOINT_URL_FIREHOSE',
  'AWS_ENDPOINT_URL_GLUE',
  'AWS_ENDPOINT_URL_STS',
  'AWS_ENDPOINT_URL_S3',
  'AWS_ENDPOINT_URL',
]

/** @throws ConfigurationError */
export function checkEndpointVariables(env: NodeJS.ProcessEnv): void {
  for (const name of VARIABLES) if (env[name]) checkEndpoint(name, env[name])
}

/** Whether what answers there runs on this machine, as an emulator does. */
export const isOnThisMachine = (endpoint: string): boolean => isLoopback(hostOf(new URL(endpoint)))
