import t from 'tap'

import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { DEFAULT_CHECKPOINT_DIRECTORY, jobOptions } from '../../../../core/runtime/job/job-options.ts'
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

t.test('the parallelism of the graph has precedence over the configuration', async t => {
  const graph = graphOf([collectionT(1, 'a'), sinkT(2, [1])], { parallelism: 3 })
  const options = jobOptions(graph, new Configuration({ 'parallelism.default': '5' }))
  t.match(options.plan, { parallelism: 3, maxParallelism: 128, chaining: true })
  t.match(jobOptions({ ...graph, parallelism: null }, new Configuration({ 'parallelism.default': '5' })).plan, {
    parallelism: 5,
  })
})

t.test('without options there are no periodic checkpoints and no endpoint for Prometheus', async t => {
  const graph = graphOf([collectionT(1, 'a'), sinkT(2, [1])])
  const options = jobOptions(graph, new Configuration())
  t.match(options.checkpointing, { intervalMs: null, directory: DEFAULT_CHECKPOINT_DIRECTORY, restorePath: null })
  t.equal(options.prometheus, null)
  const range = new Configuration({ 'metrics.reporter.prom.port': '9249-9260' })
  t.match(jobOptions(graph, range).prometheus, { ports: [9249, 9260] })
})
