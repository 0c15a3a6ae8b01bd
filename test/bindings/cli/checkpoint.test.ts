/** `shardline checkpoint` on a local folder, as a process of its own. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import t from 'tap'

import { FileCheckpointStorage } from '../../../core/checkpoint/file-checkpoint-storage.ts'
import { FileLeaseStore } from '../../../core/checkpoint/file-lease-store.ts'
import { systemProcesses } from '../../../core/checkpoint/process-table.ts'
import { writeKeyedState } from '../../../core/operators/keyed-state/keyed-state.ts'
import { checkpointOf, operatorCheckpoint } from '../../core/fakes/checkpoints.ts'

const engineFile = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../engine/shardline.mjs')

function shardline(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [engineFile, 'checkpoint', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    t.teardown(() => child.kill('SIGKILL'))
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}

/** Checkpoints 1 to 5 of `flights`: 2 is damaged, 5 was cut short; and a savepoint. */
async function folder(root: string) {
  const storage = new FileCheckpointStorage(root, 'flights')
  for (const checkpointId of [1, 2, 3, 4]) await storage.store(checkpointOf({ checkpointId }))
  writeFileSync(path.join(storage.location, 'chk-2', 'sink-0.bin'), 'some bites')
  const savepoint = path.basename(await storage.storeSavepoint(checkpointOf(), null))
  mkdirSync(path.join(storage.location, 'chk-5'))
  writeFileSync(path.join(storage.location, 'chk-5', 'sink-0.bin'), 'some')
  return {
    storage,
    savepoint,
    args: ['--job', 'flights', '--dir', root],
    names: () => readdirSync(storage.location).sort(),
  }
}

t.test('list shows what is whole, what is damaged and why, and what latest is', async t => {
  const { args, savepoint, storage } = await folder(t.testdir())
  const { code, stdout, stderr } = await shardline(['list', ...args])
  t.equal(code, 0, stderr)
  const lines = stdout.split('\n')
  t.equal(lines[0], storage.location)
  t.match(lines[2], /^chk-1 +checkpoint +2026-01-31T12:00:00.000Z +[\d.]+ KB {2}whole$/)
  t.match(lines[3], /^chk-2 .* damaged: the file sink-0.bin is not what was written: its SHA-256/)
  t.match(lines[6], /^chk-5 +checkpoint .* 4 bytes {2}incomplete$/)
  t.match(lines[7], new RegExp(`^${savepoint} +savepoint .* whole$`))
  t.match(lines[8], /^'--restore latest' takes chk-4\. Any other: shardline run --restore .*\/flights\/NAME/)
  const json = JSON.parse((await shardline(['list', ...args, '--json', '--no-verify'])).stdout) as { entries: object[] }
  t.match(json, { location: storage.location, writer: null })
  t.match(json.entries[1], { name: 'chk-2', condition: 'complete', checkpointId: 2 })
  t.match((await shardline(['list', '--job', 'nothing', ...args.slice(2)])).stdout, /There is no checkpoint/)
  t.match(await shardline(['list']), { code: 2, stderr: /--job is needed/ })
})

t.test('prune shows what it would remove, and removes it when told to; savepoints stay', async t => {
  const { args, savepoint, names } = await folder(t.testdir())
  const before = names()
  const shown = await shardline(['prune', ...args])
  t.match(shown, { code: 0, stderr: /^Would remove 4 of 6 folders in .* To remove them, pass --yes\./ })
  t.same(shown.stdout.match(/chk-\d/g), ['chk-1', 'chk-2', 'chk-3', 'chk-5'])
  t.same(names(), before)
  t.match(await shardline(['prune', ...args, '--keep', '2', '--yes']), { code: 0, stderr: /^Removed 3 of 6/ })
  t.same(names(), ['chk-3', 'chk-4', savepoint])
  t.match(await shardline(['prune', ...args, '--keep', '2', '--yes']), { code: 0, stderr: /^Nothing to remove/ })
  t.match(await shardline(['prune', ...args, '--keep', '0']), { code: 2, stderr: /--keep takes a number from 1/ })
})

