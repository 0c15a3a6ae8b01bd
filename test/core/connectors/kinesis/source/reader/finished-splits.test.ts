import t from 'tap'

import { FinishedSplits } from '../../../../../../core/connectors/kinesis/source/reader/finished-splits.ts'
import { shardIdOf } from '../../../../fakes/fake-stream.ts'
import { splitOf } from '../../../../fakes/splits.ts'

const shardId = shardIdOf(0)

t.test('a split stays until a checkpoint that contains its end is complete', async t => {
  const finished = new FinishedSplits()
  finished.snapshot(7)
  finished.add(splitOf({ shardId, finished: true }))
  finished.markReported(shardId)
  finished.notifyCheckpointComplete(7)
  t.equal(finished.snapshot(8).length, 1, 'checkpoint 7 does not contain the end')
  finished.notifyCheckpointComplete(8)
  t.same(finished.snapshot(9), [])
})

t.test('a split whose end the enumerator does not know stays, whatever checkpoints are complete', async t => {
  const finished = new FinishedSplits()
  finished.add(splitOf({ shardId, finished: true }))
  finished.snapshot(1)
  finished.notifyCheckpointComplete(1)
  t.match(finished.snapshot(2), [{ shardId, finished: true }])
  finished.markReported(shardId)
  finished.notifyCheckpointComplete(2)
  t.same(finished.snapshot(3), [])
})
