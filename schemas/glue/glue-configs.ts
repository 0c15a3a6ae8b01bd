/**
 * Settings from the configuration of Amazon's library (`glue-options.ts`). Values may be strings, or what a Java map would hold. The
 * keys of `aws.` are those of every other AWS client. `schema-registry.ts` and `core/aws/glue` take the result.
 */
import {
  awsOptions,
  CREDENTIALS_PREFIX,
  nestedCredentialsPrefix,
  outermostKey,
} from '../../core/foundation/config/aws-options.ts'
import { checkEndpoint } from '../../core/foundation/config/endpoint.ts'
import { Configuration } from '../../core/foundation/config/configuration.ts'
import { nearestKey } from '../../core/foundation/config/nearest-key.ts'
import { ConfigurationError } from '../../core/foundation/errors.ts'
import type { GlueClientOptions } from './glue-client-options.ts'
import type { GlueConfigs } from '../contracts/schema-spec.ts'
import type { GlueCompression } from './glue-frame.ts'
import { glueCollections, glueOptions } from './glue-options.ts'
import type { GlueDataFormat, SchemaRegistryOptions } from './schema-registry.ts'

export { AWSSchemaRegistryConstants, glueCollections, glueOptions } from './glue-options.ts'

export interface GlueSettings {
  readonly client: GlueClientOptions
  readonly registry: SchemaRegistryOptions
  readonly schemaName: string | null
  readonly compression: GlueCompression
  /** Log messages about keys that have no effect. */
  readonly warnings: readonly string[]
}

/** @throws ConfigurationError */
export function parseGlueConfigs(configs: GlueConfigs, format: GlueDataFormat): GlueSettings {
  const texts: Record<string, string> = {}
  const connection: Record<string, string> = {}
  for (const [key, value] of Object.entries(configs)) {
    if (value === null || value === undefined || COLLECTION_KEYS.has(key)) continue
    if (OPTION_KEYS.has(key)) texts[key] = asText(key, value)
    else if (isConnectionKey(key)) connection[key] = asText(key, value)
  }
  const given = new Configuration(texts)
  checkFormat(given, format)
  checkRegistryEndpoint(given)
  const region = given.find(glueOptions.region)
  const registryName = given.get(glueOptions.registryName)
  const client: GlueClientOptions = {
    configuration: connectionOf(connection, given),
    proxyUrl: given.find(glueOptions.proxyUrl),
    userAgent: {
      autoRegistration: given.get(glueOptions.autoRegistration),
      compression: given.get(glueOptions.compression) === 'ZLIB',
      secondaryDeserializer: given.has(glueOptions.secondaryDeserializer),
      app: given.get(glueOptions.userAgentApp),
    },
  }
  return {
    client,
    registry: {
      registryName,
      autoRegistration: given.get(glueOptions.autoRegistration),
      compatibility: given.get(glueOptions.compatibility),
      description:
        given.find(glueOptions.description) ??
        `DEFAULT-DESCRIPTION-${region ?? regionAround(connection)}-${registryName}`,
      tags: textsOf(configs, glueCollections.tags.key),
      metadata: textsOf(configs, glueCollections.metadata.key),
      cacheSize: given.get(glueOptions.cacheSize),
      timeToLiveMs: given.get(glueOptions.timeToLiveMillis),
    },
    schemaName: given.find(glueOptions.schemaName),
    compression: given.get(glueOptions.compression),
    warnings: warningsOf(configs),
  }
}

/** The configured `schemaName`, or the name of the stream. @throws ConfigurationError */
export function schemaNameOf({ schemaName }: GlueSettings, transportName: string | null): string {
  const name = schemaName ?? transportName
  if (name === null || name === '')
    throw new ConfigurationError("The schema to write has no name: set 'schemaName' or the stream's name.")
  return name
}

const OPTION_KEYS: ReadonlySet<string> = new Set(Object.values(glueOptions).map(option => option.key))
const COLLECTION_KEYS: ReadonlySet<string> = new Set(Object.values(glueCollections).map(({ key }) => key))
const CONNECTION_KEYS: ReadonlySet<string> = new Set(Object.values(awsOptions).map(option => option.key))

const KNOWN_KEYS: readonly string[] = [...OPTION_KEYS, ...COLLECTION_KEYS, ...CONNECTION_KEYS]

