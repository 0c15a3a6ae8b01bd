import { ListStreamsCommand } from '@aws-sdk/client-kinesis'
import { once } from 'node:events'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'

import { systemClock } from '../../../../core/foundation/clock.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { registerCredentialsProvider } from '../../../../core/index.ts'
import { createAwsAccess } from '../../../../core/aws/service/aws-access.ts'
import { DataPlaneClient } from '../../../../core/aws/kinesis/data-plane-client.ts'
import { FanOutClient } from '../../../../core/aws/kinesis/fan-out-client.ts'
import { KinesisStreamProxy } from '../../../../core/aws/kinesis/kinesis-stream-proxy.ts'
import { KinesisEmulator } from '../../../../emulator/index.ts'
import { runOf } from '../../fakes/fake-sink-stream.ts'
import { door } from '../../fakes/moto.ts'

const P = 'aws.credentials.provider'

async function made(
  t: { teardown(end: () => unknown): void },
  values: Record<string, string>,
  { direct = false } = {},
) {
  const kinesis = await KinesisEmulator.start({ streams: { flights: 1 }, limits: false })
  t.teardown(() => kinesis.close())
  const seen = await door(t, { url: kinesis.endpoint })
  const configuration = new Configuration({
    'aws.region': 'us-east-1',
    'aws.endpoint': direct ? kinesis.endpoint : seen.url,
    ...values,
  })
  const access = createAwsAccess(configuration, null)
  const data = new DataPlaneClient(access, systemClock, {
    maxConnections: 5,
    readTimeoutMs: 5000,
  })
  t.teardown(() => {
    data.close()
    access.close()
  })
  const put = () => data.putRecords({ streamArn: null, streamName: 'flights' }, [runOf([['k', 'v']])], 'flights')
  const list = () => access.sdk.send(new ListStreamsCommand({}))
  const keys = () => seen.asked.map(({ authorization }) => /Credential=(\w+)\//.exec(authorization)?.[1])
  const expire = (operation: string, times = 1) =>
    kinesis.faults.inject({ operation, times, fault: { kind: 'error', name: 'ExpiredTokenException', status: 400 } })
  return { kinesis, seen, access, put, list, keys, expire }
}

t.test(
  'a token that the service calls expired is replaced at once, by either client, and the call is made again',
  async t => {
    let calls = 0
    t.teardown(
      registerCredentialsProvider('counting', () => () => ({
        accessKeyId: `KEY${++calls}`,
        secretAccessKey: 's',
        sessionToken: `${calls}`,
      })),
    )
    const { put, list, keys, expire } = await made(t, { [P]: 'CUSTOM', [`${P}.custom.class`]: 'counting' })
    expire('PutRecords')
    t.same((await put()).failed, [])
    expire('ListStreams')
    t.match(await list(), { StreamNames: ['flights'] })
    t.same((await put()).failed, [])
    t.same(keys(), ['KEY1', 'KEY2', 'KEY2', 'KEY3', 'KEY3'])
  },
)

t.test('credentials that cannot be renewed are rejected with what the service said', async t => {
  const keys = { [`${P}.basic.accesskeyid`]: 'a', [`${P}.basic.secretkey`]: 'hush', [`${P}.basic.sessiontoken`]: 'old' }
  const { put, list, expire, seen } = await made(t, keys)
  expire('PutRecords', 9)
  expire('ListStreams', 9)
  await t.rejects(put(), { code: 'CREDENTIALS_REJECTED', message: /ExpiredTokenException/ })
  await t.rejects(list(), { name: 'ExpiredTokenException' })
  t.equal(seen.asked.length, 2)
})

t.test('credentials that are not there are said by the name of their provider', async t => {
  t.teardown(registerCredentialsProvider('sealed', () => () => Promise.reject(new Error('the vault is sealed'))))
  const { put, list } = await made(t, { [P]: 'CUSTOM', [`${P}.custom.class`]: 'sealed' })
  const expected = {
    code: 'CREDENTIALS_MISSING',
    fatal: true,
    message: /^No AWS credentials from CUSTOM \(sealed\): the vault is sealed\. Set AWS_ACCESS_KEY_ID/,
  }
  await t.rejects(put(), expected)
  await t.rejects(list(), expected)
})

t.test('a service that says nothing is not waited for longer than the option says', async t => {
  const silent = net.createServer(() => undefined)
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => silent.close())
  const { port } = silent.address() as AddressInfo
  const configuration = new Configuration({
    'aws.endpoint': `http://127.0.0.1:${port}`,
    'aws.http-client.read-timeout': '100 ms',
    'retry-strategy.delay.min': '1 ms',
    'retry-strategy.delay.max': '1 ms',
    [`${P}.basic.accesskeyid`]: 'a',
    [`${P}.basic.secretkey`]: 's',
  })
  const streamArn = 'arn:aws:kinesis:us-east-1:123456789012:stream/flights'
  const proxy = new KinesisStreamProxy({ streamArn, streamName: null }, configuration, systemClock)
  t.teardown(() => proxy.close())
  await t.rejects(proxy.listShards(), { code: 'ENDPOINT_UNREACHABLE', message: /ListShards on stream flights/ })
})

