import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { systemClock } from '../../../../core/foundation/clock.ts'
import { FileDestination } from '../../../../core/connectors/dead-letters/file-destination.ts'

async function folder(t: Test): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'shardline-dead-letters-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  return dir
}

t.test('large dead letters that several subtasks write to one file at the same time are whole lines', async t => {
  const file = path.join(await folder(t), 'letters.jsonl')
  const subtasks = Array.from({ length: 4 }, () => new FileDestination(file, systemClock))
  const [stream, code, message] = ['out', 'RECORD_TOO_LARGE', 'too large']
  await Promise.all(
    subtasks.flatMap((deadLetters, i) =>
      [0, 1].map(j => {
        const data = Buffer.alloc(2_000_000, i * 2 + j)
        return deadLetters.put([
          { stream, code, message, partitionKey: null, explicitHashKey: null, data, position: null },
        ])
      }),
    ),
  )
  await Promise.all(subtasks.map(s => s.close()))
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  const first = lines.map(l => Buffer.from((JSON.parse(l) as { data: string }).data, 'base64')[0]!)
  t.same(
    first.sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7],
  )
})

t.test('a file in a folder that does not exist cannot be validated', async t => {
  const file = path.join(await folder(t), 'missing', 'dead-letters.jsonl')
  await t.rejects(new FileDestination(file, systemClock).validate(), {
    code: 'CONFIGURATION_INVALID',
    message: /The file for dead letters, .*missing/,
  })
})
