import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'

import { EngineServer } from '../../../bindings/stdio/engine-server.ts'
import type { SinkOpenResult, SinkWriteParams } from '../../../bindings/stdio/driver-protocol.ts'
import type { KinesisStreamsSinkSpec } from '../../../core/connectors/kinesis/kinesis-streams-sink-spec.ts'
import type { KinesisEmulator } from '../../../emulator/index.ts'
import { kinesisSinkSpec } from '../../core/fakes/graphs.ts'
import { emulator, pointedAt, textsIn } from '../../core/fakes/jobs.ts'

const schemas = new Ajv2020({ strict: true, allowUnionTypes: true })
for (const file of ['job-graph.schema.json', 'rpc.schema.json'])
  schemas.addSchema(JSON.parse(readFileSync(new URL(`../../../../schemas/${file}`, import.meta.url), 'utf8')) as object)

interface Client {
  readonly kinesis: KinesisEmulator
  /** Checks both ways against the schema. */
  request(method: string, params: object): Promise<unknown>
  open(overrides?: Partial<KinesisStreamsSinkSpec>): Promise<SinkOpenResult>
  write(params: Partial<SinkWriteParams>): Promise<unknown>
  hangUp(): void
}

async function connected(t: Test): Promise<Client> {
  const kinesis = await emulator(t)
  const [up, down] = [new PassThrough(), new PassThrough()]
  new EngineServer(createMessageConnection(new StreamMessageReader(up), new StreamMessageWriter(down)), {
    functions: null,
    exit: () => undefined,
  })
  const connection = createMessageConnection(new StreamMessageReader(down), new StreamMessageWriter(up))
  connection.listen()
  t.teardown(() => {
    connection.dispose()
    up.end()
  })
  const valid = (name: string, message: unknown): void => {
    const validate = schemas.getSchema(`rpc.schema.json#/$defs/${name.replaceAll('/', '~1')}`)!
    t.ok(validate(message), `${name}: ${JSON.stringify(validate.errors)}`)
  }
  const client: Client = {
    kinesis,
    async request(method, params) {
      valid(`${method}.params`, params)
      const result = await connection.sendRequest(method, params)
      valid(`${method}.result`, result)
      return result
    },
    open: (overrides = {}) =>
      client.request('sink/open', {
        sink: kinesisSinkSpec({
          streamArn: kinesis.streamArn('out'),
          configuration: pointedAt(kinesis),
          maxTimeInBufferMs: 10,
          ...overrides,
        }),
      }) as Promise<SinkOpenResult>,
    write: params => client.request('sink/write', { partitionKeys: null, explicitHashKeys: null, ...params }),
    hangUp: () => up.end(),
  }
  const hello = { protocolVersion: 1, clientName: 'test', clientVersion: '0', clientPid: null, buildHash: null }
  t.match(await client.request('initialize', hello), { capabilities: ['job', 'python', 'sink'] })
  return client
}

/** What the answer says went wrong. */
const asError = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => 'nothing',
    (error: unknown) => ({ message: (error as Error).message, ...(error as { data?: object }).data }),
  )

const numbers = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => `value ${from + i}`)

t.test('a session: open, write, flush, close; each write is answered when its records are there', async t => {
  const client = await connected(t)
  const { sinkId, credits } = await client.open({ maxTimeInBufferMs: 60_000 })
  t.equal(credits, 10_000)
  const answered: string[] = []
  const first = client.write({ sinkId, values: numbers(300) }).then(() => answered.push('first'))
  const second = client.write({ sinkId, values: numbers(300, 300) }).then(() => answered.push('second'))
  await first
  t.same(answered, ['first'], 'the second waits with what is over a full request')
  t.equal(client.kinesis.recordCount('out'), 500)
  await client.request('sink/flush', { sinkId })
  await second
  t.same(textsIn(client.kinesis, 'out').sort(), numbers(600).sort())
  const last = client.write({ sinkId, values: ['the end'] })
  await client.request('sink/close', { sinkId })
  await last
  t.equal(client.kinesis.recordCount('out'), 601)
  await t.rejects(client.write({ sinkId, values: ['late'] }), /there is no open sink/)
})

