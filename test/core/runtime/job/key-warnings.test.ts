import t from 'tap'

import { collectionT, graphOf, sinkT } from '../../fakes/graphs.ts'
import { jobOf } from '../../fakes/jobs.ts'

t.test('an unknown key is a warning that suggests the nearest known key', async t => {
  const configuration = { 'execution.checkpointing.intervall': '1 s', 'pipeline.jars': 'x', 'completely.else': '1' }
  const { warnings } = jobOf(t, graphOf([collectionT(1, 'a'), sinkT(2, [1])], { configuration }))
  t.equal(warnings.length, 2)
  t.match(warnings[0], /'execution.checkpointing.intervall' .* Did you mean 'execution.checkpointing.interval'\?/)
  t.match(warnings[1], /'completely.else' is not known and changes nothing\.$/)
})
