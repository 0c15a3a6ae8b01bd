/** `arn:partition:kinesis:region:account:stream/name` */
import { maskedUrl } from '../../foundation/config/mask.ts'
import { ConfigurationError } from '../../foundation/errors.ts'

export interface StreamArn {
  readonly arn: string
  readonly partition: string
  readonly region: string
  readonly accountId: string
  readonly streamName: string
}

export function parseStreamArn(arn: string): StreamArn {
  const match = /^arn:(aws[a-z-]*):kinesis:([a-z0-9-]+):(\d{12}):stream\/([a-zA-Z0-9_.-]{1,128})$/.exec(arn)
  if (match === null)
    throw new ConfigurationError(
      `'${maskedUrl(arn)}' is not the ARN of a Kinesis stream. It should look like arn:aws:kinesis:us-east-1:123456789012:stream/name.`,
    )
  const [, partition, region, accountId, streamName] = match as unknown as [string, string, string, string, string]
  return { arn, partition, region, accountId, streamName }
}
