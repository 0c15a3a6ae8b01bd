/** Every client of AWS, by way of proxies and behind certificates of one's own. */
import path from 'node:path'

import t from 'tap'
import type { Test } from 'tap'

import { S3CheckpointStorage } from '../../../../core/checkpoint/s3-checkpoint-storage.ts'
import { systemClock } from '../../../../core/foundation/clock.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { createAwsAccess } from '../../../../core/aws/service/aws-access.ts'
import { FirehoseDeliveryStream } from '../../../../core/aws/firehose/firehose-client.ts'
import { GlueSchemaRegistryClient } from '../../../../core/aws/glue/glue-client.ts'
import { KinesisStreamProxy } from '../../../../core/aws/kinesis/kinesis-stream-proxy.ts'
import { networkOf } from '../../../../core/aws/http/network.ts'
import { parseGlueConfigs } from '../../../../schemas/glue/glue-configs.ts'
import { KinesisEmulator } from '../../../../emulator/index.ts'
import { runOf } from '../../fakes/fake-sink-stream.ts'
import { CA_FILE, httpProxy, tlsBefore } from '../../fakes/http-proxy.ts'
import type { FakeProxy } from '../../fakes/http-proxy.ts'

const NAMES = /^(https?_proxy|no_proxy|all_proxy|AWS_CA_BUNDLE|REQUESTS_CA_BUNDLE|REQUEST_METHOD)$/i
const SHARD = 'shardId-000000000000'
const keys = {
  'aws.region': 'us-east-1',
  'aws.credentials.provider.basic.accesskeyid': 'a',
  'aws.credentials.provider.basic.secretkey': 's',
  'retry-strategy.attempts.max': '1',
}

/** The environment of the test, in these names. */
function environment(t: Test, values: Readonly<Record<string, string>>): void {
  const before = Object.entries(process.env).filter(([name]) => NAMES.test(name))
  const clear = (): void => {
    for (const name of Object.keys(process.env)) if (NAMES.test(name)) Reflect.deleteProperty(process.env, name)
  }
  clear()
  Object.assign(process.env, values)
  t.teardown(() => {
    clear()
    Object.assign(process.env, Object.fromEntries(before))
  })
}

async function kinesis(t: Test): Promise<{ readonly emulator: KinesisEmulator; readonly port: number }> {
  const emulator = await KinesisEmulator.start({ streams: { flights: 1 }, limits: false, emptyEventIntervalMs: 20 })
  t.teardown(() => emulator.close())
  return { emulator, port: Number(new URL(emulator.endpoint).port) }
}

/** Each call by another client: the SDK's, the data plane's two, and enhanced fan-out's. */
async function everyCall(t: Test, endpoint: string, emulator: KinesisEmulator): Promise<void> {
  const streamArn = emulator.streamArn('flights')
  const configuration = new Configuration({ ...keys, 'aws.endpoint': endpoint })
  const stream = new KinesisStreamProxy({ streamArn, streamName: null }, configuration, systemClock)
  t.teardown(() => stream.close())
  t.equal((await stream.listShards()).length, 1)
  const writes = Array.from({ length: 3 }, (_, i) => stream.putRecords([runOf([['k', `record ${i}`]])]))
  for (const { failed } of await Promise.all(writes)) t.same(failed, [])
  const iterator = await stream.getShardIterator(SHARD, { type: 'TRIM_HORIZON' })
  t.equal((await stream.getRecords(SHARD, iterator, 100)).batch.count, 3)
  const { consumerArn } = await stream.registerStreamConsumer('me')
  const { signal } = new AbortController()
  const subscription = await stream.subscribeToShard(consumerArn, SHARD, { type: 'TRIM_HORIZON' }, signal)
  t.equal((await subscription.next())?.batch.count, 3)
  subscription.close()
}

const methods = (proxy: FakeProxy): Set<string> => new Set(proxy.asked.map(line => line.replace(/ Basic .*/, '')))

