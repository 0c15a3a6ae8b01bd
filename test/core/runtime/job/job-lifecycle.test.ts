import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'

import { JobError } from '../../../../core/foundation/errors.ts'
import { JobLifecycle } from '../../../../core/runtime/job/job-lifecycle.ts'
import type { JobStatus } from '../../../../core/runtime/job/job-status.ts'
import { collectionT, graphOf, sinkT } from '../../fakes/graphs.ts'
import { passthrough, requestsFromNowOn } from '../../fakes/job-graphs.ts'
import { emulator, eventually, jobOf, numbered } from '../../fakes/jobs.ts'

t.test('a job that is cancelled now ends at once and sends no more requests', async t => {
  const kinesis = await emulator(t)
  kinesis.put('flights', numbered(10))
  // The sink cannot get rid of anything: draining would never end.
  kinesis.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
  const { job } = jobOf(t, passthrough(kinesis))
  await job.start()
  await eventually(() => kinesis.requests.count('PutRecords') > 2)
  const draining = job.cancel('drain')
  await job.cancel('now')
  await draining
  t.match(await job.result(), { state: 'CANCELED', checkpointPath: null })
  t.equal(await requestsFromNowOn(kinesis), 0)
})

t.test('a job that starts is cancelled at once', async t => {
  for (const operation of ['ListShards', 'DescribeStreamSummary'] as const) {
    const kinesis = await emulator(t)
    kinesis.faults.inject({ operation, times: 10, fault: { kind: 'slow', delayMs: 60_000 } })
    const { job, statuses } = jobOf(t, passthrough(kinesis))
    const started = job.start()
    t.match(job.metrics().checkpoints, { completed: 0, lastPath: null }, 'metrics can be asked for')
    // The emulator counts what it has answered; the sink or the source waits by then.
    await delay(100)
    const from = performance.now()
    const cancelled = job.cancel('drain')
    await t.rejects(started, { code: 'JOB_CANCELED' })
    await cancelled
    t.ok(performance.now() - from < 10_000)
    t.same(
      statuses.map(s => s.state),
      ['CANCELLING', 'CANCELED'],
    )
  }
})

t.test('a job that was not started has no result, and its cancellation has no effect', async t => {
  const { job } = jobOf(t, graphOf([collectionT(1, 'a'), sinkT(2, [1])]))
  t.throws(() => job.result(), { code: 'ILLEGAL_STATE' })
  await job.cancel('now')
  t.equal(job.status.state, 'CREATED')
})

t.test('each change of the state is reported with the attempt and the cause', async t => {
  const statuses: JobStatus[] = []
  const lifecycle = new JobLifecycle('job', { status: status => statuses.push(status) })
  const cause = new JobError('ILLEGAL_STATE', 'no')
  lifecycle.setState('RUNNING', null)
  lifecycle.setState('RESTARTING', cause)
  lifecycle.nextAttempt()
  t.match(lifecycle.status, { state: 'RESTARTING', attempt: 1 })
  t.equal(lifecycle.isCancelled(), false)
  lifecycle.cancel('drain')
  t.equal(lifecycle.cancellation, 'drain')
  t.equal(lifecycle.isTerminal, false)
  lifecycle.setState('CANCELED', null)
  t.equal(lifecycle.isTerminal, true)
  t.same(statuses, [
    { jobId: 'job', state: 'RUNNING', attempt: 0, cause: null },
    { jobId: 'job', state: 'RESTARTING', attempt: 0, cause },
    { jobId: 'job', state: 'CANCELLING', attempt: 1, cause },
    { jobId: 'job', state: 'CANCELED', attempt: 1, cause: null },
  ])
})
