/** Shards of aligned sources, in a whole job. */
import t from 'tap'

import type { LocalFunction } from '../../../../core/operators/job-facilities.ts'
import { functionT, graphOf, kinesisSourceSpec, sourceT, strategyOf } from '../../fakes/graphs.ts'
import { emulator, eventually, jobOf, pointedAt } from '../../fakes/jobs.ts'

t.test('a source that is far ahead in event time waits for the slow one of its group', async t => {
  const kinesis = await emulator(t, { streams: { slow: 1, fast: 2 } })
  const seen: string[] = []
  const local = (localId: string) => ({ type: 'local', localId }) as const
  const locals = new Map<string, LocalFunction>([
    ['see', (values: string[]) => void seen.push(...values)],
    ['seconds', (value: string) => Number(value.slice(1)) * 1000],
  ])
  const watermarkStrategy = strategyOf({
    type: 'monotonous',
    timestampAssigner: local('seconds'),
    alignment: { group: 'both', maxDriftMs: 5000, updateIntervalMs: 10 },
  })
  const source = (id: number, stream: string) =>
    sourceT(id, { source: kinesisSourceSpec({ streamArn: kinesis.streamArn(stream) }), watermarkStrategy })
  const graph = graphOf(
    [source(1, 'slow'), source(2, 'fast'), functionT(3, [1, 2], { kind: 'collect', function: local('see') })],
    { parallelism: 1, configuration: pointedAt(kinesis, { 'pipeline.auto-watermark-interval': '10 ms' }) },
  )
  const { job } = jobOf(t, graph, { locals })
  const put = (stream: string, ...values: string[]): void =>
    void kinesis.put(
      stream,
      values.map(data => ({ data, partitionKey: data })),
    )
  await job.start()
  put('slow', 's1')
  await eventually(() => seen.includes('s1'))
  // Both shards of the fast one get far ahead, and stand still then.
  for (let i = 0; i < 20; i++) put('fast', `f${100 + i}`)
  await eventually(() => seen.length > 5)
  const ahead = seen.length
  await new Promise(resolve => setTimeout(resolve, 300))
  for (let i = 20; i < 40; i++) put('fast', `f${100 + i}`)
  await new Promise(resolve => setTimeout(resolve, 300))
  t.ok(seen.length <= ahead + 20, 'what was read before the first look at most')
  const stopped = seen.length
  t.ok(stopped < 41)
  put('slow', 's500')
  await eventually(() => seen.length === 42)
  t.pass('and goes on when the slow one does')
})
