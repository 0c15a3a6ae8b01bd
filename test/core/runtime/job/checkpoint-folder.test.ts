import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'

import type { KinesisEmulator } from '../../../../emulator/index.ts'
import { CheckpointError } from '../../../../core/foundation/errors.ts'
import { graphOf, kinesisSinkSpec, kinesisSourceSpec, sinkT, sourceT } from '../../fakes/graphs.ts'
import { emulator, eventually, jobOf, pointedAt } from '../../fakes/jobs.ts'
import { MemoryCheckpointStorage } from '../../fakes/memory-checkpoint-storage.ts'
import { processTable } from '../../fakes/memory-lease-store.ts'

const graph = (kinesis: KinesisEmulator, dir: string, more: Readonly<Record<string, string>> = {}) =>
  graphOf(
    [
      sourceT(1, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn('flights') }) }),
      sinkT(2, [1], { sink: kinesisSinkSpec({ streamArn: kinesis.streamArn('out') }) }),
    ],
    {
      parallelism: 1,
      configuration: pointedAt(kinesis, {
        'execution.checkpointing.interval': '1 h',
        'execution.checkpointing.dir': dir,
        ...more,
      }),
    },
  )

t.test('a second job of the same name in the same directory does not start, and names the first', async t => {
  const kinesis = await emulator(t)
  const dir = t.testdir()
  const first = jobOf(t, graph(kinesis, dir)).job
  await first.start()
  const second = jobOf(t, graph(kinesis, dir)).job
  await t.rejects(second.start(), {
    code: 'CHECKPOINTS_IN_USE',
    message: new RegExp(
      `A run of job 'flights' \\(${first.jobId.slice(0, 8)}, process ${process.pid} on host .*Stop that job`,
    ),
  })
  t.equal(second.status.state, 'FAILED')
  const elsewhere = jobOf(t, graph(kinesis, path.join(dir, 'elsewhere'))).job
  await elsewhere.start()
  await first.cancel('drain')
  const third = jobOf(t, graph(kinesis, dir, { 'execution.state-recovery.path': 'latest' })).job
  await third.start()
  await third.cancel('now')
  t.same(await readdir(path.join(dir, 'flights')), ['chk-1'], 'and no lease is left')
})

t.test('a job that another run took for dead fails, and writes nothing more', async t => {
  const kinesis = await emulator(t)
  const dir = t.testdir()
  const one = jobOf(t, graph(kinesis, dir, { 'execution.checkpointing.interval': '100 ms' }), {
    processes: processTable({ pid: 7 }),
  }).job
  await one.start()
  await eventually(() => one.metrics().checkpoints.completed > 0, 'a checkpoint')
  const two = jobOf(t, graph(kinesis, dir, { 'execution.state-recovery.path': 'latest' }), {
    processes: processTable({ pid: 8 }, new Set([7])),
  }).job
  await two.start()
  await t.rejects(one.result(), { code: 'CHECKPOINTS_IN_USE', message: /no longer writes .* process 8 on host here/ })
  t.equal(one.status.state, 'FAILED')
  const { lastPath } = one.metrics().checkpoints
  await two.cancel('drain')
  const left = await readdir(path.join(dir, 'flights'))
  t.same(left.sort(), [path.basename(lastPath!), path.basename((await two.result()).checkpointPath!)].sort())
})

t.test('a directory that cannot be used is an error at the start that says why, and what to do', async t => {
  const kinesis = await emulator(t)
  const dir = t.testdir({ file: 'x', taken: { flights: 'a file' } })
  const start = async (place: string) => {
    const { job } = jobOf(t, graph(kinesis, place))
    return job.start()
  }
  const code = 'CHECKPOINT_FAILED'
  await t.rejects(start(path.join(dir, 'file')), {
    code,
    message: /cannot be written to .*file\/flights: ENOTDIR.* A part of the path is a file/,
  })
  await t.rejects(start(path.join(dir, 'taken')), {
    code,
    message: /ENOTDIR.* A part of the path is a file/,
  })
  if (process.platform === 'linux')
    await t.rejects(start('/proc/shardline'), { code, message: /No directory can be made there. Otherwise choose/ })
})

t.test('what failed checkpoints of this job left behind is removed at the start, and nothing else', async t => {
  const kinesis = await emulator(t)
  const dir = t.testdir()
  const put = async (...names: string[]): Promise<void> => {
    const file = path.join(dir, ...names)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, 'x')
  }
  await put('flights', 'chk-40', '_metadata')
  await put('flights', 'chk-41', 'sink-0.bin')
  await put('flights', 'chk-42', '_metadata.inprogress')
  await put('flights', 'savepoint-012345-0123456789ab', 'sink-0.bin')
  await put('flights', 'notes', 'file')
  await put('others', 'chk-7', 'sink-0.bin')
  const { job } = jobOf(t, graph(kinesis, dir))
  await job.start()
  await job.cancel('drain')
  t.equal((await job.result()).checkpointPath, path.join(dir, 'flights', 'chk-43'), 'no number is used again')
  t.same((await readdir(path.join(dir, 'flights'))).sort(), [
    'chk-40',
    'chk-43',
    'notes',
    'savepoint-012345-0123456789ab',
  ])
  t.same(await readdir(path.join(dir, 'others')), ['chk-7'])
})

t.test('when the last checkpoint of a drain fails, the error says what to go on from', async t => {
  const kinesis = await emulator(t)
  const checkpointStorage = new MemoryCheckpointStorage()
  const { job } = jobOf(t, graph(kinesis, 'unused', { 'execution.checkpointing.interval': '100 ms' }), {
    checkpointStorage,
  })
  await job.start()
  await eventually(() => job.metrics().checkpoints.completed > 0, 'a checkpoint')
  checkpointStorage.storeError = new CheckpointError('CHECKPOINT_FAILED', 'ENOSPC: no space left on device.')
  await job.cancel('drain')
  const error = await job.result().catch((e: unknown) => e as Error)
  t.match(error, {
    code: 'CHECKPOINT_FAILED',
    message: /^ENOSPC: no space left on device.* All records were processed/,
  })
  const { lastPath } = job.metrics().checkpoints
  t.ok(
    (error as Error).message.includes(
      `complete one, ${lastPath}. To start from it: shardline run --restore '${lastPath}'`,
    ),
  )
})
