import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'

import { FileCheckpointStorage } from '../../../core/checkpoint/file-checkpoint-storage.ts'
import { checkpointOf, operatorCheckpoint } from '../fakes/checkpoints.ts'
import { CrashingFs } from '../fakes/crashing-fs.ts'

const storageIn = (root: string, jobName = 'flights'): FileCheckpointStorage => new FileCheckpointStorage(root, jobName)

t.test('what is stored is what is loaded, bytes included', async t => {
  const storage = storageIn(t.testdir())
  const stored = await storage.store(checkpointOf())
  t.equal(stored, path.join(storage.location, 'chk-1'))
  t.same(await storage.load('latest'), { checkpoint: checkpointOf(), path: stored })
  t.same((await storage.load(stored)).checkpoint, checkpointOf())
  t.same((await storage.load(pathToFileURL(stored).href)).checkpoint, checkpointOf())
})

t.test('version 1 of the metadata is this document', async t => {
  const storage = storageIn(t.testdir())
  const directory = await storage.store(checkpointOf())
  t.same((await readdir(directory)).sort(), ['_metadata', 'sink-0.bin'])
  t.equal(await readFile(path.join(directory, 'sink-0.bin'), 'utf8'), 'some bytes')
  t.same(JSON.parse(await readFile(path.join(directory, '_metadata'), 'utf8')), {
    format: 'shardline-checkpoint',
    version: 1,
    checkpointId: 1,
    jobName: 'flights',
    jobId: '0123456789abcdef',
    timestampMs: 1769860800000,
    operators: [
      {
        operatorId: 'source',
        name: 'Source: flights',
        parallelism: 1,
        maxParallelism: 128,
        enumerator: { type: 'kinesis-enumerator', version: 1, json: { shards: [] }, file: null },
        subtasks: [{ type: 'kinesis-splits', version: 1, json: { splits: [] }, file: null }],
      },
      {
        operatorId: 'sink',
        name: 'Sink: Kinesis',
        parallelism: 2,
        maxParallelism: 128,
        enumerator: null,
        subtasks: [
          {
            type: 'kinesis-sink-buffer',
            version: 1,
            json: { entries: 1 },
            file: {
              name: 'sink-0.bin',
              bytes: 10,
              sha256: '0d22cdcc10e6d049dbe1af5123d50873fdfc1a4f58306e58cb6241be9472014d',
            },
          },
          null,
        ],
      },
    ],
  })
})

t.test('latest is the newest complete one of this job', async t => {
  const root = t.testdir()
  const storage = storageIn(root)
  for (const checkpointId of [9, 10]) await storage.store(checkpointOf({ checkpointId }))
  await storageIn(root, 'other').store(checkpointOf({ checkpointId: 99 }))
  await mkdir(path.join(storage.location, 'chk-11'))
  await writeFile(path.join(storage.location, 'chk-12'), 'a file, of all things')
  t.equal((await storage.load('latest')).checkpoint.checkpointId, 10)
  t.equal(await storage.lastCheckpointId(), 12, 'and no number is used again')
})

t.test('a crash at any step leaves the previous checkpoint, or the new one, never a broken one', async t => {
  const attempt = async (steps: number): Promise<{ got: boolean; latest: number; log: readonly string[] }> => {
    const root = path.join(t.testdirName, `crash-${steps}`)
    const storage = storageIn(root)
    await storage.store(checkpointOf({ checkpointId: 7 }))
    const fs = new CrashingFs(storage.location, steps)
    const got = await fs.run(async () => {
      await storage.store(checkpointOf({ checkpointId: 8 }))
      await storage.remove(7)
    })
    const { checkpoint } = await storage.load('latest')
    t.same(checkpoint, checkpointOf({ checkpointId: checkpoint.checkpointId }))
    return { got, latest: checkpoint.checkpointId, log: fs.log }
  }
  t.testdir()
  const whole = await attempt(Infinity)
  t.match(whole, { got: true, latest: 8 })
  for (let steps = 0; steps < whole.log.length; steps++) {
    const { got, latest, log } = await attempt(steps)
    t.equal(got, false)
    const renamed = log.slice(0, steps).some(l => l.startsWith('rename'))
    t.equal(latest, renamed ? 8 : 7, `killed at '${String(log[steps])}'`)
  }
})

