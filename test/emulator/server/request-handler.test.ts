import { connect as connectHttp2 } from 'node:http2'

import t from 'tap'

import { VirtualClock } from '../../../emulator/index.ts'
import { cbor, decodeCborg, emulator, encodeCborg, json, raw, target } from '../harness.ts'

const JSON_TYPE = 'application/x-amz-json-1.1'
const CBOR_TYPE = 'application/x-amz-cbor-1.1'
const headers = (contentType: string, operation: string) => ({
  'content-type': contentType,
  'x-amz-target': target(operation),
})

t.test('answers in the encoding of the request, with a request id', async t => {
  const kinesis = await emulator(t)
  const jsonAnswer = await raw(kinesis, headers(JSON_TYPE, 'ListStreams'), Buffer.from('{}'))
  t.equal(jsonAnswer.headers['content-type'], JSON_TYPE)
  t.match(jsonAnswer.headers['x-amzn-requestid'], /^[0-9a-f-]{36}$/)
  t.same(JSON.parse(jsonAnswer.body.toString()).StreamNames, ['flights'])
  const cborAnswer = await raw(kinesis, headers(CBOR_TYPE, 'ListStreams'), encodeCborg({}))
  t.equal(cborAnswer.headers['content-type'], CBOR_TYPE)
  t.same(decodeCborg(cborAnswer.body).StreamNames, ['flights'])
})

t.test('an error carries its name in the body and in a header, in either encoding', async t => {
  const kinesis = await emulator(t)
  const bodies = [
    [JSON_TYPE, Buffer.from('{"StreamName":"nope"}'), (body: Buffer) => JSON.parse(body.toString())],
    [CBOR_TYPE, encodeCborg({ StreamName: 'nope' }), decodeCborg],
  ] as const
  for (const [type, body, decode] of bodies) {
    const answer = await raw(kinesis, headers(type, 'DescribeStream'), body)
    t.equal(answer.status, 400)
    t.equal(answer.headers['x-amzn-errortype'], 'ResourceNotFoundException')
    t.same(decode(answer.body), {
      __type: 'ResourceNotFoundException',
      message: 'Stream nope under account 000000000000 not found.',
    })
  }
})

t.test('a timestamp is epoch seconds with a fraction in JSON and epoch milliseconds in CBOR', async t => {
  const createdMs = Date.UTC(2025, 0, 1) + 123
  const kinesis = await emulator(t, { clock: new VirtualClock(createdMs) })
  const fromJson = await json(kinesis, 'DescribeStreamSummary', { StreamName: 'flights' })
  t.equal(fromJson.StreamDescriptionSummary.StreamCreationTimestamp, createdMs / 1000)
  const answer = await raw(kinesis, headers(CBOR_TYPE, 'DescribeStreamSummary'), encodeCborg({ StreamName: 'flights' }))
  const expected = Buffer.alloc(10)
  expected[0] = 0xc1
  expected[1] = 0x1b
  expected.writeBigUInt64BE(BigInt(createdMs), 2)
  t.ok(answer.body.includes(expected))
})

t.test('an unknown content type is refused with a 415 that says so', async t => {
  const kinesis = await emulator(t)
  const answer = await raw(kinesis, headers('text/plain', 'ListStreams'), Buffer.from('{}'))
  t.equal(answer.status, 415)
  t.match(JSON.parse(answer.body.toString()), {
    __type: 'UnsupportedMediaTypeException',
    message: /content type text\/plain is not supported.*x-amz-json-1\.1.*x-amz-cbor-1\.1/,
  })
})

t.test('an emulator of JSON only refuses CBOR, so that clients can fall back', async t => {
  const kinesis = await emulator(t, { protocols: ['json'] })
  const answer = await raw(kinesis, headers(CBOR_TYPE, 'ListStreams'), encodeCborg({}))
  t.equal(answer.status, 415)
  t.match(answer.body.toString(), /content type application\/x-amz-cbor-1\.1 is not supported/)
  t.same((await json(kinesis, 'ListStreams', {})).StreamNames, ['flights'])
})

t.test('unknown operations and methods are named as such', async t => {
  const kinesis = await emulator(t)
  await t.rejects(json(kinesis, 'Fly', {}), { name: 'UnknownOperationException', message: /no operation Fly/ })
  const answer = await raw(kinesis, { 'content-type': JSON_TYPE }, Buffer.from('{}'))
  t.match(answer.body.toString(), /no X-Amz-Target header/)
  const page = await fetch(kinesis.endpoint)
  t.equal(page.status, 400)
  t.match(await page.text(), /accepts POST requests/)
})

