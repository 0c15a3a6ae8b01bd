import t from 'tap'

import { emulator, iterator, json, shardId } from '../harness.ts'

t.test('a token belongs to its operation, and lives for 300 seconds', async t => {
  const kinesis = await emulator(t, { streams: { flights: 3, trains: 1 }, limits: false })
  const StreamARN = kinesis.streamArn('flights')
  for (const ConsumerName of ['a', 'b']) await json(kinesis, 'RegisterStreamConsumer', { StreamARN, ConsumerName })
  const tokens = {
    ListStreams: (await json(kinesis, 'ListStreams', { Limit: 1 })).NextToken,
    ListShards: (await json(kinesis, 'ListShards', { StreamName: 'flights', MaxResults: 1 })).NextToken,
    ListStreamConsumers: (await json(kinesis, 'ListStreamConsumers', { StreamARN, MaxResults: 1 })).NextToken,
    GetShardIterator: await iterator(kinesis),
  }
  const ask = async (operation: string, NextToken: string): Promise<unknown> =>
    json(kinesis, operation, { NextToken, ...(operation === 'ListStreamConsumers' ? { StreamARN } : {}) })
  const lists = ['ListStreams', 'ListShards', 'ListStreamConsumers']
  for (const operation of [...lists, 'ListQueues', 'ListChannels']) {
    for (const [origin, token] of Object.entries(tokens)) {
      if (origin === operation) await t.resolves(ask(operation, token))
      else await t.rejects(ask(operation, token), { name: 'InvalidArgumentException', message: /NextToken is invalid/ })
    }
  }
  await t.rejects(json(kinesis, 'GetRecords', { ShardIterator: tokens.ListStreams }), {
    name: 'InvalidArgumentException',
  })
  kinesis.clock.advance(300_001)
  for (const operation of lists) {
    const token = tokens[operation as keyof typeof tokens]
    await t.rejects(ask(operation, token), { name: 'ExpiredNextTokenException' })
  }
})

t.test('a page of consumers is of the stream that was meant', async t => {
  const kinesis = await emulator(t, { limits: false })
  const StreamARN = kinesis.streamArn('flights')
  const list = async (more: object) => json(kinesis, 'ListStreamConsumers', { StreamARN, ...more })
  const StreamCreationTimestamp = kinesis.clock.now() / 1000
  t.same((await list({ StreamCreationTimestamp })).Consumers, [])
  await t.rejects(list({ StreamCreationTimestamp: 1 }), { name: 'ResourceNotFoundException' })
  t.equal((await json(kinesis, 'ListShards', { StreamName: 'flights' })).Shards[0].ShardId, shardId(0))
})