t.test('everything is on the disk before the name that makes it count', async t => {
  const storage = storageIn(path.join(t.testdir(), 'new'))
  const fs = new CrashingFs(storage.location)
  await fs.run(() => storage.store(checkpointOf()))
  t.same(fs.log, [
    'rm chk-1/_metadata',
    'rm chk-1',
    'mkdir chk-1',
    'open chk-1/sink-0.bin',
    'write chk-1/sink-0.bin',
    'sync chk-1/sink-0.bin',
    'open chk-1/_metadata.inprogress',
    'write chk-1/_metadata.inprogress',
    'sync chk-1/_metadata.inprogress',
    'open chk-1',
    'sync chk-1',
    'rename chk-1/_metadata.inprogress chk-1/_metadata',
    'open chk-1',
    'sync chk-1',
    'open .',
    'sync .',
    'open ..',
    'sync ..',
    // The folder of this job's name is in a folder that was made just now, too.
    'open ../..',
    'sync ../..',
  ])
})

t.test("a directory that a crash left behind is in nobody's way", async t => {
  const storage = storageIn(t.testdir())
  await mkdir(path.join(storage.location, 'chk-1'), { recursive: true })
  await writeFile(path.join(storage.location, 'chk-1', 'left-over.bin'), 'x')
  const directory = await storage.store(checkpointOf())
  t.same((await readdir(directory)).sort(), ['_metadata', 'sink-0.bin'])
})

t.test('a removed checkpoint is gone; removing one that is not there is nothing', async t => {
  const storage = storageIn(t.testdir())
  const directory = await storage.store(checkpointOf())
  await storage.remove(1)
  t.equal(existsSync(directory), false)
  await storage.remove(1)
})

t.test('nothing to load is said with the place where it was looked for', async t => {
  const storage = storageIn(t.testdir())
  await t.rejects(storage.load('latest'), { code: 'CHECKPOINT_NOT_FOUND', message: new RegExp(storage.location) })
  await t.rejects(storage.load('/nowhere/chk-1'), {
    code: 'CHECKPOINT_NOT_FOUND',
    message: /\/nowhere\/chk-1.*_metadata/,
  })
  t.equal(await storage.lastCheckpointId(), 0)
})

t.test('what was changed since is unreadable, and said to be', async t => {
  const storage = storageIn(t.testdir())
  const directory = await storage.store(checkpointOf())
  const spoil = async (name: string, content: string | null, message: RegExp): Promise<void> => {
    const file = path.join(directory, name)
    const before = await readFile(file)
    await (content === null ? rm(file) : writeFile(file, content))
    await t.rejects(storage.load(directory), { code: 'CHECKPOINT_UNREADABLE', message })
    await writeFile(file, before)
  }
  await spoil('sink-0.bin', 'some bites', /sink-0.bin is not what was written/)
  await spoil('sink-0.bin', null, /ENOENT/)
  await spoil('_metadata', '{', /cannot be read/)
  await spoil('_metadata', 'null', /cannot be read/)
  await spoil('_metadata', '{"format":"flink","version":1}', /its format is 'flink' version 1/)
  await spoil('_metadata', '{"format":"shardline-checkpoint","version":2}', /version 2; this engine reads .* version 1/)
})

t.test('a place that cannot be written to is a failed checkpoint', async t => {
  const root = t.testdir({ file: 'x' })
  const storage = storageIn(path.join(root, 'file'))
  await t.rejects(storage.store(checkpointOf()), {
    code: 'CHECKPOINT_FAILED',
    message: /Checkpoint 1 could not be written/,
  })
})

t.test('any job name makes a directory of its own', async t => {
  const root = t.testdir()
  const names = ['flights', 'a/b', 'a b', 'a-b', '..', '.', '', 'zürich', 'x'.repeat(300), `${'x'.repeat(300)}y`]
  const places = new Set<string>()
  for (const name of names) {
    const storage = storageIn(root, name)
    t.equal(path.dirname(storage.location), root)
    places.add(storage.location)
    await storage.store(checkpointOf({ jobName: name }))
    t.equal((await storage.load('latest')).checkpoint.jobName, name)
  }
  t.equal(places.size, names.length)
  t.equal(storageIn(root).location, path.join(root, 'flights'))
})

t.test('a file URL is a directory, any other scheme is not there yet', async t => {
  t.equal(storageIn('file:///tmp/x').location, '/tmp/x/flights')
  t.throws(() => storageIn('s3://bucket/x'), { code: 'CONFIGURATION_INVALID', message: /'s3:\/\/' are not there yet/ })
})

t.test('an operator id cannot lead out of the directory', async t => {
  const storage = storageIn(t.testdir())
  const directory = await storage.store(checkpointOf({ operators: [operatorCheckpoint()] }))
  const file = path.join(directory, '_metadata')
  await writeFile(file, (await readFile(file, 'utf8')).replace('"sink-0.bin"', '"../../sink-0.bin"'))
  t.equal((await storage.load(directory)).checkpoint.operators[0]?.subtasks[0]?.bytes?.toString(), 'some bytes')
})
