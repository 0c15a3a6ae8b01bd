/** The configuration keys of Amazon's library and of Flink's schemas over it, each with its type, default and description. */
import { booleanOption, enumOption, intOption, stringOption } from '../../core/foundation/config/config-option.ts'
import type { ConfigOption } from '../../core/foundation/config/config-option.ts'
import type { GlueCompression } from './glue-frame.ts'
import type { GlueCompatibility } from './schema-registry.ts'

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

/** Options whose values are strings, numbers or booleans. */
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
    'The format of the schema. It may be left out, and must not contradict the schema. `PROTOBUF` is not supported.',
  ),
  compression: enumOption<GlueCompression>(
    'compression',
    ['NONE', 'ZLIB'],
    'NONE',
    'The compression of the payload that is written. Payloads of both kinds are read.',
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
    'The compatibility mode of a schema that the job creates.',
  ),
  description: stringOption(
    'description',
    null,
    'The description of a schema that the job creates. Default: `DEFAULT-DESCRIPTION-<region>-<registry>`.',
  ),
  cacheSize: intOption(
    'cacheSize',
    200,
    'The number of schemas in the cache for reading, and in the cache for writing.',
    { min: 1 },
  ),
  timeToLiveMillis: intOption(
    'timeToLiveMillis',
    DAY_MS,
    'The time after which a cached schema is requested again. Until the answer comes, and while the registry is unavailable, the cached schema is used.',
    { min: 1 },
  ),
  userAgentApp: stringOption('userAgentApp', 'default', 'The name of the application in the User-Agent header.'),
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
    'Accepted for compatibility: Java classes are not loaded. A schema has the name of the stream, or `schemaName`.',
    ignored,
  ),
  secondaryDeserializer: stringOption(
    'secondaryDeserializer',
    null,
    'A schema, such as one of plain Avro, that reads records without a header of the registry. Without it such records cannot be read. The name of a Java class is not used.',
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

/** Options whose values are objects or lists. */
export const glueCollections = {
  tags: { key: 'tags', type: 'object of texts', description: 'The tags of a schema that the job creates.' },
  metadata: {
    key: 'metadata',
    type: 'object of texts',
    description: 'The metadata of each version that the job registers.',
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
