import t from 'tap'

import type { JobMetrics, OperatorMetrics } from '../../../../core/metrics/job-metrics.ts'
import { drainObstacles } from '../../../../core/runtime/job/drain-obstacles.ts'

const sinkMetrics = (overrides = {}) => ({
  records: 0,
  bytes: 0,
  retries: 0,
  errors: 0,
  errorsByCode: {},
  deadLetters: 0,
  inFlightRequests: 0,
  bufferedEntries: 0,
  currentSendTimeMs: 0,
  trouble: null,
  ...overrides,
})

const metricsOf = (...operators: Partial<OperatorMetrics>[]): JobMetrics =>
  ({ operators: operators.map(o => ({ name: 'Map', bundlesInFlight: 0, sink: null, ...o })) }) as unknown as JobMetrics

t.test('the obstacles of a drain are named', async t => {
  t.equal(
    drainObstacles(metricsOf({}, { name: 'Sink', sink: sinkMetrics() })),
    'records in flight, or for its last checkpoint',
  )
  t.equal(drainObstacles(metricsOf({ bundlesInFlight: 3 })), 'functions of Map, with 3 bundles of records in flight')
  const trouble = { message: 'PutRecords on stream out failed: cannot reach http://x.', sinceMs: 0 }
  t.equal(
    drainObstacles(
      metricsOf({ name: 'Sink', sink: sinkMetrics({ bufferedEntries: 5, inFlightRequests: 2, trouble }) }),
    ),
    'Sink to write 5 records, with 2 requests in flight. It fails: PutRecords on stream out failed: cannot reach http://x',
  )
})