t.test('plain requests go to the proxy with their whole URL, and enhanced fan-out through a tunnel', async t => {
  const { emulator, port } = await kinesis(t)
  const proxy = await httpProxy(t, port)
  environment(t, { HTTP_PROXY: `http://me:s%40cret@127.0.0.1:${proxy.port}` })
  await everyCall(t, 'http://kinesis.corp.test:8080', emulator)
  t.same(methods(proxy), new Set(['POST http://kinesis.corp.test:8080/', 'CONNECT kinesis.corp.test:8080']))
  const authorization = `Basic ${Buffer.from('me:s@cret').toString('base64')}`
  t.ok(proxy.asked.every(line => line.endsWith(authorization)))
})

t.test('with TLS everything goes through tunnels, by proxies with TLS too', async t => {
  for (const scheme of ['', 'http://', 'https://']) {
    const { emulator, port } = await kinesis(t)
    const proxy = await httpProxy(t, await tlsBefore(t, port), scheme === 'https://')
    environment(t, {
      https_proxy: `${scheme}127.0.0.1:${proxy.port}`,
      HTTPS_PROXY: 'http://127.0.0.1:9',
      AWS_CA_BUNDLE: CA_FILE,
    })
    await everyCall(t, 'https://kinesis.corp.test', emulator)
    t.same(methods(proxy), new Set(['CONNECT kinesis.corp.test:443']))
  }
})

t.test(
  'certificates of REQUESTS_CA_BUNDLE are trusted, AWS_CA_BUNDLE comes first, and without them none is',
  async t => {
    const { emulator, port } = await kinesis(t)
    const endpoint = `https://localhost:${await tlsBefore(t, port)}`
    environment(t, { REQUESTS_CA_BUNDLE: CA_FILE })
    await everyCall(t, endpoint, emulator)
    for (const [values, message] of [
      [{}, /self-signed certificate|SELF_SIGNED/],
      [{ AWS_CA_BUNDLE: '', REQUESTS_CA_BUNDLE: '' }, /self-signed certificate|SELF_SIGNED/],
      [
        { AWS_CA_BUNDLE: '/nowhere.pem', REQUESTS_CA_BUNDLE: CA_FILE },
        /^AWS_CA_BUNDLE: .*'\/nowhere\.pem'.*: ENOENT\.$/,
      ],
      [
        { AWS_CA_BUNDLE: path.join(t.testdir({ 'empty.pem': '' }), 'empty.pem') },
        /^AWS_CA_BUNDLE: .* holds no certificate/,
      ],
    ] as const)
      await t.test(JSON.stringify(Object.keys(values)), async t => {
        environment(t, values)
        await t.rejects(everyCall(t, endpoint, emulator), { message })
      })
  },
)

t.test('hosts of NO_PROXY, and this machine, are asked directly', async t => {
  const { emulator, port } = await kinesis(t)
  const proxy = await httpProxy(t, port)
  environment(t, { HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'elsewhere,corp.test' })
  await everyCall(t, emulator.endpoint, emulator)
  const configuration = new Configuration({ ...keys, 'aws.endpoint': 'http://kinesis.corp.test' })
  const stream = new KinesisStreamProxy({ streamArn: null, streamName: 'flights' }, configuration, systemClock)
  t.teardown(() => stream.close())
  await t.rejects(stream.describeStream(), { code: 'ENDPOINT_UNREACHABLE', message: /cannot reach .* \(E\w+\)/ })
  t.same(proxy.asked, [])
})

