import t from 'tap'

import { collectionT, graphOf, sinkT, sourceT } from '../../fakes/graphs.ts'
import { jobOf } from '../../fakes/jobs.ts'

t.test('an invalid option is an error that names its key, before anything runs', async t => {
  const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ 'execution.checkpointing.interval': 'often' }, /execution.checkpointing.interval: 'often' is not a duration/],
    [{ 'execution.checkpointing.interval': '5 ms' }, /at least 10 ms/],
    [{ 'parallelism.default': '0' }, /parallelism.default/],
    [{ 'restart-strategy.type': 'sometimes' }, /one of none, fixed-delay, exponential-delay/],
    [{ 'execution.checkpointing.dir': 'gs://bucket/dir' }, /'gs:\/\/'/],
  ]
  for (const [configuration, message] of wrong)
    t.throws(() => jobOf(t, graphOf([sourceT(1), sinkT(2, [1])], { configuration })), {
      code: 'CONFIGURATION_INVALID',
      message,
    })
})

t.test('an interval of 0 disables checkpoints, as in Flink', async t => {
  const { job } = jobOf(
    t,
    graphOf([collectionT(1, 'a'), sinkT(2, [1])], { configuration: { 'execution.checkpointing.interval': '0' } }),
  )
  t.equal(job.checkpointDirectory, null)
  await job.start()
  t.match(await job.result(), { state: 'FINISHED' })
})
