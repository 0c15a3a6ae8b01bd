import t from 'tap'

import { systemClock } from '../../../../core/foundation/clock.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { FirehoseDeliveryStream } from '../../../../core/aws/firehose/firehose-client.ts'
import { runOf } from '../../fakes/fake-sink-stream.ts'
import { scriptedServer } from '../../fakes/scripted-server.ts'
import type { ScriptedRequest, ScriptedServer } from '../../fakes/scripted-server.ts'

const taken = ({ json }: ScriptedRequest) => {
  const responses = (json['Records'] as unknown[]).map((_, i) => ({ RecordId: `record ${i}` }))
  return { status: 200, json: { FailedPutCount: 0, Encrypted: false, RequestResponses: responses } }
}
const failure = (status: number, name: string, message = 'why') => ({ status, json: { __type: name, message } })

const configuration = (more: Readonly<Record<string, string>> = {}) =>
  new Configuration({
    'aws.region': 'eu-west-1',
    'aws.credentials.provider.basic.accesskeyid': 'test',
    'aws.credentials.provider.basic.secretkey': 'test',
    'retry-strategy.delay.min': '1 ms',
    'retry-strategy.delay.max': '2 ms',
    ...more,
  })

async function delivery(t: { teardown(end: () => unknown): void }) {
  const server = await scriptedServer(t, taken)
  const stream = new FirehoseDeliveryStream('flights', configuration({ 'aws.endpoint': server.url }), systemClock)
  t.teardown(() => stream.close())
  return { server, stream }
}

const run = runOf([
  ['', 'first'],
  ['', 'zürich'],
  ['', ''],
])
const never = new AbortController().signal
const dataOf = ({ requests }: ScriptedServer, i = 0): string[] =>
  (requests[i]!.json['Records'] as { Data: string }[]).map(r => Buffer.from(r.Data, 'base64').toString())

t.test('records go out as they are, over connections that stay', async t => {
  const { server, stream } = await delivery(t)
  t.same(await stream.putRecordBatch([run, { ...run, from: 1, to: 2 }], never), { failed: [], shardIds: null })
  await stream.putRecordBatch([run], never)
  t.same(dataOf(server), ['first', 'zürich', '', 'zürich'])
  const { headers, json } = server.requests[0]!
  t.equal(json['DeliveryStreamName'], 'flights')
  t.match(headers, {
    'x-amz-target': 'Firehose_20150804.PutRecordBatch',
    authorization: /\/eu-west-1\/firehose\/aws4_request/,
    'user-agent': /hardline/,
  })
  t.same(
    server.requests.map(r => r.connection),
    [0, 0],
  )
})

