import path from 'node:path'

import t from 'tap'

import type { CheckpointStorage } from '../../../core/checkpoint/checkpoint.ts'
import { openCheckpointStorage } from '../../../core/checkpoint/checkpoint-storage.ts'
import { S3CheckpointStorage } from '../../../core/checkpoint/s3-checkpoint-storage.ts'
import { Configuration } from '../../../core/foundation/config/configuration.ts'
import { checkpointOf } from '../fakes/checkpoints.ts'
import { door, startMoto } from '../fakes/moto.ts'

const moto = await startMoto(t)
const keys = { 's3.access-key': 'AKID', 's3.secret-key': 'hush' }
/** Whose signature it is does not matter to moto. */
const authorization =
  'AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0'
let buckets = 0

/** A bucket of its own, and whatever stands before it. */
async function made(t: { teardown(end: () => unknown): void }) {
  const bucket = `bucket-${++buckets}`
  const s3 = await door(t, moto)
  const url = `${s3.url}/${bucket}`
  await fetch(url, { method: 'PUT', headers: { authorization } })
  const configuration = (values = {}) =>
    new Configuration({ 's3.endpoint': s3.url, 's3.path.style.access': 'true', ...keys, ...values })
  const storage = (prefix = '/state', jobName = 'flights', values = {}) =>
    new S3CheckpointStorage(`s3://${bucket}${prefix}`, jobName, configuration(values))
  const put = (key: string, body: string) => fetch(`${url}/${key}`, { method: 'PUT', body, headers: { authorization } })
  const list = async () => [...(await (await fetch(url)).text()).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key)
  s3.asked.length = 0
  return { bucket, s3, configuration, storage, put, list }
}

