import t from 'tap'

import { ServiceError } from '../../../../../../core/foundation/errors.ts'
import type { SourceStreamProxy } from '../../../../../../core/aws/kinesis/stream-proxy.ts'
import { StreamConsumerRegistrar } from '../../../../../../core/connectors/kinesis/source/enumerator/stream-consumer-registrar.ts'
import type { RegistrarOptions } from '../../../../../../core/connectors/kinesis/source/enumerator/stream-consumer-registrar.ts'
import { FakeStream } from '../../../../fakes/fake-stream.ts'
import { ManualClock, settle } from '../../../../fakes/manual-clock.ts'

function registrar(overrides: Partial<RegistrarOptions> = {}) {
  const clock = new ManualClock()
  const stream = new FakeStream(clock)
  const options: RegistrarOptions = {
    stream: stream.arn,
    consumerName: 'me',
    lifecycle: 'JOB_MANAGED',
    describeMinDelayMs: 2000,
    describeMaxDelayMs: 60_000,
    describeMaxAttempts: 100,
    deregisterTimeoutMs: 10_000,
    ...overrides,
  }
  const proxy = stream.sourceProxy()
  const closing = new AbortController()
  const subject = new StreamConsumerRegistrar(options, clock)
  const outcome: { arn: string | null; error: unknown } = { arn: null, error: null }
  const prepare = (): void =>
    void subject.prepare(proxy, closing.signal).then(
      arn => (outcome.arn = arn),
      (error: unknown) => (outcome.error = error),
    )
  const put = (status: 'CREATING' | 'ACTIVE' | 'DELETING'): void =>
    void stream.consumers.set('me', { consumerName: 'me', consumerArn: `${stream.arn}/consumer/me:1`, status })
  return { clock, stream, proxy, closing, subject, outcome, prepare, put }
}

t.test('it registers a consumer and waits until it is active', async t => {
  const r = registrar()
  r.stream.registersAs = 'CREATING'
  r.prepare()
  await r.clock.pass(600, 100)
  t.same(r.outcome, { arn: null, error: null })
  r.put('ACTIVE')
  await r.clock.pass(4000, 100)
  t.equal(r.outcome.arn, `${r.stream.arn}/consumer/me:1`)
  t.equal(r.stream.callsOf('registerStreamConsumer').length, 1)
})

t.test('one that is there is used, and not registered', async t => {
  for (const lifecycle of ['JOB_MANAGED', 'SELF_MANAGED'] as const) {
    const r = registrar({ lifecycle })
    r.put('ACTIVE')
    r.prepare()
    await settle()
    t.ok(r.outcome.arn)
    t.same(r.stream.callsOf('registerStreamConsumer'), [])
  }
})

t.test('one that is being deleted is waited out, then registered anew', async t => {
  const r = registrar()
  r.put('DELETING')
  r.prepare()
  await r.clock.pass(10_000, 500)
  t.same(r.stream.callsOf('registerStreamConsumer'), [])
  r.stream.consumers.clear()
  await r.clock.pass(60_000, 500)
  t.ok(r.outcome.arn)
  t.equal(r.stream.callsOf('registerStreamConsumer').length, 1)
})

t.test('somebody else was quicker: theirs is used', async t => {
  const r = registrar()
  r.stream.fail('registerStreamConsumer', 'RESOURCE_IN_USE')
  r.prepare()
  await settle()
  r.put('ACTIVE')
  await r.clock.pass(1000, 100)
  t.ok(r.outcome.arn)
})

t.test('self-managed, it must be there', async t => {
  const r = registrar({ lifecycle: 'SELF_MANAGED' })
  r.prepare()
  await settle()
  t.match(r.outcome.error, { code: 'CONSUMER_NOT_FOUND', message: /no consumer me .* SELF_MANAGED/ })
})