t.test('a write brings partition keys and explicit hash keys where the sink says so, and only there', async t => {
  const client = await connected(t)
  const { sinkId } = await client.open({ partitionKeyGenerator: { type: 'key_by' } })
  await client.write({
    sinkId,
    values: ['low', 'high', 'by key'],
    partitionKeys: ['a', 'a', 'b'],
    explicitHashKeys: ['0', String(2n ** 128n - 1n), null],
  })
  const where = client.kinesis
    .records('out')
    .flatMap(s => s.records.map(r => [s.shardId, r.partitionKey, r.data.toString()]))
  t.hasStrict(where, [['shardId-000000000000', 'a', 'low']])
  t.ok(where.some(([shard, key, text]) => shard === 'shardId-000000000001' && key === 'a' && text === 'high'))
  t.ok(where.some(([, key, text]) => key === 'b' && text === 'by key'))
  await t.rejects(client.write({ sinkId, values: ['x'] }), /'partitionKeys' must be a list/)
  await t.rejects(client.write({ sinkId, values: ['x'], partitionKeys: [] }), /one for each value/)
  const wrong = { sinkId, values: ['x'], partitionKeys: ['k'], explicitHashKeys: ['no number'] }
  t.match(await asError(client.write(wrong)), { code: 'VALIDATION_FAILED' })
  const other = await client.open()
  await t.rejects(client.write({ sinkId: other.sinkId, values: ['x'], partitionKeys: ['k'] }), /must be null/)
  t.equal(client.kinesis.recordCount('out'), 3)
})

t.test('bytes travel as base64', async t => {
  const client = await connected(t)
  const { sinkId } = await client.open({ serializationSchema: { type: 'byte-array' } })
  const bytes = Buffer.from([0, 255, 128, 10])
  await client.write({ sinkId, values: [bytes.toString('base64')] })
  t.same(
    client.kinesis.records('out').flatMap(s => s.records.map(r => Buffer.from(r.data))),
    [bytes],
  )
  await t.rejects(client.write({ sinkId, values: ['not base64!'] }), /'values\[0\]' must be base64/)
})

t.test('who writes more than the credits gets an error, and nothing of it is written', async t => {
  const client = await connected(t)
  client.kinesis.faults.inject({ operation: 'PutRecords', fault: { kind: 'slow', delayMs: 200 } })
  const { sinkId, credits } = await client.open({ maxBatchSize: 10, maxBufferedRequests: 20, maxTimeInBufferMs: 5 })
  t.equal(credits, 20)
  const first = client.write({ sinkId, values: numbers(15) })
  t.match(await asError(client.write({ sinkId, values: numbers(6, 15) })), {
    message: /6 records were written while 15 were without an answer; the sink has given 20 credits/,
    code: 'PROTOCOL_VIOLATED',
    details: { records: 6, outstanding: 15, credits: 20 },
  })
  const second = client.write({ sinkId, values: numbers(5, 15) })
  await Promise.all([first, second])
  await client.write({ sinkId, values: numbers(20, 20) })
  t.same(textsIn(client.kinesis, 'out').sort(), numbers(40).sort())
})

t.test('refused records are written again before the answer; lettered ones count as answered', async t => {
  const client = await connected(t)
  client.kinesis.faults.inject({ operation: 'PutRecords', times: 2, fault: { kind: 'partial', indices: [1] } })
  const url = 'data:text/javascript,export const take = letters => { globalThis.taken = letters.map(l => l.code) }'
  const { sinkId } = await client.open({
    maxRecordSizeInBytes: 100,
    deadLetters: { type: 'module', url, export: 'take' },
  })
  await client.write({ sinkId, values: ['a', 'b', 'x'.repeat(200), 'c'] })
  t.same(textsIn(client.kinesis, 'out').sort(), ['a', 'b', 'c'])
  t.same((globalThis as { taken?: unknown }).taken, ['RECORD_TOO_LARGE'])
  t.ok(client.kinesis.requests.count('PutRecords') >= 2)
})

t.test('a record that cannot be written, without dead letters, is the error of its write alone', async t => {
  const client = await connected(t)
  const { sinkId } = await client.open({ maxRecordSizeInBytes: 100 })
  t.match(await asError(client.write({ sinkId, values: ['a', 'x'.repeat(200)] })), { code: 'RECORD_TOO_LARGE' })
  await client.write({ sinkId, values: ['b'] })
  t.same(textsIn(client.kinesis, 'out'), ['b'])
})

t.test('what the sink cannot get over answers every write, and closing it', async t => {
  const client = await connected(t)
  const { sinkId } = await client.open()
  const fault = { kind: 'error', name: 'AccessDeniedException', status: 400, message: 'no' } as const
  client.kinesis.faults.inject({ operation: 'PutRecords', times: Infinity, fault })
  const denied = { code: 'ACCESS_DENIED' }
  t.match(await asError(client.write({ sinkId, values: ['a'] })), denied)
  t.match(await asError(client.write({ sinkId, values: ['b'] })), denied)
  t.match(await asError(client.request('sink/close', { sinkId })), denied)
  await t.rejects(client.request('sink/close', { sinkId }), /there is no open sink/)
})

