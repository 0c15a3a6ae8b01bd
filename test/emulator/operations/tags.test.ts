import { AddTagsToStreamCommand, ListTagsForStreamCommand, RemoveTagsFromStreamCommand } from '@aws-sdk/client-kinesis'
import t from 'tap'

import { client, emulator, json } from '../harness.ts'

t.test('tags are added, overwritten, listed by page and removed', async t => {
  const kinesis = await emulator(t)
  const sdk = client(t, kinesis)
  const StreamName = 'flights'
  await sdk.send(new AddTagsToStreamCommand({ StreamName, Tags: { a: '1', b: '2', c: '3' } }))
  await sdk.send(new AddTagsToStreamCommand({ StreamName, Tags: { b: 'two' } }))
  await sdk.send(new RemoveTagsFromStreamCommand({ StreamName, TagKeys: ['c', 'unknown'] }))
  t.match(await sdk.send(new ListTagsForStreamCommand({ StreamName, Limit: 1 })), {
    HasMoreTags: true,
    Tags: [{ Key: 'a' }],
  })
  t.match(await sdk.send(new ListTagsForStreamCommand({ StreamName, ExclusiveStartTagKey: 'a' })), {
    HasMoreTags: false,
    Tags: [{ Key: 'b', Value: 'two' }],
  })
})

t.test('a stream has at most 50 tags', async t => {
  const kinesis = await emulator(t)
  const Tags = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, 'v']))
  await t.rejects(json(kinesis, 'AddTagsToStream', { StreamName: 'flights', Tags }), {
    name: 'InvalidArgumentException',
  })
  await t.rejects(json(kinesis, 'AddTagsToStream', { StreamName: 'flights', Tags: { a: 1 } }), {
    name: 'SerializationException',
  })
  await t.rejects(json(kinesis, 'AddTagsToStream', { StreamName: 'flights' }), { name: 'ValidationException' })
  await t.rejects(json(kinesis, 'RemoveTagsFromStream', { StreamName: 'flights', TagKeys: 'a' }), {
    name: 'SerializationException',
  })
})

t.test('tags that the service does not take are refused', async t => {
  const kinesis = await emulator(t, { limits: false })
  const ResourceARN = kinesis.streamArn('flights')
  for (const [Tags, name] of [
    [{ '': 'v' }, 'ValidationException'],
    [{ ['k'.repeat(129)]: 'v' }, 'ValidationException'],
    [{ k: 'v'.repeat(257) }, 'ValidationException'],
    [{ 'aws:k': 'v' }, 'InvalidArgumentException'],
    [{ 'k!': 'v' }, 'InvalidArgumentException'],
    [{}, 'ValidationException'],
  ] as const) {
    await t.rejects(json(kinesis, 'AddTagsToStream', { StreamName: 'flights', Tags }), { name })
    await t.rejects(json(kinesis, 'TagResource', { ResourceARN, Tags }), { name })
    await t.rejects(json(kinesis, 'CreateStream', { StreamName: 's', ShardCount: 1, Tags }), { name })
    const consumer = { StreamARN: ResourceARN, ConsumerName: 'app', Tags }
    await t.rejects(json(kinesis, 'RegisterStreamConsumer', consumer), { name })
  }
  t.same((await json(kinesis, 'ListStreams', {})).StreamNames, ['flights'])
  await t.resolves(json(kinesis, 'TagResource', { ResourceARN, Tags: { 'Größe: a/b=c+d-e@f_g.h': '' } }))
})