const isConnectionKey = (key: string): boolean => CONNECTION_KEYS.has(key) || CONNECTION_KEYS.has(outermostKey(key))

function asText(key: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || typeof value === 'number') return String(value)
  throw new ConfigurationError(
    `${key}: ${Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`} is not a string.`,
  )
}

function textsOf(configs: GlueConfigs, key: string): Record<string, string> {
  const value = configs[key] ?? {}
  const entries =
    value instanceof Map
      ? [...(value as Map<unknown, unknown>)]
      : typeof value === 'object'
        ? Object.entries(value)
        : null
  if (entries === null || Array.isArray(value)) throw new ConfigurationError(`${key} is not an object of strings.`)
  return Object.fromEntries(entries.map(([name, text]) => [asText(key, name), asText(`${key}.${String(name)}`, text)]))
}

function checkFormat(given: Configuration, format: GlueDataFormat): void {
  const configured = given.find(glueOptions.dataFormat)
  if (configured === 'PROTOBUF' || given.has(glueOptions.protobufMessageType))
    throw new ConfigurationError('Protobuf is not supported. The schema registry supports Avro and JSON here.')
  if (configured !== null && configured !== format)
    throw new ConfigurationError(`${glueOptions.dataFormat.key} is ${configured}, and the schema is one of ${format}.`)
}

function checkRegistryEndpoint(given: Configuration): void {
  const endpoint = given.find(glueOptions.endpoint)
  if (endpoint !== null) checkEndpoint(glueOptions.endpoint.key, endpoint, 'https://glue.eu-west-1.amazonaws.com')
}

const ENDPOINT_KEY = awsOptions.endpoint.key
const REGION_KEY = awsOptions.region.key

/** Omits `aws.endpoint`, which is the endpoint of Kinesis. */
function connectionOf(keys: Readonly<Record<string, string>>, given: Configuration): Configuration {
  const region = given.find(glueOptions.region)
  const endpoint = given.find(glueOptions.endpoint)
  const role = given.find(glueOptions.assumeRoleArn)
  const session = given.find(glueOptions.assumeRoleSessionName)
  const kept = Object.entries(keys).filter(([key]) => key !== ENDPOINT_KEY)
  const nested = kept.map(([key, value]) => [role === null ? key : withinRole(key), value] as const)
  return new Configuration({
    ...Object.fromEntries(nested),
    ...(region === null ? {} : { [REGION_KEY]: region }),
    ...(endpoint === null ? {} : { [ENDPOINT_KEY]: endpoint }),
    ...(role === null ? {} : { [CREDENTIALS_PREFIX]: 'ASSUME_ROLE', [awsOptions.roleArn.key]: role }),
    ...(role === null || session === null ? {} : { [awsOptions.roleSessionName.key]: session }),
  })
}

/** The configured credentials are the ones that assume the role. */
function withinRole(key: string): string {
  return key.startsWith(CREDENTIALS_PREFIX)
    ? nestedCredentialsPrefix(CREDENTIALS_PREFIX) + key.slice(CREDENTIALS_PREFIX.length)
    : key
}

function regionAround(connection: Readonly<Record<string, string>>): string {
  return connection[REGION_KEY] ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'unknown'
}

function warningsOf(configs: GlueConfigs): string[] {
  const warnings: string[] = []
  for (const key of Object.keys(configs)) {
    if (key === ENDPOINT_KEY)
      warnings.push(
        `${key} is the endpoint of Kinesis and is not used for the schema registry. Use '${glueOptions.endpoint.key}' instead.`,
      )
    if (OPTION_KEYS.has(key) || COLLECTION_KEYS.has(key) || isConnectionKey(key)) continue
    const nearest = nearestKey(key, KNOWN_KEYS)
    warnings.push(
      `${key} is not a key of the schema registry and has no effect.${nearest === null ? '' : ` Did you mean '${nearest}'?`}`,
    )
  }
  const secondary = configs[glueOptions.secondaryDeserializer.key]
  if (secondary !== null && secondary !== undefined)
    warnings.push(
      `${glueOptions.secondaryDeserializer.key} names a Java class and has no effect. Set a secondary schema instead.`,
    )
  return warnings
}
