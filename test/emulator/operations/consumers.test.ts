import {
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  ListStreamConsumersCommand,
  RegisterStreamConsumerCommand,
} from '@aws-sdk/client-kinesis'
import t from 'tap'

import { client, emulator, json } from '../harness.ts'

t.test('consumers are registered, described by name or ARN, listed and deregistered', async t => {
  const kinesis = await emulator(t)
  const sdk = client(t, kinesis)
  const StreamARN = kinesis.streamArn('flights')
  const { Consumer: consumer } = await sdk.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'app' }))
  t.equal(consumer?.ConsumerARN, `${StreamARN}/consumer/app:${kinesis.clock.now() / 1000}`)
  t.equal(consumer?.ConsumerStatus, 'ACTIVE')
  for (const input of [{ StreamARN, ConsumerName: 'app' }, { ConsumerARN: consumer?.ConsumerARN }]) {
    const { ConsumerDescription: description } = await sdk.send(new DescribeStreamConsumerCommand(input))
    t.match(description, { ...consumer, StreamARN })
  }
  await sdk.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: 'zoo' }))
  const page = await sdk.send(new ListStreamConsumersCommand({ StreamARN, MaxResults: 1 }))
  t.same(
    page.Consumers?.map(each => each.ConsumerName),
    ['app'],
  )
  const rest = await sdk.send(new ListStreamConsumersCommand({ StreamARN, NextToken: page.NextToken }))
  t.same(
    rest.Consumers?.map(each => each.ConsumerName),
    ['zoo'],
  )
  await sdk.send(new DeregisterStreamConsumerCommand({ ConsumerARN: consumer?.ConsumerARN }))
  await t.rejects(sdk.send(new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: 'app' })), {
    name: 'ResourceNotFoundException',
  })
})

t.test('a name is taken once, and a consumer registered anew has another ARN', async t => {
  const kinesis = await emulator(t)
  const StreamARN = kinesis.streamArn('flights')
  const register = async () => json(kinesis, 'RegisterStreamConsumer', { StreamARN, ConsumerName: 'app' })
  const first = (await register()).Consumer
  await t.rejects(register(), { name: 'ResourceInUseException' })
  await json(kinesis, 'DeregisterStreamConsumer', { StreamARN, ConsumerName: 'app' })
  kinesis.clock.advance(1000)
  t.not((await register()).Consumer.ConsumerARN, first.ConsumerARN)
  await t.rejects(json(kinesis, 'DescribeStreamConsumer', { ConsumerARN: first.ConsumerARN }), {
    name: 'ResourceNotFoundException',
  })
  await t.rejects(json(kinesis, 'DescribeStreamConsumer', { ConsumerARN: 'x' }), { name: 'ValidationException' })
})

t.test('a stream has at most 20 consumers, and is deleted with them only when told to', async t => {
  const kinesis = await emulator(t)
  const StreamARN = kinesis.streamArn('flights')
  for (let i = 0; i < 20; i++) {
    await json(kinesis, 'RegisterStreamConsumer', { StreamARN, ConsumerName: `c${i}` })
    kinesis.clock.advance(1000)
  }
  await t.rejects(json(kinesis, 'RegisterStreamConsumer', { StreamARN, ConsumerName: 'x' }), {
    name: 'LimitExceededException',
  })
  await t.rejects(json(kinesis, 'DeleteStream', { StreamARN }), { name: 'ResourceInUseException' })
  await t.resolves(json(kinesis, 'DeleteStream', { StreamARN, EnforceConsumerDeletion: true }))
})
