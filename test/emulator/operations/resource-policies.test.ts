import t from 'tap'

import { emulator, json } from '../harness.ts'

const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [] })

t.test('streams, consumers and queues have a policy and tags of their own', async t => {
  const kinesis = await emulator(t, { limits: false })
  const StreamARN = kinesis.streamArn('flights')
  await json(kinesis, 'UpdateStreamMode', { StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } })
  const register = { StreamARN, ConsumerName: 'app', Tags: { made: 'with' } }
  const { Consumer } = await json(kinesis, 'RegisterStreamConsumer', register)
  const queue = { QueueName: 'work', StreamConfigurationList: [{ StreamARN }], Tags: { made: 'with' } }
  const { QueueDescription } = await json(kinesis, 'CreateQueue', queue)
  for (const ResourceARN of [StreamARN, Consumer.ConsumerARN, QueueDescription.QueueARN]) {
    t.same(await json(kinesis, 'GetResourcePolicy', { ResourceARN }), { Policy: '{}' })
    await json(kinesis, 'PutResourcePolicy', { ResourceARN, Policy })
    t.same(await json(kinesis, 'GetResourcePolicy', { ResourceARN }), { Policy })
    await json(kinesis, 'DeleteResourcePolicy', { ResourceARN })
    await t.rejects(json(kinesis, 'DeleteResourcePolicy', { ResourceARN }), { name: 'ResourceNotFoundException' })

    await json(kinesis, 'TagResource', { ResourceARN, Tags: { b: '2', a: '' } })
    await json(kinesis, 'UntagResource', { ResourceARN, TagKeys: ['b', 'unknown'] })
    const made = ResourceARN === StreamARN ? [] : [{ Key: 'made', Value: 'with' }]
    t.same((await json(kinesis, 'ListTagsForResource', { ResourceARN })).Tags, [{ Key: 'a', Value: '' }, ...made])
  }
})

t.test('what is no policy, and what has none, is refused', async t => {
  const kinesis = await emulator(t, { limits: false })
  const ResourceARN = kinesis.streamArn('flights')
  const large = JSON.stringify({ Statement: 'x'.repeat(21_000) })
  for (const wrong of ['', '{', '[]', '"x"', 'null', '{}', large]) {
    const name = wrong === '' ? 'ValidationException' : 'InvalidArgumentException'
    await t.rejects(json(kinesis, 'PutResourcePolicy', { ResourceARN, Policy: wrong }), { name })
  }
  const arns: [string, string][] = [
    ['flights', 'ValidationException'],
    [kinesis.streamArn('none'), 'ResourceNotFoundException'],
    [`${ResourceARN}/consumer/app:1`, 'ResourceNotFoundException'],
    [ResourceARN.replace('stream/', 'queue/'), 'ResourceNotFoundException'],
    [ResourceARN.replace('stream/', 'channel/'), 'ResourceNotFoundException'],
    [ResourceARN.replace('us-east-1', 'eu-west-1'), 'ResourceNotFoundException'],
    [`${ResourceARN}/other`, 'InvalidArgumentException'],
  ]
  for (const [arn, name] of arns) {
    await t.rejects(json(kinesis, 'GetResourcePolicy', { ResourceARN: arn }), { name })
    await t.rejects(json(kinesis, 'ListTagsForResource', { ResourceARN: arn }), { name })
  }
})
