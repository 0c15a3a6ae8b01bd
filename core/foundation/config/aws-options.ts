/** How to reach AWS: region, endpoint, credentials, HTTP and retries. The names are those of Flink's AWS connectors. */
import { booleanOption, durationOption, enumOption, intOption, stringOption } from './config-option.ts'
import type { ConfigOption } from './config-option.ts'

export const CREDENTIALS_PREFIX = 'aws.credentials.provider'
const NESTED_PREFIX = '.role.provider'

export const credentialsProviders = [
  'AUTO',
  'BASIC',
  'ENV_VAR',
  'PROFILE',
  'SYS_PROP',
  'ASSUME_ROLE',
  'WEB_IDENTITY_TOKEN',
  'CUSTOM',
] as const

export type CredentialsProviderName = (typeof credentialsProviders)[number]

const secret = { secret: true } as const

/** The options of one provider: the job's own, or one whose credentials another assumes its role with. */
export const credentialsOptionsOf = (prefix: string) =>
  ({
    credentialsProvider: enumOption(
      prefix,
      credentialsProviders,
      null,
      'Where credentials come from. Default: `BASIC` if both keys of it are given, else `AUTO`: the keys of the environment, a web identity, the profile, the container or instance, in this order (docs/how-to/access-aws.md). `SYS_PROP` reads environment variables of the names `aws.accessKeyId`, `aws.secretAccessKey`, `aws.sessionToken`: there is no JVM to have properties.',
    ),
    accessKeyId: stringOption(`${prefix}.basic.accesskeyid`, null, 'Access key id for `BASIC`.', secret),
    secretKey: stringOption(`${prefix}.basic.secretkey`, null, 'Secret key for `BASIC`.', secret),
    sessionToken: stringOption(
      `${prefix}.basic.sessiontoken`,
      null,
      'Session token for `BASIC` (ours; Flink has none).',
      secret,
    ),
    profileName: stringOption(
      `${prefix}.profile.name`,
      null,
      'Profile for `PROFILE` and `AUTO`. With `AUTO` it comes before the keys of the environment. Default: `AWS_PROFILE`, or `default`.',
    ),
    profilePath: stringOption(
      `${prefix}.profile.path`,
      null,
      'Path of the credentials file for `PROFILE`; with it, no other file is read.',
    ),
    roleArn: stringOption(
      `${prefix}.role.arn`,
      null,
      'ARN of the role for `ASSUME_ROLE` and `WEB_IDENTITY_TOKEN`; for the latter default `AWS_ROLE_ARN`.',
    ),
    roleSessionName: stringOption(
      `${prefix}.role.sessionName`,
      null,
      'Session name for `ASSUME_ROLE` and `WEB_IDENTITY_TOKEN`. Default: `AWS_ROLE_SESSION_NAME`, or `shardline`.',
    ),
    roleExternalId: stringOption(`${prefix}.role.externalId`, null, 'External id for `ASSUME_ROLE`.'),
    roleStsEndpoint: stringOption(
      `${prefix}.role.stsEndpoint`,
      null,
      "URL of the STS endpoint for `ASSUME_ROLE` and `WEB_IDENTITY_TOKEN`. Default: that of the role that this one's credentials are for, `AWS_ENDPOINT_URL_STS`, or the region's.",
    ),
    webIdentityTokenFile: stringOption(
      `${prefix}.webIdentityToken.file`,
      null,
      'File of the token for `WEB_IDENTITY_TOKEN`, read anew for each refresh. Default: `AWS_WEB_IDENTITY_TOKEN_FILE`.',
    ),
    customClass: stringOption(
      `${prefix}.custom.class`,
      null,
      'For `CUSTOM`: a name given to `registerCredentialsProvider`, or a module and its export, such as `file:///opt/vault.mjs#credentials` or `./vault.mjs#credentials`: a function of the configuration that answers a function that answers credentials. In Python a name given to `register_credentials_provider`, or `module:function`.',
    ),
  }) as const

/** The prefix of the provider whose credentials the role of `prefix` is assumed with. */
export const nestedCredentialsPrefix = (prefix: string): string => prefix + NESTED_PREFIX

/** A key of a nested provider as its outermost namesake, which is what the tables know; other keys as they are. */
export function outermostKey(key: string): string {
  let rest = key
  while (rest.startsWith(CREDENTIALS_PREFIX + NESTED_PREFIX))
    rest = CREDENTIALS_PREFIX + rest.slice(CREDENTIALS_PREFIX.length + NESTED_PREFIX.length)
  return rest
}

export const awsOptions = {
  region: stringOption('aws.region', null, 'Region. A source or sink that is given an ARN takes the region from it.'),
  endpoint: stringOption(
    'aws.endpoint',
    null,
    'URL of the Kinesis endpoint, for emulators and private endpoints. Default: `AWS_ENDPOINT_URL_KINESIS`, `AWS_ENDPOINT_URL`, or the endpoint of the region.',
  ),
  ...credentialsOptionsOf(CREDENTIALS_PREFIX),
  roleProvider: enumOption(
    nestedCredentialsPrefix(CREDENTIALS_PREFIX),
    credentialsProviders,
    null,
    'For `ASSUME_ROLE`: where the credentials come from that the role is assumed with. A prefix in its turn: every key above and below that starts with `aws.credentials.provider` exists with `aws.credentials.provider.role.provider` too, to any depth.',
  ),
  trustAllCertificates: booleanOption(
    'aws.trust.all.certificates',
    false,
    'Accept any TLS certificate, of every service and proxy. For tests. Certificates of your own: `AWS_CA_BUNDLE`.',
  ),
  maxConcurrency: intOption(
    'aws.http-client.max-concurrency',
    10000,
    'The greatest number of connections at the same time.',
    { min: 1 },
  ),
  readTimeoutMs: durationOption(
    'aws.http-client.read-timeout',
    '360000 ms',
    'The time in which an answer must be complete.',
  ),
  httpProtocolVersion: enumOption(
    'aws.http.protocol.version',
    ['HTTP2', 'HTTP1_1'],
    'HTTP2',
    'Accepted for compatibility: requests use HTTP/1.1 with keep-alive, the fastest here, and enhanced fan-out HTTP/2, as it must.',
    { ignored: true },
  ),
  userAgentPrefix: stringOption(
    'aws.kinesis.client.user-agent-prefix',
    'shardline',
    'The prefix of the User-Agent header of requests.',
  ),
  retryMinDelayMs: durationOption(
    'retry-strategy.delay.min',
    '300 ms',
    'First delay between attempts of a failed request.',
  ),
  retryMaxDelayMs: durationOption('retry-strategy.delay.max', '1000 ms', 'Longest delay between attempts.'),
  retryMaxAttempts: intOption(
    'retry-strategy.attempts.max',
    50,
    'Attempts of a request before the source fails. Calls that describe and list are attempted at most three times. The operations that need them report a persistent failure earlier, and try again themselves.',
    { min: 1 },
  ),
} as const

export type CredentialsOptions = {
  readonly [name in keyof ReturnType<typeof credentialsOptionsOf>]: ConfigOption<string>
}
