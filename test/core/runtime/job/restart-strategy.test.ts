import t from 'tap'

import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { FunctionError, ServiceError } from '../../../../core/foundation/errors.ts'
import type { RestartStrategy } from '../../../../core/runtime/job/restart-strategy.ts'
import { restartStrategyOf } from '../../../../core/runtime/job/restart-strategy.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'

const clock = new ManualClock()
const strategy = (configuration: Record<string, string> = {}, checkpointing = true, on = clock): RestartStrategy =>
  restartStrategyOf(new Configuration(configuration), checkpointing, on)

const fails = (at: number | string = 1): FunctionError => new FunctionError('FUNCTION_FAILED', `failed at ${at}`)
const fatal = new ServiceError('STREAM_NOT_FOUND', 'no stream')

t.test('without checkpoints a failure is the end, unless a strategy was chosen', async t => {
  t.equal(strategy({}, false).delayAfter(fails()), null)
  t.equal(strategy({ 'restart-strategy.type': 'fixed-delay' }, false).delayAfter(fails()), 1000)
})

t.test('fixed delay: so many times, so far apart', async t => {
  const s = strategy({
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.attempts': '2',
    'restart-strategy.fixed-delay.delay': '7 s',
  })
  t.same([s.delayAfter(fails()), s.delayAfter(fails()), s.delayAfter(fails())], [7000, 7000, null])
})

t.test('exponential delay: grows up to the longest, and begins anew after a quiet time', async t => {
  const on = new ManualClock()
  const s = strategy(
    {
      'restart-strategy': 'exponential_delay',
      'restart-strategy.exponential-delay.initial-backoff': '1 s',
      'restart-strategy.exponential-delay.backoff-multiplier': '2.0',
      'restart-strategy.exponential-delay.max-backoff': '5 s',
      'restart-strategy.exponential-delay.reset-backoff-threshold': '1 min',
    },
    true,
    on,
  )
  t.same(
    [1, 2, 3, 4, 5].map(n => s.delayAfter(fails(n))),
    [1000, 2000, 4000, 5000, 5000],
  )
  on.advance(60_001)
  t.equal(s.delayAfter(fails(6)), 1000)
})

t.test('failure rate: as long as no more failures than allowed fall into the interval', async t => {
  const on = new ManualClock()
  const s = strategy(
    {
      'restart-strategy.type': 'failure-rate',
      'restart-strategy.failure-rate.max-failures-per-interval': '2',
      'restart-strategy.failure-rate.failure-rate-interval': '1 min',
      'restart-strategy.failure-rate.delay': '3 s',
    },
    true,
    on,
  )
  t.same([s.delayAfter(fails()), s.delayAfter(fails())], [3000, 3000])
  on.advance(60_000)
  t.same([s.delayAfter(fails()), s.delayAfter(fails()), s.delayAfter(fails())], [3000, 3000, null])
})

t.test('what can never succeed is the end, whatever the strategy', async t => {
  for (const type of ['none', 'fixed-delay', 'exponential-delay', 'failure-rate'])
    t.equal(strategy({ 'restart-strategy.type': type }).delayAfter(fatal), null, type)
  t.equal(strategy().delayAfter(fatal), null)
})

t.test('by default the same failure three times without a checkpoint is the end', async t => {
  const s = strategy()
  t.same([s.delayAfter(fails()), s.delayAfter(fails()), s.delayAfter(fails())], [1000, 1500, null])
})

t.test('a checkpoint or another failure in between starts that count anew', async t => {
  const s = strategy()
  s.delayAfter(fails())
  s.delayAfter(fails())
  s.checkpointCompleted()
  t.not(s.delayAfter(fails()), null)
  t.not(s.delayAfter(fails()), null)
  t.not(s.delayAfter(fails('elsewhere')), null)
  t.not(s.delayAfter(fails()), null)
})

t.test('the limit is an option, and does not hold where the strategy was chosen', async t => {
  const never = strategy({ 'shardline.restart.same-failure-limit': '0' })
  const chosen = strategy({ 'restart-strategy.type': 'exponential-delay' })
  const once = strategy({ 'shardline.restart.same-failure-limit': '1' })
  for (let i = 0; i < 10; i++) {
    t.not(never.delayAfter(fails()), null)
    t.not(chosen.delayAfter(fails()), null)
  }
  t.equal(once.delayAfter(fails()), null)
})
