/** Programs in processes of their own, which get real signals. */
import { spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import t from 'tap'
import type { Test } from 'tap'

import { JobSignals } from '../../../core/api/job-signals.ts'
import type { Job } from '../../../core/runtime/job/job.ts'
import { shortFolder } from '../fakes/folders.ts'
import { settle } from '../fakes/manual-clock.ts'
import { emulator, eventually, numbered, textsIn } from '../fakes/jobs.ts'

const library = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../core/index.js')

async function program(t: Test, { before = '' } = {}) {
  const kinesis = await emulator(t)
  const folder = shortFolder(t)
  const script = `
    import { KinesisStreamsSink, KinesisStreamsSource, SimpleStringSchema, StreamExecutionEnvironment, WatermarkStrategy } from ${JSON.stringify(library)}
    ${before}
    const env = StreamExecutionEnvironment.getExecutionEnvironment({ 'execution.checkpointing.dir': ${JSON.stringify(folder)} })
    env.enableCheckpointing(60_000).setParallelism(1)
    const source = KinesisStreamsSource.builder().setStreamArn(${JSON.stringify(kinesis.streamArn('flights'))})
      .setSourceConfig({ 'source.init.position': 'TRIM_HORIZON' }).setDeserializationSchema(new SimpleStringSchema()).build()
    const sink = KinesisStreamsSink.builder().setStreamArn(${JSON.stringify(kinesis.streamArn('out'))})
      .setMaxTimeInBufferMs(60_000).setSerializationSchema(new SimpleStringSchema()).build()
    env.fromSource(source, WatermarkStrategy.noWatermarks(), 'in').sinkTo(sink)
    process.stderr.write('running\\n')
    try { await env.execute('copy') } catch (error) { process.stdout.write(error.code + '\\n') }
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, ...kinesis.environment() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<number | null>(resolve => child.once('close', code => resolve(code)))
  kinesis.put('flights', numbered(100))
  // Everything was read when the first request for more has nothing.
  const calls = (): number => kinesis.requests.recent('GetRecords').length
  await eventually(() => calls() > 3 || child.exitCode !== null, 'the job reads')
  return { kinesis, folder, child, ended, said: () => ({ stdout, stderr }) }
}

for (const [signal, code, what] of [
  ['SIGINT', 130, 'interrupted'],
  ['SIGTERM', 143, 'terminated'],
] as const)
  t.test(
    `${signal} drains the jobs of a program: what was read is written, and there is a last checkpoint`,
    async t => {
      const { kinesis, folder, child, ended, said } = await program(t)
      t.equal(textsIn(kinesis, 'out').length, 0, 'all of it waits in the buffer of the sink')
      child.kill(signal)
      t.equal(await ended, code, said().stderr)
      t.equal(textsIn(kinesis, 'out').length, 100)
      t.match(said().stderr, new RegExp(`${what}: stopping the sources and draining the job`))
      t.match(said().stderr, /to go on from the last checkpoint of 'copy'/)
      t.match(readdirSync(path.join(folder, 'copy')), ['chk-1'])
    },
  )

/** A `process` that gets no signals but those of the test. */
class FakeProcess extends EventEmitter {
  readonly exits: number[] = []
  exit(code: number): void {
    this.exits.push(code)
  }
}

/** A job that is drained when the test says so. */
function endless() {
  const cancelled: string[] = []
  let end: () => void = () => undefined
  const ended = new Promise<void>(resolve => (end = resolve))
  const job = {
    name: 'endless',
    result: () => ended,
    cancel: async (mode: string) => {
      cancelled.push(mode)
      await ended
    },
    metrics: () => ({ checkpoints: { lastPath: null } }),
  } as unknown as Job
  return { job, cancelled, end }
}

t.test(
  'the same signal again ends a drain that takes too long; one that comes together with the first does not',
  async t => {
    const fake = new FakeProcess()
    const { job, cancelled } = endless()
    let now = 0
    new JobSignals(
      fake,
      () => undefined,
      () => now,
    ).follow(job)
    fake.emit('SIGTERM')
    now = 100
    fake.emit('SIGTERM')
    t.same([cancelled, fake.exits], [['interrupt'], []])
    now = 3000
    fake.emit('SIGTERM')
    t.same([cancelled, fake.exits], [['interrupt'], [143]])
  },
)

t.test('with no job running, signals do what they do in any program', async t => {
  const fake = new FakeProcess()
  const { job, end } = endless()
  new JobSignals(
    fake,
    () => undefined,
    () => 0,
  ).follow(job)
  t.equal(fake.listenerCount('SIGINT'), 1)
  end()
  await settle()
  t.equal(fake.listenerCount('SIGINT'), 0)
})

t.test('a handler of the program is left alone', async t => {
  const before = `process.on('SIGTERM', () => { process.stdout.write('mine\\n'); process.exit(7) })`
  const { child, ended, said } = await program(t, { before })
  child.kill('SIGTERM')
  t.equal(await ended, 7)
  t.match(said(), { stdout: 'mine\n', stderr: /^running\n/ })
  t.notMatch(said().stderr, /draining/)
})
