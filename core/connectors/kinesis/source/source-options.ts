/** Reads the options of a source from its configuration, and checks them. */
import { parseStreamArn } from '../../../aws/service/arn.ts'
import { awsOptions } from '../../../foundation/config/aws-options.ts'
import type { Configuration } from '../../../foundation/config/configuration.ts'
import { kinesisSourceOptions } from '../../../foundation/config/kinesis-source-options.ts'
import { ConfigurationError } from '../../../foundation/errors.ts'
import type { RetryOptions } from '../../../foundation/retry.ts'
import type { KinesisStreamsSourceSpec } from '../kinesis-streams-source-spec.ts'
import type { SourceReaderOptions } from './reader/kinesis-streams-source-reader.ts'
import type { SourceInstants } from './source-instants.ts'

/** @throws ConfigurationError if a value is not of its option's type, or if the source names no stream */
export function checkSourceOptions(spec: KinesisStreamsSourceSpec, configuration: Configuration): void {
  if (spec.streamArn !== null) parseStreamArn(spec.streamArn)
  else if (!spec.streamName) throw new ConfigurationError('A Kinesis source needs the ARN or the name of a stream.')
  for (const option of Object.values(kinesisSourceOptions)) configuration.find<unknown>(option)
}

export function streamNameOf({ streamArn, streamName }: KinesisStreamsSourceSpec): string {
  return streamArn === null ? streamName! : parseStreamArn(streamArn).streamName
}

/** The options of a reader. `paced`: the quotas of the service hold from the start. @throws ConfigurationError */
export function sourceReaderOptions(
  configuration: Configuration,
  instants: SourceInstants,
  paced: boolean,
): SourceReaderOptions {
  const quotaShare = configuration.get(kinesisSourceOptions.quotaShare)
  if (!(quotaShare > 0 && quotaShare <= 1))
    throw new ConfigurationError(
      `${kinesisSourceOptions.quotaShare.key}: ${quotaShare} is not a share; it must be above 0 and at most 1.`,
    )
  return {
    maxRecordCount: configuration.get(kinesisSourceOptions.maxRecordCount),
    emptyFetchIntervalMs: configuration.get(kinesisSourceOptions.emptyFetchIntervalMs),
    nonEmptyFetchIntervalMs: configuration.get(kinesisSourceOptions.nonEmptyFetchIntervalMs),
    maxConcurrentReads: configuration.get(kinesisSourceOptions.maxConcurrentReads),
    paced,
    quotaShare,
    subscriptionTimeoutMs: configuration.get(kinesisSourceOptions.efoSubscriptionTimeoutMs),
    silenceTimeoutMs: configuration.get(kinesisSourceOptions.efoSilenceTimeoutMs),
    fallsBackToPolling: configuration.get(kinesisSourceOptions.efoFallback),
    deaggregate: configuration.get(kinesisSourceOptions.deaggregate),
    ...retryOptions(configuration),
    // A getter: the instant is in the service's time, and that is known only after the first answer.
    get stopAtMs() {
      return instants.stopAtMs
    },
    stopAtLocalMs: instants.stopAtLocalMs,
  }
}

export function retryOptions(configuration: Configuration): RetryOptions {
  return {
    retryMinDelayMs: configuration.get(awsOptions.retryMinDelayMs),
    retryMaxDelayMs: configuration.get(awsOptions.retryMaxDelayMs),
    retryMaxAttempts: configuration.get(awsOptions.retryMaxAttempts),
  }
}
