import t from 'tap'

import { RefreshingCredentials } from '../../../../core/aws/credentials/refreshing-credentials.ts'
import type { AwsCredentials } from '../../../../core/aws/credentials/refreshing-credentials.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'

const HOUR = 3_600_000

function made(lifeMs: number | null) {
  const clock = new ManualClock()
  const state = { calls: 0, error: null as Error | null }
  const refreshing = new RefreshingCredentials(async (): Promise<AwsCredentials> => {
    state.calls++
    await Promise.resolve()
    if (state.error !== null) throw state.error
    return {
      accessKeyId: `key${state.calls}`,
      secretAccessKey: 's',
      expiration: lifeMs === null ? undefined : new Date(clock.now() + lifeMs),
    }
  }, clock)
  const key = async () => (await refreshing.get()).accessKeyId
  const settled = () => new Promise(resolve => setImmediate(resolve))
  return { clock, state, refreshing, key, settled }
}

t.test('the provider is asked once, by however many at a time', async t => {
  const { key, state } = made(null)
  t.same(await Promise.all([key(), key(), key()]), ['key1', 'key1', 'key1'])
  t.equal(await key(), 'key1')
  t.equal(state.calls, 1)
})

t.test('new ones are fetched five minutes ahead, while the old go on', async t => {
  const { key, clock, settled, state } = made(HOUR)
  await key()
  clock.advance(HOUR - 300_001)
  t.equal(await key(), 'key1')
  await settled()
  t.equal(state.calls, 1)
  clock.advance(1)
  t.equal(await key(), 'key1')
  await settled()
  t.equal(await key(), 'key2')
  t.equal(state.calls, 2)
})

t.test(
  'a provider that fails costs nothing while the old are good, is asked again, and fails the caller in the end',
  async t => {
    const { key, clock, settled, state, refreshing } = made(HOUR)
    await key()
    state.error = new Error('STS is away')
    clock.advance(HOUR - 200_000)
    for (let i = 0; i < 3; i++) {
      t.equal(await key(), 'key1')
      await settled()
    }
    t.equal(state.calls, 2, 'not asked at each request')
    clock.advance(30_000)
    await key()
    await settled()
    t.equal(state.calls, 3)
    clock.advance(160_000)
    await t.rejects(refreshing.get(), { message: 'STS is away' })
    state.error = null
    t.equal(await key(), 'key5')
  },
)

t.test('what the service says has expired is replaced at once, once for all who say so', async t => {
  const { refreshing, state } = made(null)
  const used = await refreshing.get()
  t.same(await Promise.all([refreshing.renew(used), refreshing.renew(used)]), [true, true])
  t.equal(state.calls, 2)
  t.equal(await refreshing.renew(used), true, 'somebody else has renewed them already')
  t.equal(state.calls, 2)
})

t.test('a provider that has no others says so', async t => {
  const fixed = new RefreshingCredentials(async () => ({ accessKeyId: 'a', secretAccessKey: 's' }), new ManualClock())
  t.equal(await fixed.renew(await fixed.get()), false)
})
