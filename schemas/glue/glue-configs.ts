/**
 * The keys by which Amazon's library is configured, and Flink's schemas over it: once here, with type, default and meaning. Values
 * may be texts, or what a map of Java's would hold. Keys of `aws.` are those of every other client of AWS here. `schema-registry.ts`
 * and `core/kinesis/glue-client.ts` take what comes out.
 */
import {
  awsOptions,
  CREDENTIALS_PREFIX,
  nestedCredentialsPrefix,
  outermostKey,
} from '../../core/foundation/config/aws-options.ts'
import { booleanOption, enumOption, intOption, stringOption } from '../../core/foundation/config/config-option.ts'
import type { ConfigOption } from '../../core/foundation/config/config-option.ts'
import { checkEndpoint } from '../../core/foundation/config/endpoint.ts'
import { Configuration } from '../../core/foundation/config/configuration.ts'
import { nearestKey } from '../../core/foundation/config/nearest-key.ts'
import { ConfigurationError } from '../../core/foundation/errors.ts'
import type { GlueClientOptions } from './glue-client-options.ts'
import type { GlueConfigs } from '../contracts/schema-spec.ts'
import type { GlueCompression } from './glue-frame.ts'
import type { GlueCompatibility, GlueDataFormat, SchemaRegistryOptions } from './schema-registry.ts'

const ignored = { ignored: true } as const
const dataFormats = ['AVRO', 'JSON', 'PROTOBUF'] as const
const compatibilities = [
  'NONE',
  'DISABLED',
  'BACKWARD',
  'BACKWARD_ALL',
  'FORWARD',
  'FORWARD_ALL',
  'FULL',
  'FULL_ALL',
] as const satisfies readonly GlueCompatibility[]
const DAY_MS = 86_400_000

/** Those whose values are texts, numbers or truths. */
export const glueOptions = {
  region: stringOption(
    'region',
    null,
    'Region of the registry. Default: `aws.region`, `AWS_REGION`, `AWS_DEFAULT_REGION`.',
  ),
  endpoint: stringOption(
    'endpoint',
    null,
    "URL of the registry. Default: `AWS_ENDPOINT_URL_GLUE`, `AWS_ENDPOINT_URL`, or the region's.",
  ),
  proxyUrl: stringOption('proxyUrl', null, 'URL of an HTTP proxy that the registry is reached through.', {
    secret: true,
  }),
  registryName: stringOption('registry.name', 'default-registry', 'The registry.'),
  schemaName: stringOption('schemaName', null, "Name of the schema that is written. Default: the stream's name."),
  dataFormat: enumOption(
    'dataFormat',
    dataFormats,
    null,
    'The format of the schema; need not be said, and must not contradict it. `PROTOBUF` is not supported.',
  ),
  compression: enumOption<GlueCompression>(
    'compression',
    ['NONE', 'ZLIB'],
    'NONE',
    'How the payload is written. Both are read.',
  ),
  autoRegistration: booleanOption(
    'schemaAutoRegistrationEnabled',
    false,
    'Registers the schema that is written where the registry does not have it.',
  ),
  compatibility: enumOption(
    'compatibility',
    compatibilities,
    'BACKWARD',
    'Which versions the registry takes after the first, for a schema that is made here.',
  ),
  description: stringOption(
    'description',
    null,
    'Of a schema that is made here. Default: `DEFAULT-DESCRIPTION-<region>-<registry>`.',
  ),
  cacheSize: intOption('cacheSize', 200, 'Schemas that are kept, of those read and those written each.', { min: 1 }),
  timeToLiveMillis: intOption(
    'timeToLiveMillis',
    DAY_MS,
    'How long a schema is kept before it is asked for again. It goes on serving meanwhile, and while the registry is down.',
    { min: 1 },
  ),
  userAgentApp: stringOption('userAgentApp', 'default', 'What requests name as the application.'),
  assumeRoleArn: stringOption(
    'assumeRoleArn',
    null,
    'ARN of a role that is assumed for the registry, with the credentials that are configured.',
  ),
  assumeRoleSessionName: stringOption('assumeRoleSessionName', null, 'Session name of that role.'),
  avroRecordType: enumOption(
    'avroRecordType',
    ['GENERIC_RECORD', 'SPECIFIC_RECORD', 'UNKNOWN'],
    null,
    'Accepted for compatibility: records are read with the schema that is given, as in Flink.',
    ignored,
  ),
  schemaNameGenerationClass: stringOption(
    'schemaNameGenerationClass',
    null,
    "Accepted for compatibility: there are no classes of Java here. A schema has the stream's name, or `schemaName`.",
    ignored,
  ),
  secondaryDeserializer: stringOption(
    'secondaryDeserializer',
    null,
    "A schema, such as one of plain Avro, that reads records without a header of Glue's; without one they cannot be read. The name of a class of Java is not used.",
  ),
  jsonClassNameResolutionEnabled: booleanOption(
    'jsonClassNameResolutionEnabled',
    false,
    'Accepted for compatibility: no class is ever loaded by a name in a schema.',
    ignored,
  ),
  protobufMessageType: stringOption(
    'protobufMessageType',
    null,
    'Accepted for compatibility: Protobuf is not supported.',
    ignored,
  ),
} as const satisfies Readonly<Record<string, ConfigOption<unknown>>>

