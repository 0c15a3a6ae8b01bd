import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import t from 'tap'

import { programError } from '../../../core/api/program-error.ts'
import { JobError, ServiceError, ShardlineError } from '../../../core/foundation/errors.ts'

const dist = fileURLToPath(new URL('../../..', import.meta.url))

/** What a program prints on stderr, and how it ends. */
function printed(t: { testdir(files: Record<string, string>): string }, program: string, env = {}) {
  const file = path.join(t.testdir({}), 'job.mjs')
  writeFileSync(file, program)
  return new Promise<{ readonly lines: string[]; readonly code: unknown }>(resolve => {
    execFile(process.execPath, [file], { env: { ...process.env, ...env } }, (error, _, stderr) =>
      resolve({ lines: stderr.trimEnd().split('\n'), code: error?.code ?? 0 }),
    )
  })
}

const missingStream = (run: string): string => `
import { KinesisStreamsSink, PartitionKeyGenerator, SimpleStringSchema, StreamExecutionEnvironment } from '${dist}core/index.js'
import { KinesisEmulator } from '${dist}emulator/index.js'
const kinesis = await KinesisEmulator.start()
Object.assign(process.env, kinesis.environment())
const sink = KinesisStreamsSink.builder().setStreamName('orders').setSerializationSchema(new SimpleStringSchema())
  .setPartitionKeyGenerator(PartitionKeyGenerator.random()).build()
const env = StreamExecutionEnvironment.getExecutionEnvironment()
const values = env.fromCollection(['a'])
${run}`

t.test('a program whose stream is missing prints the message and its own line, in a few lines', async t => {
  for (const run of [
    'values.sinkTo(sink); await env.execute()',
    'values.sinkTo(sink); const job = await env.executeAsync(); await job.result()',
    "sink.writable().end('a')",
  ]) {
    const { lines, code } = await printed(t, missingStream(run))
    t.equal(code, 1)
    t.ok(lines.length <= 16, `${run}: ${lines.length} lines`)
    t.match(
      lines.find(line => line.startsWith('ServiceError')),
      /^ServiceError: DescribeStreamSummary on stream orders failed: .* aws kinesis create-stream --stream-name orders/,
    )
    t.equal(lines.filter(line => line.includes('$metadata') || line.includes('[cause]')).length, 0)
    if (!run.startsWith('sink')) t.ok(lines.some(line => / at .*job\.mjs:\d+/.test(line)))
  }
})

t.test('the log level debug shows all of an error', async t => {
  const { lines } = await printed(t, missingStream('values.sinkTo(sink); await env.execute()'), {
    SHARDLINE_LOG_LEVEL: 'debug',
  })
  t.ok(lines.some(line => line.includes('service-errors.js')))
})

t.test("details stay readable; a program's own error stays the cause of a function that failed", async t => {
  const own = new Error('no such key')
  const failed = new ShardlineError('FUNCTION_FAILED', 'Map failed', { cause: own, details: { operator: 'Map' } })
  const error = new JobError('JOB_FAILED', 'the job failed', { cause: failed })
  t.equal(programError(error, new Error()), error)
  t.equal(error.cause, failed)
  t.equal(failed.cause, own)
  t.same(failed.details, { operator: 'Map' })
  t.notOk(Object.keys(failed).includes('details'))
  const service = new ServiceError('ENDPOINT_UNREACHABLE', 'gone', { cause: new Error('ECONNREFUSED') })
  programError(service, new Error())
  t.notOk('cause' in service)
})

t.test('defects of the engine keep everything, and so do errors of other kinds', async t => {
  const cause = new Error('x')
  const defect = new ShardlineError('INTERNAL', 'x', { cause })
  const { stack } = defect
  programError(defect, new Error())
  t.same([defect.cause, defect.stack], [cause, stack])
  t.equal(programError(cause, new Error()), cause)
})
