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