t.test(
  'throttles are waited out; a full stream is an error at once; so is a consumer that never gets ready',
  async t => {
    const throttled = registrar()
    throttled.stream.fail('describeStreamConsumer', 'THROTTLED', { times: 3 })
    throttled.prepare()
    await throttled.clock.pass(10_000, 100)
    t.ok(throttled.outcome.arn)

    const full = registrar()
    const details = { operation: 'RegisterStreamConsumer', errorName: 'LimitExceededException' }
    const refusing: SourceStreamProxy = {
      ...full.proxy,
      registerStreamConsumer: () => Promise.reject(new ServiceError('THROTTLED', '20 consumers', { details })),
    }
    await t.rejects(full.subject.prepare(refusing, full.closing.signal), { message: /20 consumers/ })

    const never = registrar({ describeMaxAttempts: 3 })
    never.put('CREATING')
    never.prepare()
    await never.clock.pass(60_000, 1000)
    t.match(never.outcome.error, {
      code: 'SERVICE_FAILED',
      message: /3 DescribeStreamConsumer calls .* it is CREATING/,
    })
  },
)

t.test('a job that is closed meanwhile stops waiting', async t => {
  const r = registrar()
  r.put('DELETING')
  r.prepare()
  await settle()
  r.closing.abort(new Error('closed'))
  await settle()
  t.match(r.outcome.error, { message: 'closed' })
  t.same(r.clock.armed, [])
})

t.test('at the end it deregisters what is its own to manage, once', async t => {
  const managed = registrar()
  managed.prepare()
  await settle()
  t.equal(await managed.subject.release(managed.proxy), null)
  t.equal(managed.stream.consumers.size, 0)
  await managed.subject.release(managed.proxy)
  t.equal(managed.stream.callsOf('deregisterStreamConsumer').length, 1)

  const own = registrar({ lifecycle: 'SELF_MANAGED' })
  own.put('ACTIVE')
  own.prepare()
  await settle()
  t.equal(await own.subject.release(own.proxy), null)
  t.equal(own.stream.consumers.size, 1)
})

t.test('one that it registered is deregistered though it never became ready', async t => {
  const r = registrar()
  r.stream.registersAs = 'CREATING'
  r.prepare()
  await settle()
  r.closing.abort(new Error('closed'))
  await settle()
  t.match(r.outcome.error, { message: 'closed' })
  t.equal(await r.subject.release(r.proxy), null)
  t.equal(r.stream.consumers.size, 0)
})

t.test('a registration whose answer was lost is found by its name, and deregistered', async t => {
  const r = registrar()
  const closing = new Error('closed just then')
  const losing: SourceStreamProxy = {
    ...r.proxy,
    registerStreamConsumer: async name => {
      await r.proxy.registerStreamConsumer(name)
      throw closing
    },
  }
  await t.rejects(r.subject.prepare(losing, r.closing.signal), closing)
  t.equal(r.stream.consumers.size, 1)
  t.equal(await r.subject.release(r.proxy), null)
  t.equal(r.stream.consumers.size, 0)
})

t.test('a consumer of somebody else is left alone when the job ends before it was ready', async t => {
  const r = registrar()
  r.stream.fail('registerStreamConsumer', 'RESOURCE_IN_USE')
  r.prepare()
  await settle()
  r.closing.abort(new Error('cancelled'))
  await settle()
  r.put('ACTIVE')
  t.equal(await r.subject.release(r.proxy), null)
  t.equal(r.stream.consumers.size, 1)
})

t.test('a consumer that could not be deregistered is named, with the command that does it', async t => {
  const r = registrar()
  r.prepare()
  await settle()
  const hanging: SourceStreamProxy = { ...r.proxy, deregisterStreamConsumer: () => new Promise(() => undefined) }
  const released = r.subject.release(hanging)
  await r.clock.pass(10_000)
  t.match(await released, /consumer me .* within 10000 ms.* deregister-stream-consumer --consumer-arn arn:/)
  t.same(r.clock.armed, [])

  const denied = registrar()
  denied.prepare()
  await settle()
  denied.stream.fail('deregisterStreamConsumer', 'ACCESS_DENIED')
  t.match(await denied.subject.release(denied.proxy), /ACCESS_DENIED/)
})
