import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'

import { FileLeaseStore } from '../../../core/checkpoint/file-lease-store.ts'
import type { LeaseHolder } from '../../../core/checkpoint/lease-store.ts'

const holder = (runId: string): LeaseHolder => ({
  runId,
  jobName: 'flights',
  host: 'here',
  machine: 'boot',
  pid: 1,
  processStarted: 'then',
  sinceMs: 5,
  restoredFrom: null,
})

t.test('a lease is taken by one of many, renewed, lost to another, and given back', async t => {
  const directory = path.join(t.testdir(), 'job')
  const store = new FileLeaseStore(directory)
  t.equal(await store.read(), null)
  const taken = await Promise.all(Array.from({ length: 20 }, (_, i) => store.take(holder(`run ${i}`), null)))
  const held = taken.filter(lease => lease !== null)
  t.equal(held.length, 1)
  const first = held[0]!
  t.match(await readdir(directory), ['_lease-1'], 'and nothing else is left')
  t.equal(((await stat(path.join(directory, '_lease-1'))).mode & 0o777).toString(8), '600')
  const found = (await store.read())!
  t.match(found.holder, { jobName: 'flights', runId: /^run \d+$/ })
  await new Promise(resolve => setTimeout(resolve, 5)) // the heartbeat is the file's time
  t.equal(await first.renew(), true)
  const later = (await store.read())!
  t.equal(later.token, found.token)
  t.not(later.beat, found.beat)
  const second = (await store.take(holder('two'), later))!
  t.equal(await first.renew(), false)
  t.equal(await first.holds(), false)
  t.same(await readdir(directory), ['_lease-2'])
  await first.release()
  t.equal(await second.holds(), true)
  await second.release()
  t.same(await readdir(directory), [])
})

t.test('a holder that wakes up does not take the file of a later run for its own', async t => {
  const store = new FileLeaseStore(t.testdir())
  const first = (await store.take(holder('one'), null))!
  const second = (await store.take(holder('two'), await store.read()))!
  await second.release()
  const third = (await store.take(holder('three'), null))!
  t.equal(await first.holds(), false, 'although it has the same name')
  t.equal(await first.renew(), false)
  await first.release()
  t.equal(await third.holds(), true)
  await third.release()
})

t.test('a lease that was removed is no longer held, and what cannot be read has no holder', async t => {
  const directory = t.testdir()
  const store = new FileLeaseStore(directory)
  const lease = (await store.take(holder('one'), null))!
  await rm(directory, { recursive: true })
  t.equal(await lease.holds(), false)
  await lease.release()
  await mkdir(directory)
  await writeFile(path.join(directory, '_lease-7'), '{')
  t.match(await store.read(), { holder: null, released: false })
  const taken = (await store.take(holder('two'), await store.read()))!
  t.same(await readdir(directory), ['_lease-8'])
  await taken.release()
})