t.test('a proxy that refuses, asks for a password, or is not there is named; its password is not', async t => {
  for (const secure of [false, true]) {
    const { emulator, port } = await kinesis(t)
    const proxy = await httpProxy(t, secure ? await tlsBefore(t, port) : port)
    const endpoint = `http${secure ? 's' : ''}://kinesis.corp.test`
    const failing = (to: number, message: RegExp) =>
      t.test(`${endpoint}: ${String(message)}`, async t => {
        const url = `http://me:s3cret@127.0.0.1:${to}`
        environment(t, { HTTP_PROXY: url, HTTPS_PROXY: url, AWS_CA_BUNDLE: CA_FILE })
        const configuration = new Configuration({ ...keys, 'aws.endpoint': endpoint })
        const stream = new KinesisStreamProxy({ streamArn: null, streamName: 'flights' }, configuration, systemClock)
        t.teardown(() => stream.close())
        const signal = new AbortController().signal
        const arn = `${emulator.streamArn('flights')}/consumer/me:1`
        for (const call of [
          () => stream.describeStream(),
          () => stream.getRecords(SHARD, 'iterator', 1),
          () => stream.subscribeToShard(arn, SHARD, { type: 'TRIM_HORIZON' }, signal),
        ]) {
          const error = await call().then(
            () => null,
            (thrown: unknown) => thrown as Error,
          )
          t.match(error, { code: 'ENDPOINT_UNREACHABLE', message })
          t.notMatch(JSON.stringify([error?.message, error]), /s3cret|Basic/)
        }
      })
    proxy.refuse = 407
    await failing(proxy.port, new RegExp(`the proxy 127.0.0.1:${proxy.port} does not accept the user and the password`))
    await failing(9, /the proxy 127\.0\.0\.1:9 cannot be reached: ECONNREFUSED/)
  }
})

t.test('Firehose, the schema registry, STS and S3 go the same way', async t => {
  // What answers is a Kinesis, which knows none of their operations: the way there is what counts.
  const { port } = await kinesis(t)
  const proxy = await httpProxy(t, port)
  environment(t, { http_proxy: `http://127.0.0.1:${proxy.port}` })
  const at = (host: string): Configuration =>
    new Configuration({
      ...keys,
      'aws.endpoint': `http://${host}.corp.test`,
      's3.endpoint': `http://${host}.corp.test`,
    })
  const firehose = new FirehoseDeliveryStream('out', at('firehose'), systemClock)
  await firehose.describe().catch(() => undefined)
  firehose.close()
  const settings = parseGlueConfigs({ region: 'us-east-1', endpoint: 'http://glue.corp.test', ...keys }, 'AVRO')
  const glue = new GlueSchemaRegistryClient(settings.client, systemClock)
  await glue.getSchemaVersion('b1').catch(() => undefined)
  glue.close()
  const P = 'aws.credentials.provider'
  const access = createAwsAccess(
    new Configuration({
      'aws.region': 'us-east-1',
      [P]: 'ASSUME_ROLE',
      [`${P}.role.arn`]: 'arn:aws:iam::123456789012:role/reader',
      [`${P}.role.stsEndpoint`]: 'http://sts.corp.test',
      [`${P}.role.provider.basic.accesskeyid`]: 'a',
      [`${P}.role.provider.basic.secretkey`]: 's',
    }),
    null,
  )
  await access.credentials().catch(() => undefined)
  access.close()
  await new S3CheckpointStorage('s3://bucket/state', 'flights', at('s3')).lastCheckpointId().catch(() => undefined)
  t.same(
    new Set(proxy.asked.map(line => /\/\/([a-z0-9.-]+)/.exec(line)?.[1])),
    new Set(['firehose.corp.test', 'glue.corp.test', 'sts.corp.test', 'bucket.s3.corp.test']),
  )
})

t.test('a proxy that cannot be used is an error that names the variable', async t => {
  const network = (values: NodeJS.ProcessEnv) => networkOf(new Configuration(), values)
  t.throws(() => network({ HTTPS_PROXY: 'socks5://me:s3cret@proxy:1080' }).proxyFor(new URL('https://a.test')), {
    code: 'CONFIGURATION_INVALID',
    message:
      "HTTPS_PROXY: 'socks5://***@proxy:1080' is not a URL such as http://127.0.0.1:3128. SOCKS proxies are not supported.",
  })
  t.throws(() => network({ http_proxy: 'http://me:s3cret@pro xy' }).proxyFor(new URL('http://a.test')), {
    message: /^http_proxy: 'http:\/\/\*\*\*@pro xy' is not a URL/,
  })
  t.equal(network({ HTTP_PROXY: 'socks5://proxy:1' }).proxyFor(new URL('https://a.test')), null)
})
