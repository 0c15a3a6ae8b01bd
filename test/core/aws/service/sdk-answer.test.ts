import t from 'tap'

import { InvalidAnswer } from '../../../../core/aws/service/answer-checks.ts'
import { readSdkAnswer } from '../../../../core/aws/service/sdk-answer.ts'

const answer = { $metadata: { httpStatusCode: 200 }, Name: 'x' }
const attempted = { operation: 'DescribeX', stream: 'flights' }

t.test('an answer is read without asking for the endpoint', async t => {
  const endpoint = () => Promise.reject(new Error('not asked'))
  t.equal(await readSdkAnswer(answer, a => a.Name, attempted, endpoint), 'x')
})

t.test('an answer that lacks a field is an error with the operation and the endpoint', async t => {
  const read = () => {
    throw new InvalidAnswer('Name is missing')
  }
  await t.rejects(
    readSdkAnswer(answer, read, attempted, async () => new URL('https://kinesis.example:4567/x')),
    {
      code: 'RESPONSE_INVALID',
      message: /DescribeX.*Name is missing/,
      details: { endpoint: 'https://kinesis.example:4567' },
    },
  )
})