/** Those whose values are objects or lists. */
export const glueCollections = {
  tags: { key: 'tags', type: 'object of texts', description: 'Tags of a schema that is made here.' },
  metadata: {
    key: 'metadata',
    type: 'object of texts',
    description: 'Metadata of each version that is registered here.',
  },
  jacksonSerializationFeatures: {
    key: 'jacksonSerializationFeatures',
    type: 'list',
    description: 'Accepted for compatibility: JSON is written as Jackson does without any.',
  },
  jacksonDeserializationFeatures: {
    key: 'jacksonDeserializationFeatures',
    type: 'list',
    description:
      'Accepted for compatibility: the payload of JsonDataWithSchema is the text as it came; in objects, whole numbers keep all their digits, and others are doubles.',
  },
  jsonClassNameAllowlist: {
    key: 'jsonClassNameAllowlist',
    type: 'list',
    description: 'Accepted for compatibility: no class is ever loaded by a name in a schema.',
  },
} as const

/** The keys under the names that Amazon's library gives them. */
export const AWSSchemaRegistryConstants = {
  AWS_REGION: glueOptions.region.key,
  AWS_ENDPOINT: glueOptions.endpoint.key,
  PROXY_URL: glueOptions.proxyUrl.key,
  REGISTRY_NAME: glueOptions.registryName.key,
  SCHEMA_NAME: glueOptions.schemaName.key,
  SCHEMA_NAMING_GENERATION_CLASS: glueOptions.schemaNameGenerationClass.key,
  DATA_FORMAT: glueOptions.dataFormat.key,
  AVRO_RECORD_TYPE: glueOptions.avroRecordType.key,
  PROTOBUF_MESSAGE_TYPE: glueOptions.protobufMessageType.key,
  COMPRESSION_TYPE: glueOptions.compression.key,
  SCHEMA_AUTO_REGISTRATION_SETTING: glueOptions.autoRegistration.key,
  COMPATIBILITY_SETTING: glueOptions.compatibility.key,
  DESCRIPTION: glueOptions.description.key,
  TAGS: glueCollections.tags.key,
  METADATA: glueCollections.metadata.key,
  CACHE_SIZE: glueOptions.cacheSize.key,
  CACHE_TIME_TO_LIVE_MILLIS: glueOptions.timeToLiveMillis.key,
  SECONDARY_DESERIALIZER: glueOptions.secondaryDeserializer.key,
  JACKSON_SERIALIZATION_FEATURES: glueCollections.jacksonSerializationFeatures.key,
  JACKSON_DESERIALIZATION_FEATURES: glueCollections.jacksonDeserializationFeatures.key,
  USER_AGENT_APP: glueOptions.userAgentApp.key,
  ASSUME_ROLE_ARN: glueOptions.assumeRoleArn.key,
  ASSUME_ROLE_SESSION_NAME: glueOptions.assumeRoleSessionName.key,
} as const

export interface GlueSettings {
  readonly client: GlueClientOptions
  readonly registry: SchemaRegistryOptions
  readonly schemaName: string | null
  readonly compression: GlueCompression
  /** Sentences for the log: keys that mean nothing. */
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

/** `schemaName` of the configuration, else the stream's. @throws ConfigurationError */
export function schemaNameOf({ schemaName }: GlueSettings, transportName: string | null): string {
  const name = schemaName ?? transportName
  if (name === null || name === '')
    throw new ConfigurationError("The schema that is written has no name: set 'schemaName', or give the stream's name.")
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
    `${key}: ${Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`} is not a text.`,
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
  if (entries === null || Array.isArray(value))
    throw new ConfigurationError(`${key} is not an object whose values are texts.`)
  return Object.fromEntries(entries.map(([name, text]) => [asText(key, name), asText(`${key}.${String(name)}`, text)]))
}

function checkFormat(given: Configuration, format: GlueDataFormat): void {
  const said = given.find(glueOptions.dataFormat)
  if (said === 'PROTOBUF' || given.has(glueOptions.protobufMessageType))
    throw new ConfigurationError(
      'Protobuf is not supported: the schema registry is read and written with Avro and JSON.',
    )
  if (said !== null && said !== format)
    throw new ConfigurationError(`${glueOptions.dataFormat.key} is ${said}, and the schema is one of ${format}.`)
}

function checkRegistryEndpoint(given: Configuration): void {
  const endpoint = given.find(glueOptions.endpoint)
  if (endpoint !== null) checkEndpoint(glueOptions.endpoint.key, endpoint, 'https://glue.eu-west-1.amazonaws.com')
}

const ENDPOINT_KEY = awsOptions.endpoint.key
const REGION_KEY = awsOptions.region.key

/** `aws.endpoint` is where Kinesis is. */
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

/** The credentials that are given are those which the role is assumed with. */
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
        `${key} is where Kinesis is, and not used for the schema registry: its own is '${glueOptions.endpoint.key}'.`,
      )
    if (OPTION_KEYS.has(key) || COLLECTION_KEYS.has(key) || isConnectionKey(key)) continue
    const nearest = nearestKey(key, KNOWN_KEYS)
    warnings.push(`${key} means nothing to the schema registry${nearest === null ? '' : `; '${nearest}' does`}.`)
  }
  const secondary = configs[glueOptions.secondaryDeserializer.key]
  if (secondary !== null && secondary !== undefined)
    warnings.push(
      `${glueOptions.secondaryDeserializer.key} names a class of Java, which is not used: give the schema a secondary one.`,
    )
  return warnings
}
