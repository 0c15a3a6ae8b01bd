/**
 * Options under the names that Flink's connectors give them, for `Configuration.set`. Where Flink has no name for an option,
 * the name is ours and its key starts with `shardline.`, or its comment says so. `schemas/options.json` carries the names to other languages.
 */
import { awsOptions } from './aws-options.ts'
import { kinesisSourceOptions } from './kinesis-source-options.ts'
import { sinkOptions } from './sink-options.ts'

/** Flink's `KinesisSourceConfigOptions`. */
export const KinesisSourceConfigOptions = {
  STREAM_INITIAL_POSITION: kinesisSourceOptions.initialPosition,
  STREAM_INITIAL_TIMESTAMP: kinesisSourceOptions.initialTimestamp,
  STREAM_TIMESTAMP_DATE_FORMAT: kinesisSourceOptions.initialTimestampFormat,
  SHARD_DISCOVERY_INTERVAL: kinesisSourceOptions.discoveryIntervalMs,
  SHARD_GET_RECORDS_MAX: kinesisSourceOptions.maxRecordCount,
  READER_TYPE: kinesisSourceOptions.readerType,
  READER_EMPTY_RECORDS_FETCH_INTERVAL: kinesisSourceOptions.emptyFetchIntervalMs,
  READER_NON_EMPTY_RECORDS_FETCH_INTERVAL: kinesisSourceOptions.nonEmptyFetchIntervalMs,
  EFO_CONSUMER_LIFECYCLE: kinesisSourceOptions.efoLifecycle,
  EFO_CONSUMER_NAME: kinesisSourceOptions.efoConsumerName,
  EFO_CONSUMER_SUBSCRIPTION_TIMEOUT: kinesisSourceOptions.efoSubscriptionTimeoutMs,
  EFO_DESCRIBE_CONSUMER_RETRY_STRATEGY_MIN_DELAY_OPTION: kinesisSourceOptions.efoDescribeMinDelayMs,
  EFO_DESCRIBE_CONSUMER_RETRY_STRATEGY_MAX_DELAY_OPTION: kinesisSourceOptions.efoDescribeMaxDelayMs,
  EFO_DESCRIBE_CONSUMER_RETRY_STRATEGY_MAX_ATTEMPTS_OPTION: kinesisSourceOptions.efoDescribeMaxAttempts,
  EFO_DEREGISTER_CONSUMER_TIMEOUT: kinesisSourceOptions.efoDeregisterTimeoutMs,
  /** Ours. */
  DEAGGREGATE: kinesisSourceOptions.deaggregate,
  EFO_SILENCE_TIMEOUT: kinesisSourceOptions.efoSilenceTimeoutMs,
  EFO_FALLBACK_TO_POLLING: kinesisSourceOptions.efoFallback,
  QUOTA_SHARE: kinesisSourceOptions.quotaShare,
  MAX_CONCURRENT_READS: kinesisSourceOptions.maxConcurrentReads,
  STOP_AT: kinesisSourceOptions.stopAt,
} as const

/** All of them ours: Flink's sinks have setters alone. */
export const SinkConfigOptions = {
  ORDERING: sinkOptions.ordering,
  REQUEST_TIMEOUT: sinkOptions.requestTimeoutMs,
  FAIL_ON_TIMEOUT: sinkOptions.failOnTimeout,
  AGGREGATION_ENABLED: sinkOptions.aggregation,
  AGGREGATION_MAX_SIZE: sinkOptions.aggregationMaxSize,
  AGGREGATION_MAX_COUNT: sinkOptions.aggregationMaxCount,
  AGGREGATION_MAX_BUFFERED_TIME: sinkOptions.aggregationMaxBufferedTimeMs,
} as const

/** Flink's `AWSConfigOptions`. */
export const AWSConfigOptions = {
  AWS_REGION_OPTION: awsOptions.region,
  AWS_ENDPOINT_OPTION: awsOptions.endpoint,
  AWS_CREDENTIALS_PROVIDER_OPTION: awsOptions.credentialsProvider,
  AWS_ACCESS_KEY_ID_OPTION: awsOptions.accessKeyId,
  AWS_SECRET_ACCESS_KEY_OPTION: awsOptions.secretKey,
  /** Ours. */
  AWS_SESSION_TOKEN_OPTION: awsOptions.sessionToken,
  AWS_PROFILE_PATH_OPTION: awsOptions.profilePath,
  AWS_PROFILE_NAME_OPTION: awsOptions.profileName,
  AWS_ROLE_STS_ENDPOINT_OPTION: awsOptions.roleStsEndpoint,
  CUSTOM_CREDENTIALS_PROVIDER_CLASS_OPTION: awsOptions.customClass,
  AWS_ROLE_ARN_OPTION: awsOptions.roleArn,
  AWS_ROLE_SESSION_NAME: awsOptions.roleSessionName,
  AWS_ROLE_EXTERNAL_ID_OPTION: awsOptions.roleExternalId,
  AWS_WEB_IDENTITY_TOKEN_FILE: awsOptions.webIdentityTokenFile,
  /** In Flink this one is bound to the key of the token file by mistake. */
  AWS_ROLE_CREDENTIALS_PROVIDER_OPTION: awsOptions.roleProvider,
  TRUST_ALL_CERTIFICATES_OPTION: awsOptions.trustAllCertificates,
  HTTP_PROTOCOL_VERSION_OPTION: awsOptions.httpProtocolVersion,
  HTTP_CLIENT_MAX_CONCURRENCY_OPTION: awsOptions.maxConcurrency,
  HTTP_CLIENT_READ_TIMEOUT_MILLIS_OPTION: awsOptions.readTimeoutMs,
  RETRY_STRATEGY_MIN_DELAY_OPTION: awsOptions.retryMinDelayMs,
  RETRY_STRATEGY_MAX_DELAY_OPTION: awsOptions.retryMaxDelayMs,
  RETRY_STRATEGY_MAX_ATTEMPTS_OPTION: awsOptions.retryMaxAttempts,
} as const

const groups = { KinesisSourceConfigOptions, SinkConfigOptions, AWSConfigOptions }

/** Such as `KinesisSourceConfigOptions.READER_TYPE`. `null` when it has no name. */
export function constantOf(key: string): string | null {
  for (const [group, options] of Object.entries(groups))
    for (const [name, option] of Object.entries(options)) if (option.key === key) return `${group}.${name}`
  return null
}