t.test('bodies that can not be parsed are serialization errors', async t => {
  const kinesis = await emulator(t)
  for (const body of ['{', '[]', '"x"']) {
    const answer = await raw(kinesis, headers(JSON_TYPE, 'ListStreams'), Buffer.from(body))
    t.equal(answer.headers['x-amzn-errortype'], 'SerializationException')
  }
  await t.rejects(json(kinesis, 'DescribeStream', { StreamName: 1 }), { name: 'SerializationException' })
  await t.rejects(json(kinesis, 'DescribeStream', { StreamName: 'a b' }), { name: 'ValidationException' })
})

t.test('every answer carries the time of the emulator’s clock', async t => {
  const clock = new VirtualClock(Date.UTC(2031, 6, 4, 12, 30, 15, 999))
  const kinesis = await emulator(t, { clock })
  for (const operation of ['ListStreams', 'Fly', 'DescribeStream']) {
    const answer = await raw(kinesis, headers(JSON_TYPE, operation), Buffer.from('{}'))
    t.equal(answer.headers.date, 'Fri, 04 Jul 2031 12:30:15 GMT')
  }
  const session = connectHttp2(kinesis.endpoint)
  t.teardown(() => session.destroy())
  const stream = session.request({ ':method': 'POST', ...headers(JSON_TYPE, 'ListStreams') })
  stream.end('{}')
  const date = new Promise(resolve => stream.once('response', ({ date: text }) => resolve(text)))
  t.equal(await date, 'Fri, 04 Jul 2031 12:30:15 GMT')
})

t.test('any credentials are accepted, none too, unless a signature is required', async t => {
  const open = await emulator(t)
  await t.resolves(json(open, 'ListStreams', {}))
  const strict = await emulator(t, { requireSignature: true })
  await t.rejects(json(strict, 'ListStreams', {}), { name: 'MissingAuthenticationTokenException', status: 400 })
  const signed = { ...headers(JSON_TYPE, 'ListStreams'), authorization: 'AWS4-HMAC-SHA256 anything' }
  t.equal((await raw(strict, signed, Buffer.from('{}'))).status, 200)
})

t.test('control-plane calls beyond their documented rate are refused until the next second', async t => {
  const kinesis = await emulator(t)
  for (let i = 0; i < 5; i++) await json(kinesis, 'ListStreams', {})
  await t.rejects(json(kinesis, 'ListStreams', {}), {
    name: 'LimitExceededException',
    message: /5 transactions per second/,
  })
  kinesis.clock.advance(1000)
  await t.resolves(json(kinesis, 'ListStreams', {}))
})

t.test('rates of a stream are counted a stream', async t => {
  const kinesis = await emulator(t, { streams: { a: 1, b: 1 } })
  const increase = async (stream: string): Promise<unknown> =>
    json(kinesis, 'IncreaseStreamRetentionPeriod', { StreamName: stream, RetentionPeriodHours: 48 })
  for (let i = 0; i < 5; i++) await increase('a')
  await t.rejects(increase('a'), { name: 'LimitExceededException' })
  await t.resolves(increase('b'))
  await t.rejects(increase('c'), { name: 'ResourceNotFoundException' })
})

t.test('without limits no rate is enforced', async t => {
  const kinesis = await emulator(t, { limits: false })
  await Promise.all(Array.from({ length: 30 }, async () => json(kinesis, 'ListStreams', {})))
  t.equal(kinesis.requests.count('ListStreams'), 30)
})

t.test('an ARN of another region or account is not found', async t => {
  const kinesis = await emulator(t)
  await t.resolves(cbor(kinesis, 'DescribeStream', { StreamARN: kinesis.streamArn('flights') }))
  for (const arn of [
    'arn:aws:kinesis:eu-west-1:000000000000:stream/flights',
    'arn:aws:kinesis:us-east-1:123456789012:stream/flights',
  ]) {
    await t.rejects(json(kinesis, 'DescribeStream', { StreamARN: arn }), { name: 'ResourceNotFoundException' })
  }
  await t.rejects(json(kinesis, 'DescribeStream', { StreamARN: 'flights' }), { name: 'ValidationException' })
  await t.rejects(json(kinesis, 'DescribeStream', {}), { name: 'InvalidArgumentException' })
  await t.rejects(json(kinesis, 'DescribeStream', { StreamARN: kinesis.streamArn('a'), StreamName: 'b' }), {
    name: 'InvalidArgumentException',
  })
})
