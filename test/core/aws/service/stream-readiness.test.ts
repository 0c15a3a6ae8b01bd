import t from 'tap'

import { ServiceError } from '../../../../core/foundation/errors.ts'
import { checkDestination, whenCreated } from '../../../../core/aws/service/stream-readiness.ts'
import { ManualClock, settle } from '../../fakes/manual-clock.ts'

/** Gives these answers one after the other, and the last of them for ever. */
function describing(...answers: (string | Error)[]) {
  let calls = 0
  const describe = async (): Promise<{ readonly status: string }> => {
    const answer = answers[Math.min(calls++, answers.length - 1)]!
    if (typeof answer === 'string') return { status: answer }
    throw answer
  }
  const warnings: string[] = []
  const aborting = new AbortController()
  const context = { warn: (message: string) => warnings.push(message), signal: aborting.signal }
  return { describe, context, warnings, aborting, clock: new ManualClock(), calls: () => calls }
}

const denied = new ServiceError('ACCESS_DENIED', 'not authorized')

t.test('a stream that is being created is waited for, with one line about it', async t => {
  const { describe, context, warnings, clock, calls } = describing(
    'CREATING',
    'CREATING',
    new ServiceError('THROTTLED', 'rate exceeded'),
    'CREATING',
    'ACTIVE',
  )
  const ready = whenCreated('The stream orders', describe, context, clock)
  for (let i = 0; i < 10; i++) await clock.pass(5000)
  t.same(await ready, { status: 'ACTIVE' })
  t.equal(calls(), 5)
  t.same(warnings, ['The stream orders is being created. The job waits until it is ACTIVE, for 10 minutes at most.'])
})

t.test('the wait ends after ten minutes, and when the job is cancelled', async t => {
  const long = describing('CREATING')
  const late = t.rejects(whenCreated('The stream orders', long.describe, long.context, long.clock), {
    code: 'SERVICE_FAILED',
    message: 'The stream orders is still CREATING after 10 minutes. Start the job again when it is ACTIVE.',
  })
  for (let i = 0; i < 150; i++) await long.clock.pass(5000)
  await late
  const cancelled = describing('CREATING')
  const ended = t.rejects(
    whenCreated('The stream orders', cancelled.describe, cancelled.context, cancelled.clock),
    /cancelled/,
  )
  await settle()
  cancelled.aborting.abort(new Error('cancelled'))
  await ended
})

t.test('a stream that is being deleted, or deleted during the wait, is an error', async t => {
  for (const answers of [['DELETING'], ['CREATING', 'DELETING']]) {
    const { describe, context, clock } = describing(...answers)
    const failed = t.rejects(whenCreated('The stream orders', describe, context, clock), {
      code: 'STREAM_NOT_FOUND',
      message: 'The stream orders is being deleted. Use another stream, or create it again when it is gone.',
    })
    for (let i = 0; i < 3; i++) await clock.pass(5000)
    await failed
  }
  const failedToCreate = describing('CREATING_FAILED')
  await t.rejects(
    whenCreated('The stream orders', failedToCreate.describe, failedToCreate.context, failedToCreate.clock),
    { code: 'STREAM_NOT_FOUND', message: /has the status CREATING_FAILED/ },
  )
})

t.test('a sink does without the check where the service refuses to describe, and with nothing else', async t => {
  for (const error of [denied, new ServiceError('THROTTLED', 'rate exceeded')]) {
    const { describe, context, clock } = describing(error)
    await checkDestination('The stream orders', describe, context, clock)
  }
  const missing = describing(new ServiceError('STREAM_NOT_FOUND', 'no such stream'))
  await t.rejects(checkDestination('The stream orders', missing.describe, missing.context, missing.clock), {
    code: 'STREAM_NOT_FOUND',
  })
})
