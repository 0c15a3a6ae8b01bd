import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'

import { CheckpointLease, HEARTBEAT_MS, SILENCE_MS } from '../../../core/checkpoint/checkpoint-lease.ts'
import { systemProcesses } from '../../../core/checkpoint/process-table.ts'
import type { ProcessTable } from '../../../core/checkpoint/process-table.ts'
import { ManualClock, settle } from '../fakes/manual-clock.ts'
import { MemoryLeaseStore, processTable } from '../fakes/memory-lease-store.ts'

function scene() {
  const store = new MemoryLeaseStore()
  const clock = new ManualClock()
  const heard = { warnings: [] as string[], lost: [] as Error[] }
  const acquire = (runId: string, processes: ProcessTable, signal?: AbortSignal) => {
    const request = { runId, jobName: 'flights', restoredFrom: null, location: '/state/flights' }
    return CheckpointLease.acquire(
      store,
      request,
      processes,
      clock,
      message => heard.warnings.push(message),
      error => heard.lost.push(error),
      signal,
    )
  }
  /** What became of it; `undefined` while it waits. */
  const outcome = (lease: Promise<CheckpointLease>) => {
    const found: { is: CheckpointLease | Error | undefined } = { is: undefined }
    lease.then(
      is => (found.is = is),
      (error: unknown) => (found.is = error as Error),
    )
    return found
  }
  return { store, clock, heard, acquire, outcome }
}

t.test('a live process of this host keeps its lease, and is named', async t => {
  const { acquire, clock, store } = scene()
  const lease = await acquire('0123456789', processTable({ pid: 7 }))
  await t.rejects(acquire('two', processTable({ pid: 8 })), {
    code: 'CHECKPOINTS_IN_USE',
    fatal: true,
    message: `A run of job 'flights' (01234567, process 7 on host here, since ${new Date(clock.now()).toISOString()}) writes checkpoints to /state/flights. Stop that job, or give this one another name or another directory (execution.checkpointing.dir).`,
  })
  await lease.check()
  await lease.release()
  t.equal(store.holder, null)
  await (await acquire('two', processTable({ pid: 8 }))).release()
})

t.test('the lease of a process that has ended is taken over at once, and its owner cannot write any more', async t => {
  const { acquire, heard } = scene()
  const first = await acquire('one', processTable({ pid: 7 }))
  const second = await acquire('two', processTable({ pid: 8 }, new Set([7])))
  await t.rejects(first.check(), {
    code: 'CHECKPOINTS_IN_USE',
    message: /^This job no longer writes checkpoints to \/state\/flights: a run of job 'flights' \(two, process 8 on/,
  })
  await t.rejects(first.check(), { code: 'CHECKPOINTS_IN_USE' })
  t.equal(heard.lost.length, 1)
  await second.check()
  await first.release()
  await second.check()
  await second.release()
})

t.test('a silent one of another host is taken over after 30 seconds of this clock', async t => {
  const { acquire, clock, outcome, heard, store } = scene()
  store.overwrite({
    ...processTable({ host: 'there' }).self,
    ...{ runId: 'gone', jobName: 'flights', sinceMs: clock.now() + 9e9, restoredFrom: null },
  })
  const found = outcome(acquire('two', processTable({})))
  await clock.pass(SILENCE_MS - 1, 1000)
  t.equal(found.is, undefined)
  t.match(heard.warnings, [/process 100 on host there, .* This job takes it over if no heartbeat comes within 30 s/])
  await clock.pass(2000, 1000)
  t.ok(found.is instanceof CheckpointLease)
  t.equal(store.holder?.runId, 'two')
  await (found.is as CheckpointLease).release()
})

t.test('a heartbeat of another host makes the start fail', async t => {
  const { acquire, clock, outcome } = scene()
  const first = await acquire('one', processTable({ host: 'there' }))
  const found = outcome(acquire('two', processTable({})))
  await clock.pass(HEARTBEAT_MS + 2000, 1000)
  t.match(found.is, { code: 'CHECKPOINTS_IN_USE', message: /on host there/ })
  await first.check()
  await first.release()
})

t.test('one that is released meanwhile is taken at once, and a cancelled start waits no longer', async t => {
  const { acquire, clock, outcome } = scene()
  const first = await acquire('one', processTable({ host: 'there' }))
  const second = outcome(acquire('two', processTable({})))
  const cancelled = new AbortController()
  const third = outcome(acquire('three', processTable({}), cancelled.signal))
  await settle()
  cancelled.abort(new Error('cancelled'))
  await settle()
  t.match(third.is, { message: 'cancelled' })
  await first.release()
  await clock.pass(1000)
  t.ok(second.is instanceof CheckpointLease)
  await (second.is as CheckpointLease).release()
})

t.test('what cannot be read is a silent lease', async t => {
  const { acquire, clock, outcome, store } = scene()
  store.overwrite('unreadable')
  const found = outcome(acquire('one', processTable({})))
  await clock.pass(SILENCE_MS - 1000, 1000)
  t.equal(found.is, undefined)
  await clock.pass(2000, 1000)
  t.ok(found.is instanceof CheckpointLease)
  await (found.is as CheckpointLease).release()
})

t.test('an owner finds out at its next heartbeat that it was taken over', async t => {
  const { acquire, clock, heard } = scene()
  const first = await acquire('one', processTable({ pid: 7 }))
  await acquire('two', processTable({ pid: 8 }, new Set([7])))
  await clock.pass(HEARTBEAT_MS)
  t.match(heard.lost, [{ code: 'CHECKPOINTS_IN_USE' }])
  await t.rejects(first.check(), { code: 'CHECKPOINTS_IN_USE' })
})

t.test('a lease that was removed and that nobody took is taken again', async t => {
  const { acquire, clock, store, heard } = scene()
  const lease = await acquire('one', processTable({}))
  store.overwrite(null)
  await lease.check()
  t.equal(store.holder?.runId, 'one')
  store.overwrite(null)
  await clock.pass(HEARTBEAT_MS)
  t.equal(store.holder?.runId, 'one')
  t.same(heard.lost, [])
  await lease.release()
})

t.test('a lease that cannot be renewed for a while is warned about, and no checkpoint becomes complete', async t => {
  const { acquire, clock, store, heard } = scene()
  const lease = await acquire('one', processTable({}))
  store.error = new Error('EIO: i/o error')
  await clock.pass(3 * HEARTBEAT_MS, 1000)
  t.match(heard.warnings, [/^The lease of \/state\/flights cannot be renewed: EIO: i\/o error\./])
  await t.rejects(lease.check(), { message: /EIO/ })
  store.error = null
  await clock.pass(HEARTBEAT_MS)
  await lease.check()
  t.match(heard.warnings[1], /works again/)
  await lease.release()
  t.same(clock.armed, [])
})

t.test('a process that was killed is known to have ended, and one with its number is another', async t => {
  const { self } = systemProcesses
  const lives = (of: typeof self): boolean | null => systemProcesses.lives(of)
  t.equal(lives(self), true)
  t.equal(lives({ ...self, processStarted: '1' }), false)
  t.equal(lives({ ...self, host: 'elsewhere' }), null)
  t.equal(lives({ ...self, machine: 'another boot' }), null)
  t.equal(lives({ ...self, processStarted: null }), null)
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await once(child, 'spawn')
  const other = { ...self, pid: child.pid!, processStarted: null }
  t.equal(lives(other), null)
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.equal(lives(other), false)
})