t.test('what cannot be opened is said', async t => {
  const client = await connected(t)
  const streamArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/no'
  t.match(await asError(client.open({ streamArn })), { code: 'STREAM_NOT_FOUND' })
  await t.rejects(
    client.request('sink/open', { sink: { type: 'discard' } }),
    /of type 'kinesis-streams', not 'discard'/,
  )
  await t.rejects(client.open({ partitionKeyGenerator: { type: 'local', localId: 'f' } }), /exports of modules/)
  t.match(await asError(client.open({ maxBatchSize: 501 })), { code: 'CONFIGURATION_INVALID' })
})

t.test('sinks end with the connection: nothing more is sent', async t => {
  const client = await connected(t)
  const { sinkId } = await client.open({ maxTimeInBufferMs: 100 })
  void client.write({ sinkId, values: ['a'] }).catch(() => undefined)
  await new Promise(resolve => setTimeout(resolve, 20))
  client.hangUp()
  await new Promise(resolve => setTimeout(resolve, 200))
  t.equal(client.kinesis.recordCount('out'), 0)
})

t.test('rows and records are said in JSON; what the schema does not take is refused with its reason', async t => {
  const client = await connected(t)
  const avro = {
    type: 'avro',
    schema: '{"type":"record","name":"F","fields":[{"name":"id","type":"string"},{"name":"n","type":["null","long"]}]}',
    values: 'generic',
    convert: null,
  } as const
  const { sinkId } = await client.open({ serializationSchema: avro })
  await client.write({ sinkId, values: [{ id: 'a', n: 1 }, { id: 'b' }] })
  t.same(
    client.kinesis
      .records('out')
      .flatMap(shard => shard.records.map(r => Buffer.from(r.data).toString('hex')))
      .sort(),
    ['026100'.replace('00', '0202'), '026200'],
  )
  t.match(await asError(client.write({ sinkId, values: [{ id: 1 }] })), { code: 'VALUE_INVALID', message: /id/ })
})

t.test('what JSON has no form of has one by its type, at any depth', async t => {
  const client = await connected(t)
  const basic = (type: 'STRING' | 'LOCAL_DATE' | 'INSTANT' | 'BIG_DEC' | 'LONG') => ({ type })
  const types = [
    basic('LOCAL_DATE'),
    { type: 'LIST', element: basic('INSTANT') },
    { type: 'MAP', key: basic('STRING'), value: basic('BIG_DEC') },
    { type: 'PRIMITIVE_ARRAY', element: { type: 'BYTE' } },
    basic('LONG'),
  ] as const
  const { sinkId } = await client.open({
    serializationSchema: {
      type: 'json-row',
      typeInfo: { type: 'ROW', names: ['day', 'times', 'fares', 'tag', 'miles'], types },
      failOnMissingField: false,
      ignoreParseErrors: false,
    },
  })
  const trip = {
    day: '2026-11-24',
    times: ['2026-11-24T10:15:00+01:00', null],
    fares: { eco: '12.50', first: 99 },
    tag: 'AP8=',
    miles: '9007199254740993',
  }
  await client.write({ sinkId, values: [trip] })
  t.same(textsIn(client.kinesis, 'out'), [
    '{"day":"2026-11-24","times":["2026-11-24T09:15:00Z",null],"fares":{"eco":12.5,"first":99},"tag":"AP8=","miles":9007199254740993}',
  ])
  for (const [wrong, where] of [
    [{ day: '24.11.2026' }, "'values[1].day' must be a date such as"],
    [{ times: ['noon'] }, "'values[1].times[0]' must be a time such as"],
    [{ fares: { eco: 'much' } }, "'values[1].fares.eco' must be a number"],
    [{ tag: '!' }, "'values[1].tag' must be base64"],
    [{ miles: 2 ** 53 }, "'values[1].miles' must be a whole number, as text beyond"],
  ] as const)
    t.match(await asError(client.write({ sinkId, values: [trip, wrong] })), { message: where })
  t.equal(client.kinesis.recordCount('out'), 1)
})

t.test('a schema of the program is an export of a module', async t => {
  const client = await connected(t)
  const schema = { type: 'local', localId: 'local-0' } as const
  t.match(await asError(client.open({ serializationSchema: { type: 'custom', schema } })), {
    code: 'GRAPH_INVALID',
    message: /exports of modules/,
  })
  const url = 'data:text/javascript,export const shouting = () => ({ serialize: v => v.text.toUpperCase() })'
  const { sinkId } = await client.open({
    serializationSchema: { type: 'custom', schema: { type: 'module', url, export: 'shouting' } },
  })
  await client.write({ sinkId, values: [{ text: 'loud' }] })
  t.same(textsIn(client.kinesis, 'out'), ['LOUD'])
})