t.test('what is stored is what is loaded, bytes included, and the metadata is written last', async t => {
  const { storage, s3, bucket, list } = await made(t)
  const stored = await storage().store(checkpointOf())
  t.equal(stored, `s3://${bucket}/state/flights/chk-1`)
  t.same(
    s3.asked.filter(({ method }) => method === 'PUT').map(({ path }) => path.replace(/\?.*/, '')),
    [`/${bucket}/state/flights/chk-1/sink-0.bin`, `/${bucket}/state/flights/chk-1/_metadata`],
  )
  t.match(s3.asked[0]?.authorization, /Credential=AKID\//)
  t.same(await storage().load('latest'), { checkpoint: checkpointOf(), path: stored })
  t.same((await storage('/state', 'another').load(stored.replace('s3:', 's3a:'))).checkpoint, checkpointOf())
  const root = await storage('').store(checkpointOf())
  t.equal(root, `s3://${bucket}/flights/chk-1`)
  t.equal((await list()).length, 4)
})

t.test('latest is the newest complete one of this job, however many there are', async t => {
  const { storage, put, bucket } = await made(t)
  const one = storage()
  await one.store(checkpointOf({ checkpointId: 1200 }))
  await storage('/state', 'flights-2').store(checkpointOf({ checkpointId: 9999 }))
  const left = Array.from({ length: 1300 }, (_, i) => `state/flights/chk-${i + 1}/left-over.bin`).filter(
    key => !key.includes('chk-1200/'),
  )
  await moto.fill(bucket, left)
  await put('state/flights/savepoint-abc/_metadata', '{}')
  t.equal(await one.lastCheckpointId(), 1300, 'no number is used again')
  t.equal((await one.load('latest')).checkpoint.checkpointId, 1200)
})

t.test('a crash at any step leaves the previous checkpoint, or the new one, never a broken one', async t => {
  let requests = Infinity
  for (let steps = 0; steps <= requests; steps++) {
    const { storage, s3 } = await made(t)
    await storage().store(checkpointOf({ checkpointId: 7 }))
    s3.asked.length = 0
    // From here on the process is dead: S3 hears nothing of it.
    s3.instead = () => (s3.asked.length > steps ? 'broken' : null)
    const work = storage()
    let got = true
    await work.store(checkpointOf({ checkpointId: 8 })).catch(() => (got = false))
    if (got) await work.remove(7).catch(() => (got = false))
    const written = s3.asked
      .slice(0, steps)
      .some(({ path, method }) => method === 'PUT' && path.includes('chk-8/_metadata'))
    s3.instead = null
    const { checkpoint } = await storage().load('latest')
    t.same(checkpoint, checkpointOf({ checkpointId: written ? 8 : 7 }), `after ${steps} requests`)
    await storage().store(checkpointOf({ checkpointId: 8 }))
    t.equal((await storage().load('latest')).checkpoint.checkpointId, 8)
    if (got) requests = steps
  }
  t.ok(requests >= 6)
})

t.test('a removed checkpoint is gone; removing one that is not there is nothing', async t => {
  const { storage, list, s3 } = await made(t)
  await storage().store(checkpointOf())
  await storage().store(checkpointOf({ checkpointId: 10 }))
  s3.asked.length = 0
  await storage().remove(1)
  t.match(s3.asked.find(({ method }) => method === 'DELETE')?.path, /_metadata/)
  t.same(await list(), ['state/flights/chk-10/_metadata', 'state/flights/chk-10/sink-0.bin'])
  await storage().remove(1)
  await t.rejects(
    storage()
      .load('latest')
      .then(() => storage().load('s3://nope/x')),
    { code: 'CONFIGURATION_INVALID' },
  )
})

t.test('savepoints lie where they are asked for, and nobody removes them', async t => {
  const { storage, bucket } = await made(t)
  const beside = await storage().storeSavepoint(checkpointOf(), null)
  t.match(beside, new RegExp(`^s3://${bucket}/state/flights/savepoint-012345-[0-9a-f]{12}$`))
  const elsewhere = await storage().storeSavepoint(checkpointOf(), `s3://${bucket}/kept/`)
  t.match(elsewhere, new RegExp(`^s3://${bucket}/kept/savepoint-`))
  t.same((await storage().load(elsewhere)).checkpoint, checkpointOf())
  await t.rejects(storage().load('latest'), { code: 'CHECKPOINT_NOT_FOUND', message: /state\/flights/ })
})

t.test('a checkpoint that cannot be written leaves nothing behind', async t => {
  const { storage, s3, list } = await made(t)
  const denied = { status: 403, body: '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>' }
  s3.instead = ({ method, path }) => (method === 'PUT' && path.includes('_metadata') ? denied : null)
  await t.rejects(storage().store(checkpointOf()), { code: 'CHECKPOINT_FAILED' })
  t.same(await list(), [])
  s3.instead = null
  await t.rejects(
    storage().store(checkpointOf(), () => Promise.reject(new Error('not any more'))),
    {
      message: /not any more/,
    },
  )
  t.same(await list(), [])
})

t.test('a damaged checkpoint is an error that names the newest older one that is whole', async t => {
  const { storage, put, bucket } = await made(t)
  for (const checkpointId of [1, 2, 3]) await storage().store(checkpointOf({ checkpointId }))
  await put('state/flights/chk-3/sink-0.bin', 'some bites')
  await put('state/flights/chk-2/_metadata', '{')
  await t.rejects(storage().load('latest'), {
    code: 'CHECKPOINT_UNREADABLE',
    message: new RegExp(`chk-3 .*sink-0.bin is not what.*--restore 's3://${bucket}/state/flights/chk-1'`),
  })
})

t.test('what lies in the folder is listed with its size, and can be removed', async t => {
  const { storage, put, list } = await made(t)
  await storage().store(checkpointOf())
  const savepoint = await storage().storeSavepoint(checkpointOf(), null)
  await put('state/flights/chk-2/left-over.bin', 'x')
  await put('state/flights/other/_metadata', 'x')
  const entries = [...(await storage().list())].sort((a, b) => (a.name < b.name ? -1 : 1))
  t.match(entries, [
    { name: 'chk-1', checkpointId: 1, complete: true },
    { name: 'chk-2', checkpointId: 2, complete: false, bytes: 1 },
    { checkpointId: null, complete: true, path: savepoint },
  ])
  await storage().removeEntry('chk-1')
  await storage().removeEntry('other')
  t.equal((await list()).filter(key => key?.includes('chk-1')).length, 0)
  t.ok((await list()).includes('state/flights/other/_metadata'), 'what is no checkpoint stays')
})

const holder = (runId: string) => ({
  ...{ runId, jobName: 'flights', host: 'here', machine: 'boot', pid: 1, processStarted: 'then' },
  ...{ sinceMs: 5, restoredFrom: null },
})

t.test('a lease is taken by one of two, renewed, lost to another, and given back', async t => {
  const { storage, list } = await made(t)
  const leases = (await storage().openLeases())!
  t.same(await list(), [], 'the object that it writes to see whether it can is gone')
  t.equal(await leases.read(), null)
  const first = (await leases.take(holder('one'), null))!
  t.equal(await leases.take(holder('two'), null), null)
  const found = (await leases.read())!
  t.match(found, { holder: holder('one'), released: false })
  t.equal(await first.renew(), true)
  t.equal(await first.holds(), true)
  const later = (await leases.read())!
  t.equal(later.token, found.token)
  t.not(later.beat, found.beat)
  t.equal(await leases.take(holder('two'), found), null, 'a heartbeat came in between')
  const second = (await leases.take(holder('two'), later))!
  t.equal(await first.renew(), false)
  await first.release()
  t.equal(await second.holds(), true)
  await second.release()
  t.match(await leases.read(), { released: true })
  t.ok(await leases.take(holder('three'), await leases.read()))
})

t.test('a heartbeat whose answer is lost is still a heartbeat', async t => {
  const { storage, s3 } = await made(t)
  const leases = (await storage().openLeases())!
  const held = (await leases.take(holder('one'), null))!
  let lost = 0
  s3.afterwards = ({ method }) => method === 'PUT' && lost++ === 0
  t.equal(await held.renew(), true)
  t.equal(lost, 2, 'it was sent twice')
  t.equal(await held.renew(), true)
})

t.test(
  'a store without conditional writes keeps no lease; one that cannot be written to says what to grant',
  async t => {
    const { storage, s3, bucket } = await made(t)
    for (const instead of [
      { status: 200, body: '' },
      { status: 501, body: '<Error><Code>NotImplemented</Code><Message>no</Message></Error>' },
    ]) {
      s3.instead = ({ conditional }) => (conditional ? instead : null)
      t.equal(await storage().openLeases(), null)
    }
    const denied = { status: 403, body: '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>' }
    s3.instead = ({ method }) => (method === 'PUT' ? denied : null)
    await t.rejects(storage().openLeases(), {
      message: `S3 refuses it to these credentials (AccessDenied): grant s3:PutObject on s3://${bucket}/state/flights.`,
    })
  },
)

t.test('nothing to load, and what was changed since, are said with their place', async t => {
  const { storage, put, bucket } = await made(t)
  await t.rejects(storage().load(`s3://${bucket}/nowhere/chk-1`), {
    code: 'CHECKPOINT_NOT_FOUND',
    message: /nowhere\/chk-1.*_metadata/,
  })
  t.equal(await storage().lastCheckpointId(), 0)
  await storage().store(checkpointOf())
  await put('state/flights/chk-1/sink-0.bin', 'some bites')
  await t.rejects(storage().load('latest'), { code: 'CHECKPOINT_UNREADABLE', message: /sink-0.bin is not what was/ })
  await put('state/flights/chk-1/_metadata', '{"format":"flink","version":1}')
  await t.rejects(storage().load('latest'), { code: 'CHECKPOINT_UNREADABLE', message: /its format is 'flink'/ })
})

t.test(
  'a wrong bucket, a permission that is lost, and a place that cannot be reached are said, without a secret',
  async t => {
    const { storage, s3, bucket, configuration } = await made(t)
    const wrong = new S3CheckpointStorage('s3://no-such-bucket/x', 'flights', configuration())
    const noBucket = {
      code: 'CONFIGURATION_INVALID',
      message: "The bucket 'no-such-bucket' of s3://no-such-bucket/x/flights does not exist.",
    }
    await t.rejects(wrong.lastCheckpointId(), noBucket)
    await t.rejects(wrong.load('latest'), noBucket)
    await t.rejects(wrong.store(checkpointOf()), { code: 'CHECKPOINT_FAILED', message: /bucket 'no-such-bucket'/ })
    const denied = { status: 403, body: '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>' }
    s3.instead = ({ method }) => (method === 'PUT' ? denied : null)
    await t.rejects(storage().store(checkpointOf()), {
      code: 'CHECKPOINT_FAILED',
      message: `Checkpoint 1 could not be written to s3://${bucket}/state/flights/chk-1: S3 refuses it to these credentials (AccessDenied): grant s3:PutObject on s3://${bucket}/state/flights/chk-1.`,
    })
    s3.instead = ({ method }) => (method === 'GET' ? denied : null)
    await t.rejects(storage().load('latest'), {
      code: 'CHECKPOINT_UNREADABLE',
      fatal: true,
      message: /grant s3:ListBucket/,
    })
    await t.rejects(storage().lastCheckpointId(), { code: 'CHECKPOINT_UNREADABLE', message: /grant s3:ListBucket/ })
    s3.instead = null
    await storage().store(checkpointOf())
    s3.instead = ({ path }) => (path.includes('.bin') ? 'broken' : null)
    await t.rejects(storage().load('latest'), { code: 'CHECKPOINT_FAILED', retryable: true, fatal: false })
    s3.instead = null
    const away = storage('/state', 'flights', { 's3.endpoint': 'http://127.0.0.1:1' })
    await t.rejects(away.lastCheckpointId(), { code: 'CHECKPOINT_FAILED', retryable: true, message: /ECONNREFUSED/ })
  },
)

t.test('credentials are those of s3.*, else those of aws.*', async t => {
  const { bucket, s3 } = await made(t)
  const at = { 's3.endpoint': s3.url, 's3.path-style-access': 'true', 's3.endpoint.region': 'eu-west-3' }
  const storage = (values: Record<string, string>): CheckpointStorage =>
    openCheckpointStorage(`s3://${bucket}/x`, 'flights', new Configuration({ ...at, ...values }))
  const P = 'aws.credentials.provider'
  await storage({ [`${P}.basic.accesskeyid`]: 'AKAWS', [`${P}.basic.secretkey`]: 'hush' }).lastCheckpointId()
  t.match(s3.asked.at(-1)?.authorization, /Credential=AKAWS\/\d+\/eu-west-3\/s3/)
  await t.rejects(storage({ 's3.access-key': 'a' }).lastCheckpointId(), { code: 'CONFIGURATION_INVALID' })
  await t.rejects(storage({ [P]: 'CUSTOM', [`${P}.custom.class`]: 'com.example.Vault' }).lastCheckpointId(), {
    code: 'CONFIGURATION_INVALID',
    message: /nothing is registered as 'com.example.Vault'/,
  })
  await t.rejects(storage({ ...keys, 's3.endpoint': 'minio' }).lastCheckpointId(), {
    message: /^s3.endpoint: 'minio' is not/,
  })
})

t.test('the scheme of a place says which storage it belongs to', async t => {
  const { bucket, configuration } = await made(t)
  const folder = t.testdir()
  const local = openCheckpointStorage(folder, 'flights', configuration())
  const s3 = openCheckpointStorage(`s3a://${bucket}`, 'flights', configuration())
  t.equal(local.location, path.join(folder, 'flights'))
  t.equal(s3.location, `s3://${bucket}/flights`)
  t.equal(await s3.store(checkpointOf()), `s3://${bucket}/flights/chk-1`)
  t.equal(await s3.lastCheckpointId(), 1)
  const saved = await local.storeSavepoint(checkpointOf(), `s3://${bucket}/kept`)
  t.same((await local.load(saved)).checkpoint, checkpointOf())
  const here = await s3.storeSavepoint(checkpointOf(), folder)
  t.same((await s3.load(here)).checkpoint, checkpointOf())
  await s3.remove(1)
  await t.rejects(s3.load('latest'), { code: 'CHECKPOINT_NOT_FOUND' })
  t.throws(() => openCheckpointStorage('s3://', 'flights', configuration()), {
    message: /such as s3:\/\/bucket\/prefix/,
  })
})