t.test('records that were refused are named, each with the reason', async t => {
  const { server, stream } = await delivery(t)
  server.answers.push({
    status: 200,
    json: {
      FailedPutCount: 2,
      RequestResponses: [
        { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' },
        { RecordId: '1' },
        { ErrorCode: 'InternalFailure' },
      ],
    },
  })
  t.same((await stream.putRecordBatch([run], never)).failed, [
    { index: 0, errorCode: 'ServiceUnavailableException', errorMessage: 'Slow down.' },
    { index: 2, errorCode: 'InternalFailure', errorMessage: '' },
  ])
  const ok = { RecordId: '1' }
  for (const [json, why] of [
    [{ FailedPutCount: 1, RequestResponses: [ok, ok, ok] }, /names 0 of its 1 failed records/],
    [{ FailedPutCount: 0, RequestResponses: [ok, ok] }, /2 results for 3 records/],
    [{ FailedPutCount: 0 }, /RequestResponses is missing/],
    [{ FailedPutCount: 0, RequestResponses: [ok, {}, ok] }, /RequestResponses\[1\].RecordId is missing/],
  ] as const) {
    server.answers.push({ status: 200, json })
    await t.rejects(stream.putRecordBatch([run], never), {
      code: 'RESPONSE_INVALID',
      retryable: true,
      message: new RegExp(
        `^PutRecordBatch on delivery stream flights failed: the answer of http.*\\(HTTP status 200\\) cannot be used: .*${why.source}`,
      ),
    })
  }
})

t.test('a put is tried once, and its failure says what it was', async t => {
  const { server, stream } = await delivery(t)
  for (const [answer, code, retryable] of [
    [failure(503, 'ServiceUnavailableException'), 'SERVICE_FAILED', true],
    [failure(500, 'InternalFailure'), 'SERVICE_FAILED', true],
    [failure(400, 'LimitExceededException'), 'THROTTLED', true],
    [failure(400, 'ResourceNotFoundException'), 'STREAM_NOT_FOUND', false],
    [failure(400, 'InvalidKMSResourceException'), 'KEY_UNUSABLE', false],
    [failure(400, 'InvalidArgumentException'), 'VALIDATION_FAILED', false],
    [failure(400, 'AccessDeniedException'), 'ACCESS_DENIED', false],
    [failure(403, 'UnrecognizedClientException'), 'CREDENTIALS_REJECTED', false],
  ] as const) {
    const before = server.requests.length
    server.answers.push(answer)
    const { __type: name } = answer.json
    await t.rejects(stream.putRecordBatch([run], never), {
      code,
      retryable,
      message: new RegExp(`PutRecordBatch on delivery stream flights failed: ${name}: why\\.`),
      details: { stream: 'flights', errorName: name },
    })
    t.equal(server.requests.length, before + 1, `${name}: one attempt`)
  }
})

t.test('a broken connection, and nobody who listens, are told with the endpoint', async t => {
  const { server, stream } = await delivery(t)
  server.answers.push('broken')
  await t.rejects(stream.putRecordBatch([run], never), {
    code: 'ENDPOINT_UNREACHABLE',
    message: new RegExp(`cannot reach ${server.url} .*aws.endpoint or AWS_ENDPOINT_URL_FIREHOSE`),
  })
  const nobody = new FirehoseDeliveryStream(
    'flights',
    configuration({ 'aws.endpoint': 'http://127.0.0.1:9' }),
    systemClock,
  )
  t.teardown(() => nobody.close())
  await t.rejects(nobody.putRecordBatch([run], never), { code: 'ENDPOINT_UNREACHABLE', message: /ECONNREFUSED/ })
})

t.test('a put that is given up ends', async t => {
  const { server, stream } = await delivery(t)
  server.answers.push('silence')
  const controller = new AbortController()
  const put = stream.putRecordBatch([run], controller.signal)
  while (server.requests.length === 0) await new Promise(resolve => setImmediate(resolve))
  controller.abort()
  await t.rejects(put)
  await stream.putRecordBatch([run], never)
})

t.test('its status is asked for, again where the service fails for a moment', async t => {
  const { server, stream } = await delivery(t)
  const active = { status: 200, json: { DeliveryStreamDescription: { DeliveryStreamStatus: 'ACTIVE' } } }
  server.answers.push(failure(500, 'InternalFailure'), active)
  t.equal(await stream.describe(), 'ACTIVE')
  t.equal(server.requests.length, 2)
  server.answers.push(failure(400, 'ResourceNotFoundException'))
  await t.rejects(stream.describe(), {
    code: 'STREAM_NOT_FOUND',
    message: /DescribeDeliveryStream on delivery stream flights failed/,
  })
})

t.test('a delivery stream that reads a stream of Kinesis takes no puts, which is said before the first', async t => {
  const { server, stream } = await delivery(t)
  const described = (type: string) => ({
    status: 200,
    json: { DeliveryStreamDescription: { DeliveryStreamStatus: 'ACTIVE', DeliveryStreamType: type } },
  })
  server.answers.push(described('DirectPut'), described('KinesisStreamAsSource'))
  t.equal(await stream.describe(), 'ACTIVE')
  await t.rejects(stream.describe(), {
    code: 'CONFIGURATION_INVALID',
    message: /Delivery stream flights does not accept puts: its type is KinesisStreamAsSource/,
  })
})

t.test('the environment may name the endpoint, and must name the region if nobody else does', async t => {
  const server = await scriptedServer(t, taken)
  const before = { ...process.env }
  t.teardown(() => {
    for (const name of ['AWS_ENDPOINT_URL_FIREHOSE', 'AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_DEFAULT_REGION'])
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = before[name]
  })
  Reflect.deleteProperty(process.env, 'AWS_REGION')
  Reflect.deleteProperty(process.env, 'AWS_DEFAULT_REGION')
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_FIREHOSE']) {
    process.env[name] = server.url
    const stream = new FirehoseDeliveryStream('flights', configuration(), systemClock)
    await stream.putRecordBatch([run], never)
    stream.close()
    Reflect.deleteProperty(process.env, name)
  }
  t.equal(server.requests.length, 2)
  t.throws(() => new FirehoseDeliveryStream('flights', new Configuration(), systemClock), {
    code: 'CONFIGURATION_INVALID',
    message: /No region: set 'aws.region', AWS_REGION, or AWS_DEFAULT_REGION/,
  })
})
