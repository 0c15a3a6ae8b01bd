import t from 'tap'

import { CongestionControl } from '../../../../core/connectors/async-sink/congestion-control.ts'

t.test('a request whose entries were all written allows ten more, up to the threshold', async t => {
  const control = new CongestionControl(50, 500)
  t.equal(control.maxInFlightEntries, 500)
  control.started(500)
  control.completed(500, 0)
  t.equal(control.maxInFlightEntries, 510)
  for (let i = 0; i < 5000; i++) {
    control.started(1)
    control.completed(1, 0)
  }
  t.equal(control.maxInFlightEntries, 25_000)
})

t.test('a request with a refused entry allows one percent less, down to one', async t => {
  const control = new CongestionControl(50, 500)
  const seen: number[] = []
  for (let i = 0; i < 600; i++) {
    control.started(10)
    control.completed(10, 3)
    seen.push(control.maxInFlightEntries)
  }
  t.same(seen.slice(0, 3), [495, 490, 485])
  t.equal(seen.at(-1), 1, "where Flink's rounding gets stuck at 50")
})

t.test('it blocks at the number of requests, and at the number of entries', async t => {
  const requests = new CongestionControl(2, 500)
  requests.started(1)
  t.equal(requests.blocks(1), false)
  requests.started(1)
  t.equal(requests.blocks(1), true)
  requests.completed(1, 0)
  t.equal(requests.blocks(1), false)

  const entries = new CongestionControl(50, 500)
  entries.started(300)
  t.equal(entries.blocks(200), false)
  t.equal(entries.blocks(201), true)
})

t.test('one request always goes, however large, so nothing waits for ever', async t => {
  const control = new CongestionControl(50, 500)
  for (let i = 0; i < 600; i++) {
    control.started(1)
    control.completed(1, 1)
  }
  t.equal(control.blocks(500), false)
  control.started(500)
  t.equal(control.blocks(1), true)
})

t.test('what was started and completed balances', async t => {
  const control = new CongestionControl(3, 100)
  for (const n of [10, 20, 30]) control.started(n)
  for (const n of [20, 10, 30]) control.completed(n, 0)
  t.equal(control.inFlightRequests, 0)
  t.equal(control.blocks(130), false)
})
