import t from 'tap'

import { parseStreamArn } from '../../../../core/aws/service/arn.ts'

t.test('the parts of a stream ARN', async t => {
  t.same(parseStreamArn('arn:aws:kinesis:us-east-1:123456789012:stream/my.stream_1-x'), {
    arn: 'arn:aws:kinesis:us-east-1:123456789012:stream/my.stream_1-x',
    partition: 'aws',
    region: 'us-east-1',
    accountId: '123456789012',
    streamName: 'my.stream_1-x',
  })
  t.match(parseStreamArn('arn:aws-cn:kinesis:cn-north-1:123456789012:stream/s'), { partition: 'aws-cn' })
  t.match(parseStreamArn('arn:aws-us-gov:kinesis:us-gov-west-1:123456789012:stream/s'), { region: 'us-gov-west-1' })
})

t.test('anything else is an error that shows what an ARN looks like', async t => {
  for (const wrong of [
    '',
    'flights',
    'arn:aws:kinesis:us-east-1:123456789012:stream/',
    'arn:aws:kinesis:us-east-1:1234:stream/s',
    'arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/b:1',
    'arn:aws:firehose:us-east-1:123456789012:deliverystream/s',
    `arn:aws:kinesis:us-east-1:123456789012:stream/${'x'.repeat(129)}`,
    ' arn:aws:kinesis:us-east-1:123456789012:stream/s',
  ])
    t.throws(
      () => parseStreamArn(wrong),
      { code: 'CONFIGURATION_INVALID', message: /arn:aws:kinesis:us-east-1/ },
      wrong,
    )
})