t.test('closed, a call that is under way ends and is not made again', async t => {
  const { kinesis, access, list, seen } = await made(t, {
    [`${P}.basic.accesskeyid`]: 'a',
    [`${P}.basic.secretkey`]: 's',
  })
  kinesis.faults.inject({ operation: 'ListStreams', times: 10, fault: { kind: 'slow', delayMs: 60_000 } })
  const listed = list()
  listed.catch(() => undefined)
  while (seen.asked.length === 0) await delay(5)
  access.close()
  await t.rejects(listed, { message: 'the client is closed' })
  await t.rejects(list(), { message: 'the client is closed' })
  t.equal(seen.asked.length, 1)
})

t.test('both clients name the origin of their requests', async t => {
  const keys = { [`${P}.basic.accesskeyid`]: 'a', [`${P}.basic.secretkey`]: 's' }
  const { put, list, seen } = await made(t, { ...keys, 'aws.kinesis.client.user-agent-prefix': 'orders/7' })
  await put()
  await list()
  t.equal(seen.asked[0]?.userAgent, 'orders/7')
  t.match(seen.asked[1]?.userAgent, /orders\/7/)
})

t.test('a token that has expired before a subscription is replaced too', async t => {
  let calls = 0
  t.teardown(
    registerCredentialsProvider('subscribing', () => () => ({ accessKeyId: `KEY${++calls}`, secretAccessKey: 's' })),
  )
  const custom = { [P]: 'CUSTOM', [`${P}.custom.class`]: 'subscribing' }
  // Past the door, which speaks HTTP/1.1 only.
  const { kinesis, access, expire } = await made(t, custom, { direct: true })
  expire('SubscribeToShard')
  const { Consumer } = (await kinesis.call('RegisterStreamConsumer', {
    StreamARN: kinesis.streamArn('flights'),
    ConsumerName: 'app',
  })) as { Consumer: { ConsumerARN: string } }
  const client = new FanOutClient(access, systemClock, {})
  t.teardown(() => client.close())
  const request = { streamName: 'flights', consumerArn: Consumer.ConsumerARN, shardId: 'shardId-000000000000' }
  await client.subscribe({ ...request, position: { type: 'LATEST' } }, AbortSignal.timeout(5000))
  t.equal(calls, 2)
})

t.test('what lacks beside an emulator of this machine is told as shardline local prints it', async t => {
  const kept = [
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_PROFILE',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
  ] as const
  const hidden = ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'] as const
  const before = { ...process.env }
  for (const name of kept) Reflect.deleteProperty(process.env, name)
  for (const name of hidden) process.env[name] = '/nowhere'
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
  t.teardown(() => {
    for (const name of [...kept, ...hidden, 'AWS_EC2_METADATA_DISABLED']) Reflect.deleteProperty(process.env, name)
    Object.assign(process.env, before)
  })
  const kinesis = await KinesisEmulator.start()
  t.teardown(() => kinesis.close())
  const endpoint = { 'aws.endpoint': kinesis.endpoint }
  const advice = `The endpoint ${kinesis.endpoint} is on this machine: export what 'shardline local' prints, `
  const printed = kinesis.environment()
  t.throws(() => createAwsAccess(new Configuration(endpoint), null), {
    code: 'CONFIGURATION_INVALID',
    message: `No region: set 'aws.region', AWS_REGION, or give the stream's ARN. ${advice}AWS_REGION=${printed['AWS_REGION']}.`,
  })
  const access = createAwsAccess(new Configuration({ ...endpoint, 'aws.region': 'us-east-1' }), null)
  t.teardown(() => access.close())
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = printed
  await t.rejects(access.credentials(), {
    code: 'CREDENTIALS_MISSING',
    message: new RegExp(`${advice}AWS_ACCESS_KEY_ID=${id} AWS_SECRET_ACCESS_KEY=${secret}\\.$`),
  })
  const elsewhere = createAwsAccess(new Configuration({ 'aws.region': 'us-east-1' }), null)
  t.teardown(() => elsewhere.close())
  await t.rejects(elsewhere.credentials(), { message: /^(?!.*shardline local).*Set AWS_ACCESS_KEY_ID/ })
})

t.test('an endpoint or a region that is none is an error that names the option, without a password', async t => {
  for (const [values, message] of [
    [{ 'aws.region': 'eu_west_1' }, "aws.region: 'eu_west_1' is not a region such as eu-west-1."],
    [
      { 'aws.endpoint': 'htp://me:s3cret@h' },
      "aws.endpoint: 'htp://***@h' is not a URL such as http://127.0.0.1:4567.",
    ],
    [
      { 'aws.endpoint': 'localhost:4567' },
      "aws.endpoint: 'localhost:4567' is not a URL such as http://127.0.0.1:4567.",
    ],
    [{ 'aws.endpoint': '' }, "aws.endpoint: '' is not a URL such as http://127.0.0.1:4567."],
    [{ 'aws.endpoint': 'http://me:s3cret@h' }, /^aws\.endpoint: 'http:\/\/\*\*\*@h' has a user or a password/],
  ] as const)
    t.throws(() => createAwsAccess(new Configuration({ 'aws.region': 'us-east-1', ...values }), null), {
      code: 'CONFIGURATION_INVALID',
      message,
    })
})
