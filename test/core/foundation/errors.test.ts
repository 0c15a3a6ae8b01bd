import t from 'tap'

import type { ErrorCode, WireError } from '../../../core/foundation/errors.ts'
import {
  asError,
  asShardlineError,
  BridgeError,
  CheckpointError,
  ConfigurationError,
  errorCodes,
  fromWireError,
  FunctionError,
  GraphError,
  JobError,
  messageOf,
  ServiceError,
  ShardlineError,
  toWireError,
} from '../../../core/foundation/errors.ts'

const carried = (error: unknown): ShardlineError =>
  fromWireError(JSON.parse(JSON.stringify(toWireError(error))) as WireError)
const codes = Object.keys(errorCodes) as ErrorCode[]

t.test('every code and every class comes back over the bridge as it was', async t => {
  for (const code of codes)
    for (const Class of [ShardlineError, ServiceError, FunctionError, CheckpointError, JobError, BridgeError]) {
      const error = new Class(code, `what ${code} says`, { details: { stream: 's', n: 1 }, remoteStack: 'far away' })
      const back = carried(error)
      t.equal(back.constructor, Class)
      t.match(back, { name: Class.name, code, message: error.message, details: error.details, remoteStack: 'far away' })
      t.same([back.retryable, back.fatal], [error.retryable, error.fatal])
    }
  for (const Class of [ConfigurationError, GraphError]) t.equal(carried(new Class('x')).constructor, Class)
})

t.test('what may pass does not end a job at once', async t => {
  for (const code of codes) {
    const { retryable, fatal } = errorCodes[code]
    t.notOk(retryable && fatal, code)
  }
})

t.test('causes come along, as far as they go', async t => {
  const root = new ServiceError('THROTTLED', 'slow down', { cause: new TypeError('deep') })
  const back = carried(new JobError('JOB_FAILED', 'it failed', { cause: root }))
  t.match(back.cause, { code: 'THROTTLED', message: 'slow down' })
  t.match((back.cause as Error).cause, { code: 'INTERNAL', message: 'deep' })
  let endless: ShardlineError = new ShardlineError('INTERNAL', 'end')
  for (let i = 0; i < 100; i++) endless = new JobError('JOB_FAILED', `level ${i}`, { cause: endless })
  let depth = 0
  for (let wire: WireError | null = toWireError(endless); wire !== null; wire = wire.cause) depth++
  t.equal(depth, 9)
})

t.test('anything that is thrown becomes an error', async t => {
  t.match(asShardlineError('text'), { code: 'INTERNAL', message: 'text' })
  t.match(asShardlineError(undefined), { code: 'INTERNAL', message: 'undefined' })
  const bug = new RangeError('bug')
  t.match(asShardlineError(bug), { code: 'INTERNAL', message: 'bug', cause: bug })
  const own = new GraphError('x')
  t.equal(asShardlineError(own), own)
})

t.test('a stack of this process is told where there is no other', async t => {
  t.match(toWireError(new RangeError('bug')).remoteStack, /RangeError: bug\n.*errors\.test/)
})

t.test('codes and classes of a later version are read as what is known', async t => {
  const wire = { ...toWireError(new JobError('JOB_FAILED', 'x')), code: 'NEW_CODE' as ErrorCode, className: 'NewError' }
  t.match(fromWireError(wire), { code: 'INTERNAL', name: 'ShardlineError', message: 'x' })
  t.equal(fromWireError({ ...wire, code: 'toString' as ErrorCode }).code, 'INTERNAL')
  t.equal(fromWireError({ ...wire, className: 'constructor' }).constructor, ShardlineError)
})

t.test('whatever was thrown is an error with a message', async t => {
  const error = new TypeError('x')
  t.equal(asError(error), error)
  t.match(asError('y'), { message: 'y' })
  t.ok(asError(null) instanceof Error)
  t.same([error, 'y', 7, null].map(messageOf), ['x', 'y', '7', 'null'])
})
