import t from 'tap'

import { SinkCounters } from '../../../../core/connectors/async-sink/sink-counters.ts'

t.test('errors are counted in all and by their code', async t => {
  const counters = new SinkCounters()
  counters.addErrors('THROTTLED', 3)
  counters.addErrors('InternalFailure', 1)
  counters.addErrors('THROTTLED', 2)
  counters.records += 10
  t.match(counters.counts(), { records: 10, errors: 6, errorsByCode: { THROTTLED: 5, InternalFailure: 1 } })
})
