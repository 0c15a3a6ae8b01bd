import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

import { encode } from 'cborg'
import t from 'tap'
import type { Test } from 'tap'

import type { AwsAccess } from '../../../../core/aws/service/aws-access.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { networkOf } from '../../../../core/aws/http/network.ts'
import { DataPlaneClient } from '../../../../core/aws/kinesis/data-plane-client.ts'
import { KinesisEmulator } from '../../../../emulator/index.ts'
import { runOf } from '../../fakes/fake-sink-stream.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'

function clientOf(t: Test, endpoint: string, clock = new ManualClock()): DataPlaneClient {
  const access = {
    region: 'us-east-1',
    customEndpoint: true,
    network: networkOf(new Configuration(), {}),
    endpoint: async () => new URL(endpoint),
    credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 's' }),
    close: () => undefined,
  } as Partial<AwsAccess> as AwsAccess
  const client = new DataPlaneClient(access, clock, {
    maxConnections: 10,
    readTimeoutMs: 5000,
  })
  t.teardown(() => client.close())
  return client
}

async function kinesis(t: Test, options: Parameters<typeof KinesisEmulator.start>[0] = {}): Promise<KinesisEmulator> {
  const emulator = await KinesisEmulator.start({ streams: { flights: 1 }, limits: false, ...options })
  t.teardown(() => emulator.close())
  return emulator
}

/** A server that answers whatever the test says. */
async function server(
  t: Test,
  answer: (
    request: http.IncomingMessage,
    n: number,
  ) => { status: number; headers?: Record<string, string>; body: Buffer | string },
): Promise<string> {
  let n = 0
  const s = http.createServer((request, response) => {
    request.resume().on('end', () => {
      const { status, headers, body } = answer(request, n++)
      response.writeHead(status, headers).end(body)
    })
  })
  s.listen(0, '127.0.0.1')
  await once(s, 'listening')
  t.teardown(() => {
    s.closeAllConnections()
    s.close()
  })
  return `http://127.0.0.1:${(s.address() as AddressInfo).port}`
}

const CBOR = 'application/x-amz-cbor-1.1'
const JSON_TYPE = 'application/x-amz-json-1.1'
const target = { streamName: 'flights', streamArn: null }
const put = async (client: DataPlaneClient, ...data: string[]) =>
  (await client.putRecords(target, [runOf(data.map(d => ['k', d] as const))], 'flights')).failed
const get = (client: DataPlaneClient, shardIterator = 'x') =>
  client.getRecords({
    streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/flights',
    streamName: 'flights',
    shardId: 'shardId-000000000000',
    shardIterator,
    limit: 100,
  })

t.test('it speaks CBOR where it is understood', async t => {
  const emulator = await kinesis(t)
  const client = clientOf(t, emulator.endpoint)
  t.same(await put(client, 'a', 'b'), [])
  t.equal(emulator.requests.recent('PutRecords')[0]?.contentType, CBOR)
  t.same(
    emulator.records('flights')[0]?.records.map(r => r.text),
    ['a', 'b'],
  )
})

t.test('it speaks JSON from then on where CBOR is not understood', async t => {
  const emulator = await kinesis(t, { protocols: ['json'] })
  const client = clientOf(t, emulator.endpoint)
  t.same(await put(client, 'a'), [])
  t.same(await put(client, 'b'), [])
  t.same(
    emulator.requests.recent('PutRecords').map(r => [r.contentType, r.status === 200]),
    [
      [CBOR, false],
      [JSON_TYPE, true],
      [JSON_TYPE, true],
    ],
  )
  t.equal(emulator.recordCount('flights'), 2)
})

