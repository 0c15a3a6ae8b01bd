import t from 'tap'

import { systemClock } from '../../../../core/foundation/clock.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { KinesisStreamProxy } from '../../../../core/aws/kinesis/kinesis-stream-proxy.ts'
import { KinesisEmulator } from '../../../../emulator/index.ts'
import { runOf } from '../../fakes/fake-sink-stream.ts'

async function started(options: Parameters<typeof KinesisEmulator.start>[0] = {}) {
  const kinesis = await KinesisEmulator.start({ streams: { flights: 2 }, limits: false, ...options })
  t.teardown(() => kinesis.close())
  const proxyOf = (streamName = 'flights', configuration: Record<string, string> = {}): KinesisStreamProxy => {
    const proxy = new KinesisStreamProxy(
      { streamArn: kinesis.streamArn(streamName), streamName: null },
      new Configuration({
        'aws.endpoint': kinesis.endpoint,
        'aws.credentials.provider.basic.accesskeyid': 'a',
        'aws.credentials.provider.basic.secretkey': 's',
        ...configuration,
      }),
      systemClock,
    )
    t.teardown(() => proxy.close())
    return proxy
  }
  return { kinesis, proxyOf, proxy: proxyOf() }
}

const SHARD = 'shardId-000000000000'

t.test('it describes the stream and lists all its shards, closed ones and their lineage included', async t => {
  const { kinesis, proxy } = await started()
  kinesis.splitShard('flights', SHARD)
  const { creationTimeMs, ...summary } = await proxy.describeStream()
  t.same(summary, {
    streamName: 'flights',
    streamArn: kinesis.streamArn('flights'),
    status: 'ACTIVE',
    retentionMs: 86_400_000,
  })
  t.ok(creationTimeMs > Date.now() - 60_000 && creationTimeMs <= Date.now() + 1000, String(creationTimeMs))
  const shards = await proxy.listShards()
  t.match(shards, [
    { shardId: SHARD, parentShardIds: [], endingSequenceNumber: /^\d+$/ },
    { shardId: 'shardId-000000000001', endingSequenceNumber: null },
    { shardId: 'shardId-000000000002', parentShardIds: [SHARD], startingHashKey: '0' },
    { shardId: 'shardId-000000000003', parentShardIds: [SHARD] },
  ])
})

t.test('a long list of shards comes in pages', async t => {
  const { proxy } = await started({ streams: { flights: 1500 } })
  t.equal((await proxy.listShards()).length, 1500)
})

t.test('records are read from each kind of position', async t => {
  const { kinesis, proxyOf } = await started({ streams: { one: 1 } })
  const proxy = proxyOf('one')
  const [a, b] = kinesis.put('one', [
    { data: 'a', partitionKey: 'k' },
    { data: 'b', partitionKey: 'k' },
  ])
  const from = async (position: Parameters<typeof proxy.getShardIterator>[1]): Promise<string> => {
    const result = await proxy.getRecords(SHARD, await proxy.getShardIterator(SHARD, position), 100)
    return result.batch.values().map(String).join('')
  }
  t.equal(await from({ type: 'TRIM_HORIZON' }), 'ab')
  t.equal(await from({ type: 'LATEST' }), '')
  t.equal(await from({ type: 'AT_TIMESTAMP', timestampMs: 0 }), 'ab')
  t.equal(await from({ type: 'AT_SEQUENCE_NUMBER', sequenceNumber: b!.sequenceNumber }), 'b')
  t.equal(await from({ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: a!.sequenceNumber }), 'b')
})

t.test('the end of a shard names its children', async t => {
  const { kinesis, proxy } = await started()
  const children = kinesis.splitShard('flights', SHARD)
  const result = await proxy.getRecords(SHARD, await proxy.getShardIterator(SHARD, { type: 'TRIM_HORIZON' }), 100)
  t.equal(result.nextShardIterator, null)
  t.same(
    result.childShards.map(c => [c.shardId, c.parentShards]),
    children.map(id => [id, [SHARD]]),
  )
})

t.test('records are written', async t => {
  const { kinesis, proxy } = await started()
  t.same(await proxy.putRecords([runOf([['k', 'value']])], { shardIds: true }), {
    failed: [],
    shardIds: ['shardId-000000000001'],
  })
  t.equal(kinesis.recordCount('flights'), 1)
})

t.test('errors of the control plane are ours too', async t => {
  const { kinesis, proxyOf, proxy } = await started()
  await t.rejects(proxyOf('nope').describeStream(), {
    code: 'STREAM_NOT_FOUND',
    message: /DescribeStreamSummary on stream nope failed/,
  })
  await t.rejects(proxy.getShardIterator('shardId-000000000077', { type: 'LATEST' }), {
    message: /GetShardIterator on stream flights, shard shardId-000000000077/,
  })
  kinesis.faults.inject({
    operation: 'ListShards',
    times: Infinity,
    fault: { kind: 'error', name: 'AccessDeniedException', status: 400 },
  })
  await t.rejects(proxy.listShards(), { code: 'ACCESS_DENIED' })
  const nowhere = proxyOf('flights', { 'aws.endpoint': 'http://127.0.0.1:1' })
  await t.rejects(nowhere.describeStream(), { code: 'ENDPOINT_UNREACHABLE', message: /http:\/\/127.0.0.1:1/ })
})

t.test('credentials are sent, and the lack of them is said before anything is sent', async t => {
  const { kinesis, proxy } = await started({ requireSignature: true })
  t.match(await proxy.describeStream(), { streamName: 'flights' })
  await proxy.putRecords([runOf([['k', 'v']])])
  for (const [provider, message] of [
    ['BASIC', /BASIC, which needs/],
    ['ASSUME_ROLE', /ASSUME_ROLE, which needs/],
  ] as const)
    t.throws(
      () =>
        new KinesisStreamProxy(
          { streamArn: kinesis.streamArn('flights'), streamName: null },
          new Configuration({ 'aws.credentials.provider': provider }),
          systemClock,
        ),
      { code: 'CONFIGURATION_INVALID', message },
    )
})

t.test('a stream needs a name, a region, and an endpoint that is a URL', async t => {
  const make =
    (identity: { streamArn: string | null; streamName: string | null }, configuration = {}) =>
    () =>
      new KinesisStreamProxy(identity, new Configuration(configuration), systemClock)
  const saved = { ...process.env }
  delete process.env['AWS_REGION']
  delete process.env['AWS_DEFAULT_REGION']
  t.teardown(() => Object.assign(process.env, saved))
  t.throws(make({ streamArn: null, streamName: '' }), { message: /stream name must be set/ })
  t.throws(make({ streamArn: null, streamName: 's' }), { message: /No region: set 'aws.region'/ })
  t.throws(make({ streamArn: null, streamName: 's' }, { 'aws.region': 'x', 'aws.endpoint': 'localhost' }), {
    message: /aws.endpoint: 'localhost' is not a URL/,
  })
  t.throws(make({ streamArn: null, streamName: 's' }, { 'aws.region': 'x', 'aws.endpoint': 'localhost:4567' }), {
    message: /aws.endpoint: 'localhost:4567' is not a URL such as http:/,
  })
  t.teardown(() => delete process.env['AWS_ENDPOINT_URL_KINESIS'])
  process.env['AWS_ENDPOINT_URL_KINESIS'] = 'localhost:4567'
  t.throws(make({ streamArn: null, streamName: 's' }, { 'aws.region': 'x' }), {
    message: /AWS_ENDPOINT_URL_KINESIS: 'localhost:4567' is not a URL/,
  })
})
