import t from 'tap'

import { serviceError, unreachable } from '../../../../core/aws/service/service-errors.ts'

const attempted = { operation: 'GetRecords', stream: 'flights', shardId: 'shardId-1' }
const codeOf = (name: string, status: number): string => serviceError(name, 'why', status, attempted).code

t.test('what the names of the service mean', async t => {
  for (const [name, code] of [
    ['ResourceNotFoundException', 'STREAM_NOT_FOUND'],
    ['ProvisionedThroughputExceededException', 'THROTTLED'],
    ['LimitExceededException', 'THROTTLED'],
    ['KMSThrottlingException', 'THROTTLED'],
    ['ExpiredIteratorException', 'ITERATOR_EXPIRED'],
    ['AccessDeniedException', 'ACCESS_DENIED'],
    ['UnrecognizedClientException', 'CREDENTIALS_REJECTED'],
    ['InvalidSignatureException', 'CREDENTIALS_REJECTED'],
    ['ExpiredTokenException', 'CREDENTIALS_REJECTED'],
    ['InvalidArgumentException', 'VALIDATION_FAILED'],
    ['ValidationException', 'VALIDATION_FAILED'],
    ['InternalFailure', 'VALIDATION_FAILED'],
  ] as const)
    t.equal(codeOf(name, 400), code, name)
})

t.test('a name that says nothing is judged by the status', async t => {
  for (const [status, code] of [
    [500, 'SERVICE_FAILED'],
    [503, 'SERVICE_FAILED'],
    [0, 'SERVICE_FAILED'],
    [302, 'SERVICE_FAILED'],
    [408, 'SERVICE_FAILED'],
    [429, 'THROTTLED'],
    [400, 'VALIDATION_FAILED'],
    [413, 'VALIDATION_FAILED'],
  ] as const)
    t.equal(codeOf('SomethingNew', status), code, String(status))
})

t.test('a message says what was done, where, what came of it, and what to do', async t => {
  t.equal(
    serviceError('AccessDeniedException', 'not authorized', 400, attempted).message,
    'GetRecords on stream flights, shard shardId-1 failed: AccessDeniedException: not authorized. Grant the permission to these credentials, or use others.',
  )
  t.equal(
    serviceError('Unknown', ' ', 502, { operation: 'PutRecords', stream: 's' }).message,
    'PutRecords on stream s failed: Unknown: HTTP status 502.',
  )
  t.match(serviceError('X', 'y', 400, attempted).details, { stream: 'flights', errorName: 'X', status: 400 })
})

t.test('an endpoint that cannot be reached is named, with the cause', async t => {
  const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  t.match(unreachable('http://127.0.0.1:1', attempted, cause), {
    code: 'ENDPOINT_UNREACHABLE',
    retryable: true,
    message: /cannot reach http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)/,
    cause,
  })
})

t.test('what the service says was to be signed is not told: the session token stands in it', async t => {
  const said =
    "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nhost:kinesis\nx-amz-security-token:SECRET\n'"
  const error = serviceError('InvalidSignatureException', said, 403, attempted)
  t.match(error.message, /does not match the signature you provided\. Check the access key/)
  t.notMatch(error.message, /SECRET/)
  t.equal(error.cause, undefined)
})