t.test("a proxy's page does not turn CBOR off", async t => {
  const types: (string | undefined)[] = []
  const endpoint = await server(t, (request, n) => {
    types.push(request.headers['content-type'])
    if (n < 2) return { status: 403, headers: { 'content-type': 'text/html' }, body: '<html>Forbidden by proxy</html>' }
    return {
      status: 200,
      headers: { 'content-type': CBOR },
      body: Buffer.from(encode({ FailedRecordCount: 0, Records: [{ ShardId: 's', SequenceNumber: '1' }] })),
    }
  })
  const client = clientOf(t, endpoint)
  await t.rejects(put(client, 'a'), {
    code: 'RESPONSE_INVALID',
    retryable: true,
    message: /does not answer as AWS does \(HTTP status 403; <html>Forbidden by proxy/,
  })
  await put(client, 'b')
  t.same(types, [CBOR, JSON_TYPE, CBOR])
})

t.test('a clock that is off is corrected by what the service says, once', async t => {
  const clock = new ManualClock(Date.UTC(2020, 0, 1))
  const dates: (string | undefined)[] = []
  const endpoint = await server(t, request => {
    dates.push(String(request.headers['x-amz-date']))
    const right = String(request.headers['x-amz-date']).startsWith('20260131')
    if (right)
      return {
        status: 200,
        headers: { 'content-type': CBOR },
        body: Buffer.from(encode({ FailedRecordCount: 0, Records: [{ ShardId: 's', SequenceNumber: '1' }] })),
      }
    return {
      status: 400,
      headers: { 'content-type': CBOR, date: 'Sat, 31 Jan 2026 12:00:00 GMT' },
      body: Buffer.from(encode({ __type: 'InvalidSignatureException', message: 'Signature expired' })),
    }
  })
  const client = clientOf(t, endpoint, clock)
  await put(client, 'a')
  await put(client, 'b')
  t.same(
    dates.map(d => d?.slice(0, 8)),
    ['20200101', '20260131', '20260131'],
  )
})

t.test('a wrong signature with the right time is not tried again', async t => {
  let requests = 0
  const endpoint = await server(t, () => {
    requests++
    return {
      status: 400,
      headers: { 'content-type': CBOR, date: 'Sat, 31 Jan 2026 12:00:10 GMT' },
      body: Buffer.from(encode({ __type: 'InvalidSignatureException', message: 'does not match' })),
    }
  })
  await t.rejects(put(clientOf(t, endpoint), 'a'), { code: 'CREDENTIALS_REJECTED', message: /secret key/ })
  t.equal(requests, 1)
})

t.test('a connection that breaks is an error that may pass, whether the work was done or not', async t => {
  const emulator = await kinesis(t)
  const client = clientOf(t, emulator.endpoint)
  await put(client, 'first')
  for (const when of ['before', 'after'] as const) {
    emulator.faults.inject({ operation: 'PutRecords', fault: { kind: 'reset', when } })
    await t.rejects(put(client, when), { code: 'ENDPOINT_UNREACHABLE', retryable: true })
  }
  t.same(await put(client, 'last'), [])
  t.same(
    emulator.records('flights')[0]?.records.map(r => r.text),
    ['first', 'after', 'last'],
  )
})

t.test('errors of the service keep their name and their message', async t => {
  const emulator = await kinesis(t)
  const client = clientOf(t, emulator.endpoint)
  await t.rejects(get(client, 'not an iterator'), {
    code: 'VALIDATION_FAILED',
    message: /GetRecords on stream flights, shard/,
  })
  emulator.faults.inject({ operation: 'PutRecords', fault: { kind: 'throttle' } })
  await t.rejects(put(client, 'a'), { code: 'THROTTLED', retryable: true })
  emulator.faults.inject({ operation: 'PutRecords', fault: { kind: 'error' } })
  await t.rejects(put(client, 'a'), { code: 'SERVICE_FAILED', message: /InternalFailure/ })
  emulator.faults.inject({ operation: 'GetRecords', fault: { kind: 'expired-iterator' } })
  await t.rejects(get(client), { code: 'ITERATOR_EXPIRED' })
})

t.test('refused records are named', async t => {
  const emulator = await kinesis(t)
  emulator.faults.inject({ operation: 'PutRecords', fault: { kind: 'partial', indices: [1] } })
  t.match(await put(clientOf(t, emulator.endpoint), 'a', 'b', 'c'), [
    { index: 1, errorCode: 'ProvisionedThroughputExceededException' },
  ])
})

t.test('a status without a name is judged by itself', async t => {
  for (const [status, code] of [
    [502, 'SERVICE_FAILED'],
    [429, 'THROTTLED'],
    [404, 'RESPONSE_INVALID'],
    [413, 'VALIDATION_FAILED'],
  ] as const) {
    const endpoint = await server(t, () => ({ status, headers: { 'content-type': 'text/html' }, body: '<h1>oh</h1>' }))
    await t.rejects(put(clientOf(t, endpoint), 'a'), { code, message: /<h1>oh<\/h1>/ })
  }
})

t.test('the name of an error may be in a header, or qualified', async t => {
  for (const answer of [
    { headers: { 'x-amzn-errortype': 'ResourceNotFoundException:http://x/' }, body: '{}' },
    { headers: {}, body: '{"__type":"com.amazonaws.kinesis.v20131202#ResourceNotFoundException","Message":"x"}' },
  ]) {
    const endpoint = await server(t, () => ({ status: 400, ...answer }))
    await t.rejects(get(clientOf(t, endpoint)), { code: 'STREAM_NOT_FOUND' })
  }
})

t.test('an answer that cannot be decoded is an error, and not the end of the shard', async t => {
  for (const body of ['', '{}', '{"Records":[', Buffer.from(encode({ Records: [] })).subarray(0, 5)]) {
    for (const type of [CBOR, JSON_TYPE]) {
      const endpoint = await server(t, () => ({ status: 200, headers: { 'content-type': type }, body }))
      await t.rejects(get(clientOf(t, endpoint)), {
        code: 'RESPONSE_INVALID',
        message: /HTTP status 200\) cannot be used/,
      })
      await t.rejects(put(clientOf(t, endpoint), 'a'), { code: 'RESPONSE_INVALID' })
    }
  }
})

t.test('many requests at once do not mix up their bodies', async t => {
  const emulator = await kinesis(t)
  const client = clientOf(t, emulator.endpoint)
  await Promise.all(Array.from({ length: 60 }, (_, i) => put(client, `${i}a`, `${i}b`.repeat(200 * (i % 7)), `${i}c`)))
  const texts = emulator.records('flights')[0]!.records.map(r => r.text)
  t.equal(texts.length, 180)
  for (let i = 0; i < 60; i++) {
    const at = texts.indexOf(`${i}a`)
    t.equal(texts[at + 2], `${i}c`)
    t.equal(texts[at + 1], `${i}b`.repeat(200 * (i % 7)))
  }
})

t.test('once closed it asks nothing', async t => {
  const emulator = await kinesis(t)
  const client = clientOf(t, emulator.endpoint)
  await put(client, 'a')
  client.close()
  await t.rejects(put(client, 'b'), { code: 'ENDPOINT_UNREACHABLE' })
  t.equal(emulator.recordCount('flights'), 1)

  const never = clientOf(t, emulator.endpoint)
  never.close()
  await t.rejects(put(never, 'c'), { code: 'ENDPOINT_UNREACHABLE', message: /the client is closed/ })
  t.equal(emulator.recordCount('flights'), 1)
})
