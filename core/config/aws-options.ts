/** How to reach AWS: region, endpoint, credentials, HTTP and retries. The names are those of Flink's AWS connectors. */
import { booleanOption, durationOption, enumOption, intOption, stringOption } from './config-option.ts'

export const awsOptions = {
  region: stringOption('aws.region', null, 'Region. A source or sink that is given an ARN takes the region from it.'),
  endpoint: stringOption(
    'aws.endpoint',
    null,
    'URL of the Kinesis endpoint, for emulators and private endpoints. Default: `AWS_ENDPOINT_URL_KINESIS`, `AWS_ENDPOINT_URL`, or the endpoint of the region.',
  ),
  credentialsProvider: enumOption(
    'aws.credentials.provider',
    ['AUTO', 'BASIC', 'ENV_VAR', 'PROFILE', 'SYS_PROP', 'ASSUME_ROLE', 'WEB_IDENTITY_TOKEN', 'CUSTOM'],
    null,
    'Where credentials come from. Default: `BASIC` if both keys of it are given, else `AUTO`, the default chain of the AWS SDK.',
  ),
  accessKeyId: stringOption('aws.credentials.provider.basic.accesskeyid', null, 'Access key id for `BASIC`.', {
    secret: true,
  }),
  secretKey: stringOption('aws.credentials.provider.basic.secretkey', null, 'Secret key for `BASIC`.', {
    secret: true,
  }),
  sessionToken: stringOption(
    'aws.credentials.provider.basic.sessiontoken',
    null,
    'Session token for `BASIC` (ours; Flink has none).',
    {
      secret: true,
    },
  ),
  profileName: stringOption(
    'aws.credentials.provider.profile.name',
    null,
    'Profile for `PROFILE`. Default: `AWS_PROFILE`, or `default`.',
  ),
  profilePath: stringOption(
    'aws.credentials.provider.profile.path',
    null,
    'Path of the credentials file for `PROFILE`.',
  ),
  trustAllCertificates: booleanOption('aws.trust.all.certificates', false, 'Accept any TLS certificate. For tests.'),
  maxConcurrency: intOption('aws.http-client.max-concurrency', 10000, 'Most connections at once.', { min: 1 }),
  readTimeoutMs: durationOption('aws.http-client.read-timeout', '360000 ms', 'How long an answer may take.'),
  httpProtocolVersion: enumOption(
    'aws.http.protocol.version',
    ['HTTP2', 'HTTP1_1'],
    'HTTP2',
    'Accepted for compatibility: data requests always use HTTP/1.1 with keep-alive, the fastest here.',
    { ignored: true },
  ),
  retryMinDelayMs: durationOption(
    'retry-strategy.delay.min',
    '300 ms',
    'First delay between attempts of a failed request.',
  ),
  retryMaxDelayMs: durationOption('retry-strategy.delay.max', '1000 ms', 'Longest delay between attempts.'),
  retryMaxAttempts: intOption('retry-strategy.attempts.max', 50, 'Attempts of a request before the source fails.', {
    min: 1,
  }),
} as const
