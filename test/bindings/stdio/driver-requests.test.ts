import t from 'tap'
import { ResponseError } from 'vscode-jsonrpc/node'

import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../../core/fakes/graphs.ts'
import { emulator, eventually, pointedAt, textsIn } from '../../core/fakes/jobs.ts'
import { checkMessage, initialized, submit } from './client.ts'

t.test("the driver's shard assigner is asked, and what it fails of ends the job", async t => {
  const kinesis = await emulator(t, { streams: { flights: 3 } })
  for (const fails of [false, true]) {
    const client = await initialized(t)
    const asked: { shards: { shardId: string }[]; parallelism: number }[] = []
    client.connection.onRequest(
      'driver/assignShards',
      (params: { shards: { shardId: string }[]; parallelism: number }) => {
        checkMessage(t, 'driver/assignShards.params', params)
        asked.push(params)
        if (fails) throw new Error('no idea')
        return { subtasks: params.shards.map((_, i) => (i + 1) % 2) }
      },
    )
    const shardAssigner = { type: 'python', pickle: 'cGlja2xl' } as const
    const graph = graphOf(
      [
        sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights'), shardAssigner }) }),
        sinkT(2, [1], { sink: { type: 'discard' } }),
      ],
      { parallelism: 2, configuration: pointedAt(kinesis) },
    )
    const driver = { executable: 'python3', hostEnv: {} }
    const { jobId } = await client.request<{ jobId: string }>('job/submit', { graph, attempt: 0, driver })
    if (fails) {
      await eventually(() => client.finished.length === 1)
      t.match(client.finished[0], { state: 'FAILED', error: { code: 'FUNCTION_FAILED', message: /no idea/ } })
      continue
    }
    await eventually(() => asked.length === 1)
    const { shards } = await client.request<{ shards: { subtask: number }[] }>('job/explain', { jobId })
    t.same(
      shards.map(s => s.subtask),
      [1, 0, 1],
    )
    await client.request('job/cancel', { jobId, mode: 'now' })
  }
})

t.test('a shard assigner of Python without a Python program is refused', async t => {
  const kinesis = await emulator(t)
  const client = await initialized(t)
  const shardAssigner = { type: 'python', pickle: 'cGlja2xl' } as const
  const graph = graphOf(
    [
      sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights'), shardAssigner }) }),
      sinkT(2, [1], { sink: { type: 'discard' } }),
    ],
    { parallelism: 1, configuration: pointedAt(kinesis) },
  )
  await t.rejects(submit(client, graph), { code: -32000, message: /no Python program/ })
})

t.test("the driver's handler gets the dead letters, and what it raises ends the job", async t => {
  const kinesis = await emulator(t)
  const position = {
    stream: 'flights',
    shardId: /^shardId-0+/,
    sequenceNumber: /^49/,
    subSequenceNumber: null,
    partitionKey: 'k',
  }
  for (const fails of [false, true]) {
    kinesis.put('flights', [
      { data: 'good', partitionKey: 'k' },
      { data: 'x'.repeat(100), partitionKey: 'k' },
    ])
    const client = await initialized(t)
    const letters: { data: string }[] = []
    client.connection.onRequest('driver/deadLetters', (params: { pickle: string; letters: { data: string }[] }) => {
      checkMessage(t, 'driver/deadLetters.params', params)
      t.equal(params.pickle, 'cGlja2xl')
      if (fails) return new ResponseError(-32000, 'KeyError: 5', { traceback: 'File "job.py", line 3' })
      letters.push(...params.letters)
      checkMessage(t, 'driver/deadLetters.result', {})
      return {}
    })
    const deadLetters = { type: 'python', pickle: 'cGlja2xl' } as const
    const sink = kinesisSinkSpec({ streamArn: kinesis.streamArn('out'), maxRecordSizeInBytes: 64, deadLetters })
    const graph = graphOf(
      [sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }), sinkT(2, [1], { sink })],
      { parallelism: 1, configuration: pointedAt(kinesis, { 'shardline.source.stop-at': 'latest' }) },
    )
    await t.rejects(submit(client, graph), { code: -32000, message: /no Python program/ })
    const driver = { executable: 'python3', hostEnv: {} }
    await client.request('job/submit', { graph, attempt: 0, driver })
    await eventually(() => client.finished.length === 1)
    if (fails)
      t.match(client.finished[0], {
        state: 'FAILED',
        error: {
          code: 'FUNCTION_FAILED',
          message: 'The dead letter handler failed: KeyError: 5',
          details: { traceback: 'File "job.py", line 3' },
        },
      })
    else {
      t.match(client.finished[0], { state: 'FINISHED' })
      t.match(letters, [{ stream: 'out', code: 'RECORD_TOO_LARGE', explicitHashKey: null, position }])
      t.equal(Buffer.from(letters[0]!.data, 'base64').toString(), 'x'.repeat(100))
      t.same(textsIn(kinesis, 'out'), ['good'])
    }
  }
})

t.test(
  "credentials of the driver's own provider sign the requests, at any depth of roles, until the job ends",
  async t => {
    const kinesis = await emulator(t, { requireSignature: true })
    const client = await initialized(t)
    const asked: unknown[] = []
    client.connection.onRequest('driver/credentials', (params: unknown) => {
      checkMessage(t, 'driver/credentials.params', params)
      asked.push(params)
      const answer = { accessKeyId: 'AKIA', secretAccessKey: 's', sessionToken: null, expiration: null }
      checkMessage(t, 'driver/credentials.result', answer)
      return answer
    })
    const graph = graphOf(
      [
        sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
        sinkT(2, [1], { sink: { type: 'discard' } }),
      ],
      {
        parallelism: 1,
        configuration: {
          'aws.endpoint': kinesis.endpoint,
          'aws.credentials.provider': 'CUSTOM',
          'aws.credentials.provider.custom.class': 'vault',
          'vault.path': 'x',
        },
      },
    )
    const driver = { executable: 'python3', hostEnv: {} }
    const { jobId } = await client.request<{ jobId: string }>('job/submit', { graph, attempt: 0, driver })
    t.match(asked[0], { name: 'vault', configuration: { 'vault.path': 'x' } })
    await client.request('job/cancel', { jobId, mode: 'now' })
    await eventually(() => client.finished.length === 1)
    await t.rejects(submit(client, graph), { code: -32000, message: /nothing is registered as 'vault'/ })
  },
)
