import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'

import { CheckpointKey } from '../../../core/checkpoint/checkpoint-seal.ts'
import { FileCheckpointStorage } from '../../../core/checkpoint/file-checkpoint-storage.ts'
import { checkpointOf, operatorCheckpoint } from '../fakes/checkpoints.ts'
import { CrashingFs } from '../fakes/crashing-fs.ts'

/** SHA-256 of everything before it. */
const SEAL = 'f16a6138e13858cb36adf2589739b759dc74c13c6183118cedc5e05aa01aed58'

const storageIn = (root: string, jobName = 'flights'): FileCheckpointStorage => new FileCheckpointStorage(root, jobName)

t.test('what is stored is what is loaded, bytes included', async t => {
  const storage = storageIn(t.testdir())
  const stored = await storage.store(checkpointOf())
  t.equal(stored, path.join(storage.location, 'chk-1'))
  t.same(await storage.load('latest'), { checkpoint: checkpointOf(), path: stored })
  t.same((await storage.load(stored)).checkpoint, checkpointOf())
  t.same((await storage.load(pathToFileURL(stored).href)).checkpoint, checkpointOf())
})

const document = (version: number) => ({
  format: 'shardline-checkpoint',
  version,
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

t.test('version 2 of the metadata is this document', async t => {
  const storage = storageIn(t.testdir())
  const directory = await storage.store(checkpointOf())
  t.same((await readdir(directory)).sort(), ['_metadata', 'sink-0.bin'])
  t.equal(await readFile(path.join(directory, 'sink-0.bin'), 'utf8'), 'some bytes')
  const text = await readFile(path.join(directory, '_metadata'), 'utf8')
  t.same(JSON.parse(text), { ...document(2), seal: { sha256: SEAL, hmacSha256: null } })
  t.ok(text.endsWith(`],\n "seal": {"sha256":"${SEAL}","hmacSha256":null}\n}\n`))
})

t.test('version 1, which has no seal, is still read', async t => {
  const storage = storageIn(t.testdir())
  const directory = path.join(storage.location, 'chk-1')
  await mkdir(directory, { recursive: true })
  await writeFile(path.join(directory, '_metadata'), `${JSON.stringify(document(1), null, 1)}\n`)
  await writeFile(path.join(directory, 'sink-0.bin'), 'some bytes')
  t.same((await storage.load('latest')).checkpoint, checkpointOf())
  await writeFile(path.join(directory, 'sink-0.bin'), 'some bites')
  await t.rejects(storage.load('latest'), { message: /sink-0.bin is not what was written/ })
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
    'mkdir .',
    'mkdir ..',
    'mkdir .',
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
  await spoil('sink-0.bin', 'some', /sink-0.bin .* has 4 bytes instead of 10/)
  await spoil('sink-0.bin', null, /sink-0.bin is missing/)
  await spoil('_metadata', '{', /cannot be read/)
  await spoil('_metadata', 'null', /cannot be read/)
  await spoil('_metadata', '{"format":"flink","version":1}', /its format is 'flink' version 1/)
  await spoil(
    '_metadata',
    '{"format":"shardline-checkpoint","version":3}',
    /version 3; this engine reads .* up to version 2/,
  )
  const written = await readFile(path.join(directory, '_metadata'), 'utf8')
  await spoil('_metadata', written.replace('"flights"', '"fligths"'), /_metadata is not what was written: its SHA-256/)
  await spoil('_metadata', written.slice(0, 400), /_metadata is not what was written/)
  await spoil(
    '_metadata',
    written.replace('"version": 2', '"version": 1'),
    /_metadata is not what was written: its SHA/,
  )
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

t.test('a file URL is a directory, any other scheme is not supported', async t => {
  t.equal(storageIn('file:///tmp/x').location, '/tmp/x/flights')
  t.throws(() => storageIn('s3://bucket/x'), { code: 'CONFIGURATION_INVALID', message: /'s3:\/\/' are not supported/ })
})

t.test('an operator id cannot lead out of the directory', async t => {
  const storage = storageIn(t.testdir())
  const directory = path.join(storage.location, 'chk-1')
  await mkdir(directory, { recursive: true })
  const outside = JSON.stringify(document(1)).replace('"sink-0.bin"', '"../../sink-0.bin"')
  await writeFile(path.join(directory, '_metadata'), outside)
  await writeFile(path.join(directory, 'sink-0.bin'), 'some bytes')
  t.equal((await storage.load(directory)).checkpoint.operators[1]?.subtasks[0]?.bytes?.toString(), 'some bytes')
})

t.test('a damaged checkpoint is an error that names the newest older one that is whole', async t => {
  const storage = storageIn(t.testdir())
  const at = async (checkpointId: number) => storage.store(checkpointOf({ checkpointId }))
  const [first, second, , fourth] = [await at(1), await at(2), await at(3), await at(4)]
  await writeFile(path.join(storage.location, 'chk-3', 'sink-0.bin'), 'some bites')
  await writeFile(path.join(fourth, '_metadata'), '{')
  await at(5)
  await rm(path.join(storage.location, 'chk-5', '_metadata'))
  const message = (of: string) => `whole is ${of}; to start from it: shardline run --restore '${of}' `
  for (const damaged of ['latest', fourth]) {
    const error = await storage.load(damaged).catch((e: unknown) => e as Error)
    t.match(error, {
      code: 'CHECKPOINT_UNREADABLE',
      message: /chk-4 cannot be read: the file _metadata is not what was/,
    })
    t.ok((error as Error).message.includes(message(second)), (error as Error).message)
  }
  const missing = await storage.load(path.join(storage.location, 'chk-5')).catch((e: unknown) => e as Error)
  t.match(missing, { code: 'CHECKPOINT_NOT_FOUND' })
  t.ok((missing as Error).message.includes(message(second)))
  await rm(path.join(second, 'sink-0.bin'))
  await t.rejects(storage.load('latest'), { message: new RegExp(`--restore '${first}'`) })
  await rm(first, { recursive: true })
  const none = await storage.load('latest').catch((e: unknown) => e as Error)
  t.notOk((none as Error).message.includes('to start from it'), 'and promises nothing where there is none')
})

t.test('files are for their user alone', async t => {
  const storage = storageIn(path.join(t.testdir(), 'made', 'here'))
  const directory = await storage.store(checkpointOf())
  const modes = async (...paths: string[]) =>
    Promise.all(paths.map(async p => ((await stat(p)).mode & 0o777).toString(8)))
  t.same(await modes(path.dirname(storage.location), storage.location, directory), ['700', '700', '700'])
  t.same(await modes(path.join(directory, '_metadata'), path.join(directory, 'sink-0.bin')), ['600', '600'])
})

t.test('a checkpoint that cannot be written, or is not wanted any more, leaves nothing behind', async t => {
  const storage = storageIn(t.testdir())
  const whole = new CrashingFs(storage.location)
  await whole.run(() => storage.store(checkpointOf()))
  await storage.remove(1)
  // One step fails, as on a full disk, and those after it do not.
  for (const step of whole.log.filter(l => /^(open|write|sync|rename) [^.]*(chk|_|$)/.test(l))) {
    const fs = new CrashingFs(storage.location, Infinity, step)
    await t.rejects(
      fs.run(() => storage.store(checkpointOf())),
      { code: 'CHECKPOINT_FAILED' },
      step,
    )
    t.same(await readdir(storage.location), [], step)
  }
  const lost = new Error('the lease is lost')
  await t.rejects(
    storage.store(checkpointOf(), async () => {
      t.same((await readdir(path.join(storage.location, 'chk-1'))).sort(), ['_metadata.inprogress', 'sink-0.bin'])
      throw lost
    }),
    { cause: lost },
  )
  t.same(await readdir(storage.location), [])
})

t.test('with a key, only what is signed with it is restored', async t => {
  const root = t.testdir()
  const of = (key: string | null) =>
    new FileCheckpointStorage(root, 'flights', key === null ? null : new CheckpointKey(Buffer.from(key)))
  const unsigned = await of(null).storeSavepoint(checkpointOf(), null)
  const signed = await of('one').storeSavepoint(checkpointOf(), null)
  t.same((await of('one').load(signed)).checkpoint, checkpointOf())
  t.same((await of(null).load(signed)).checkpoint, checkpointOf(), 'without a key signatures are not looked at')
  await t.rejects(of('one').load(unsigned), { code: 'CHECKPOINT_UNREADABLE', message: /it has no signature/ })
  await t.rejects(of('two').load(signed), { code: 'CHECKPOINT_UNREADABLE', message: /signed with another key/ })
  // Someone without the key changes state and every checksum.
  const forged = path.join(signed, '_metadata')
  const seal = /"hmacSha256":"[0-9a-f]{64}"/.exec(await readFile(forged, 'utf8'))![0]
  const evil = { type: 'kinesis-sink-buffer', version: 1, json: { entries: 1 }, bytes: Buffer.from('evil bytes') }
  const other = await of(null).storeSavepoint(
    checkpointOf({ operators: [operatorCheckpoint({ subtasks: [evil, null] })] }),
    null,
  )
  await writeFile(path.join(signed, 'sink-0.bin'), 'evil bytes')
  await writeFile(forged, (await readFile(path.join(other, '_metadata'), 'utf8')).replace('"hmacSha256":null', seal))
  await t.rejects(of('one').load(signed), { message: /signed with another key/ })
  t.equal((await of(null).load(signed)).checkpoint.operators[0]?.subtasks[0]?.bytes?.toString(), 'evil bytes')
})
