import { mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import t from 'tap'

import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { createAwsAccess } from '../../../../core/aws/service/aws-access.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'
import { door, startMoto } from '../../fakes/moto.ts'

const P = 'aws.credentials.provider'
const ROLE = 'arn:aws:iam::123456789012:role/reader'
const moto = await startMoto(t)

const access = (values: Record<string, string>, clock = new ManualClock(Date.now())) => {
  const made = createAwsAccess(new Configuration({ 'aws.region': 'eu-west-1', ...values }), null, clock)
  t.teardown(() => made.close())
  return made
}

const basic = (prefix: string) => ({
  [prefix]: 'BASIC',
  [`${prefix}.basic.accesskeyid`]: 'AKIDBASE',
  [`${prefix}.basic.secretkey`]: 'hush',
})

const assumed = (endpoint: string, more: Record<string, string> = {}) => ({
  [P]: 'ASSUME_ROLE',
  [`${P}.role.arn`]: ROLE,
  [`${P}.role.stsEndpoint`]: endpoint,
  ...basic(`${P}.role.provider`),
  ...more,
})

t.test(
  'ASSUME_ROLE assumes it with the credentials of its own provider, in its region, and renews in time',
  async t => {
    const sts = await door(t, moto)
    const clock = new ManualClock(Date.now())
    const reader = access(
      assumed(sts.url, { [`${P}.role.sessionName`]: 'job', [`${P}.role.externalId`]: 'ext' }),
      clock,
    )
    const first = await reader.credentials()
    t.match(first, { accessKeyId: /^ASIA/, sessionToken: /.+/ })
    t.match(sts.asked, [
      {
        query: { Action: 'AssumeRole', RoleArn: ROLE, RoleSessionName: 'job', ExternalId: 'ext' },
        authorization: /Credential=AKIDBASE\/\d+\/eu-west-1\/sts/,
      },
    ])
    t.equal(await reader.credentials(), first)
    clock.advance(56 * 60_000)
    await reader.credentials()
    while (sts.asked.length < 2) await new Promise(resolve => setTimeout(resolve, 10))
    while ((await reader.credentials()) === first) await new Promise(resolve => setTimeout(resolve, 10))
    t.equal(sts.asked.length, 2)
  },
)

t.test('roles assumed with roles, each at its own STS endpoint; without one of its own, at the outer one', async t => {
  const [a, b] = [await door(t, moto), await door(t, moto)]
  const N = `${P}.role.provider`
  const values = {
    ...assumed(a.url),
    [N]: 'ASSUME_ROLE',
    [`${N}.role.arn`]: `${ROLE}-2`,
    [`${N}.role.stsEndpoint`]: b.url,
    [`${N}.role.provider`]: 'ASSUME_ROLE',
    [`${N}.role.provider.role.arn`]: `${ROLE}-3`,
    ...basic(`${N}.role.provider.role.provider`),
  }
  await access(values).credentials()
  t.match(a.asked, [{ query: { RoleArn: ROLE, RoleSessionName: 'shardline' }, authorization: /Credential=ASIA/ }])
  t.match(b.asked, [
    { query: { RoleArn: `${ROLE}-3` }, authorization: /Credential=AKIDBASE/ },
    { query: { RoleArn: `${ROLE}-2` }, authorization: /Credential=ASIA/ },
  ])
})

t.test('WEB_IDENTITY_TOKEN reads its file anew each time, and needs no other credentials', async t => {
  const sts = await door(t, moto)
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'shardline-token-')), 'token')
  writeFileSync(file, 'first')
  const pod = access({
    [P]: 'WEB_IDENTITY_TOKEN',
    [`${P}.role.arn`]: ROLE,
    [`${P}.role.sessionName`]: 'pod',
    [`${P}.role.stsEndpoint`]: sts.url,
    [`${P}.webIdentityToken.file`]: file,
  })
  const used = await pod.credentials()
  writeFileSync(file, 'second')
  t.equal(await pod.renewCredentials(used), true)
  t.match(
    sts.asked.map(({ query, authorization }) => ({ ...query, authorization })),
    [
      { Action: 'AssumeRoleWithWebIdentity', WebIdentityToken: 'first', RoleSessionName: 'pod', authorization: '' },
      { WebIdentityToken: 'second' },
    ],
  )
  const missing = access({ [P]: 'WEB_IDENTITY_TOKEN', [`${P}.role.arn`]: ROLE, [`${P}.webIdentityToken.file`]: '/no' })
  await t.rejects(missing.credentials(), {
    code: 'CREDENTIALS_MISSING',
    message: /WEB_IDENTITY_TOKEN \(role .*, token file \/no\): ENOENT/,
  })
})

t.test('aws.trust.all.certificates holds for STS too', async t => {
  const sts = await door(t, moto, { tls: true })
  await t.rejects(access(assumed(sts.url)).credentials(), { message: /ASSUME_ROLE.*self.signed/i })
  t.match(await access(assumed(sts.url, { 'aws.trust.all.certificates': 'true' })).credentials(), {
    accessKeyId: /^ASIA/,
  })
})

const refusal = (code: string, message: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`

t.test('what STS refuses names the provider and the role; what may pass is not fatal', async t => {
  const sts = await door(t, moto)
  const refused = async (status: number, code: string) => {
    sts.instead = () => ({ status, body: refusal(code, 'User is not authorized to perform: sts:AssumeRole') })
    return access(assumed(sts.url)).credentials()
  }
  await t.rejects(refused(403, 'AccessDenied'), {
    code: 'ACCESS_DENIED',
    fatal: true,
    message: `No AWS credentials from ASSUME_ROLE (role ${ROLE}, assumed with credentials from BASIC of ${P}.role.provider): User is not authorized to perform: sts:AssumeRole.`,
  })
  await t.rejects(refused(403, 'InvalidClientTokenId'), { code: 'CREDENTIALS_REJECTED', fatal: true })
  await t.rejects(refused(503, 'ServiceUnavailable'), { code: 'SERVICE_FAILED', retryable: true })
  await t.rejects(access(assumed('http://127.0.0.1:1')).credentials(), {
    code: 'ENDPOINT_UNREACHABLE',
    retryable: true,
    message: /ASSUME_ROLE.*ECONNREFUSED/,
  })
  const clock = new ManualClock(Date.now())
  sts.instead = null
  const running = access(assumed(sts.url), clock)
  await running.credentials()
  sts.instead = () => ({ status: 400, body: refusal('SomethingOdd', 'odd') })
  clock.advance(3_600_000)
  await t.rejects(running.credentials(), { code: 'SERVICE_FAILED', message: /could not be refreshed from ASSUME_ROLE/ })
})