t.test('prune keeps what a running job started from, and what it may be writing', async t => {
  const { args, savepoint, storage, names } = await folder(t.testdir())
  const holder = { ...systemProcesses.self, runId: 'abcdef0123', jobName: 'flights', sinceMs: 0 }
  const lease = (await new FileLeaseStore(storage.location).take(
    { ...holder, restoredFrom: `${storage.location}/chk-1/` },
    null,
  ))!
  t.match(
    (await shardline(['list', ...args])).stdout,
    /A run of job 'flights' \(abcdef01, process \d+ on .* writes here/,
  )
  await shardline(['prune', ...args, '--yes'])
  t.same(names(), ['_lease-1', 'chk-1', 'chk-4', 'chk-5', savepoint])
  await lease.release()
  await shardline(['prune', ...args, '--yes'])
  t.same(names(), ['chk-4', savepoint])
})

/** A pickle that makes a file when it is loaded. */
const trap = (file: string): Buffer => Buffer.from(`cposix\nsystem\n(S'touch ${file}'\ntR.`)

t.test('nothing looks into pickles: inspect, list, rewind and sign run no code of a checkpoint', async t => {
  const dir = t.testdir()
  const [sprung, control] = [path.join(dir, 'sprung'), path.join(dir, 'control')]
  await new Promise(resolve =>
    spawn('python3', ['-c', 'import pickle,sys; pickle.loads(sys.stdin.buffer.read())'])
      .once('close', resolve)
      .stdin.end(trap(control)),
  )
  t.ok(existsSync(control), 'the trap works')
  const storage = new FileCheckpointStorage(dir, 'flights')
  const state = writeKeyedState({
    encoding: 'pickle',
    states: { count: { kind: 'value', type: 'LONG' } },
    keyGroups: new Map([[3, trap(sprung)]]),
  })
  const place = await storage.store(checkpointOf({ operators: [operatorCheckpoint({ subtasks: [state, null] })] }))
  const inspected = await shardline(['inspect', place])
  t.match(inspected, { code: 0, stdout: /keyed state of Python: count \(value of LONG\); 1 key groups/ })
  t.match(await shardline(['list', '--job', 'flights', '--dir', dir]), { code: 0 })
  t.match(await shardline(['rewind', place, '--to', 'trim-horizon', '--drop-state']), { code: 1 })
  const key = { SHARDLINE_CHECKPOINT_HMAC_KEY: 'a key that is long enough' }
  t.match(await shardline(['sign', place], key), { code: 0 })
  t.notOk(existsSync(sprung))
})

t.test('with a key, what is not signed is refused until it is signed, and the key is never shown', async t => {
  const { args, storage } = await folder(t.testdir({ key: 'another key of many characters\n' }))
  const key = 'a key that is long enough'
  const env = { SHARDLINE_CHECKPOINT_HMAC_KEY: key }
  const refused = await shardline(['inspect', 'latest', ...args], env)
  t.match(refused, { code: 1, stderr: /has no signature.* sign it with 'shardline checkpoint sign'/ })
  const signed = await shardline(['sign', path.join(storage.location, 'chk-4')], env)
  t.equal(signed.code, 0, signed.stderr)
  const place = signed.stdout.trim()
  t.match(await shardline(['inspect', place], env), { code: 0 })
  const file = ['--conf', `shardline.checkpoint.hmac-key-file=${path.join(path.dirname(storage.location), 'key')}`]
  const other = await shardline(['inspect', place, ...file], env)
  t.match(other, { code: 1, stderr: /signed with another key/ }, 'the option comes before the environment')
  for (const { stdout, stderr } of [refused, signed, other]) t.notOk(/long enough|another key of/.test(stdout + stderr))
  t.match(await shardline(['sign', place]), { code: 2, stderr: /sign needs a key/ })
  t.match(await shardline(['inspect', place], { SHARDLINE_CHECKPOINT_HMAC_KEY: 'short' }), {
    code: 1,
    stderr: /the key has 5 bytes; give at least 16/,
  })
})
