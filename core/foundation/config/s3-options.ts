/** How to reach S3, for checkpoints. The names are those of Flink's S3 file systems; credentials default to those of `aws.*`. */
import { booleanOption, stringOption } from './config-option.ts'

export const s3Options = {
  endpoint: stringOption(
    's3.endpoint',
    null,
    'URL of the S3 endpoint, for emulators and other S3-compatible services. Default: `AWS_ENDPOINT_URL_S3`, or the endpoint of the region.',
  ),
  region: stringOption(
    's3.endpoint.region',
    null,
    'Region of the bucket. Default: `aws.region`, `AWS_REGION`, or the one that S3 redirects to.',
  ),
  pathStyle: booleanOption(
    's3.path.style.access',
    false,
    'Name the bucket in the path instead of the host, as most other S3-compatible services require.',
    { aliases: ['s3.path-style-access'] },
  ),
  accessKey: stringOption('s3.access-key', null, 'Access key id. Default: the credentials of `aws.*`.', {
    secret: true,
    aliases: ['s3.access.key'],
  }),
  secretKey: stringOption('s3.secret-key', null, 'Secret key that belongs to `s3.access-key`.', {
    secret: true,
    aliases: ['s3.secret.key'],
  }),
} as const
