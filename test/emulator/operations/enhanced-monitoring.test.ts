import t from 'tap'

import { emulator, json } from '../harness.ts'

t.test('shard-level metrics are enabled and disabled; ALL stands for each of them', async t => {
  const kinesis = await emulator(t, { updateDelayMs: 100 })
  const change = async (what: string, ...ShardLevelMetrics: string[]) => {
    const output = await json(kinesis, `${what}EnhancedMonitoring`, { StreamName: 'flights', ShardLevelMetrics })
    const { StreamDescriptionSummary: s } = await json(kinesis, 'DescribeStreamSummary', { StreamName: 'flights' })
    t.match(s, { StreamStatus: 'UPDATING' })
    kinesis.clock.advance(100)
    const { StreamDescription } = await json(kinesis, 'DescribeStream', { StreamName: 'flights' })
    t.same(StreamDescription.EnhancedMonitoring, [{ ShardLevelMetrics: output.DesiredShardLevelMetrics }])
    return [output.CurrentShardLevelMetrics, output.DesiredShardLevelMetrics]
  }
  t.same(await change('Enable', 'OutgoingBytes', 'IncomingBytes'), [[], ['IncomingBytes', 'OutgoingBytes']])
  t.same(await change('Disable', 'IncomingBytes'), [['IncomingBytes', 'OutgoingBytes'], ['OutgoingBytes']])
  t.equal((await change('Enable', 'ALL'))[1].length, 7)
  t.same((await change('Disable', 'ALL'))[1], [])
})

t.test('an unknown metric, and none, are refused', async t => {
  const kinesis = await emulator(t)
  for (const ShardLevelMetrics of [['Speed'], [], undefined]) {
    const input = { StreamName: 'flights', ShardLevelMetrics }
    await t.rejects(json(kinesis, 'EnableEnhancedMonitoring', input), { name: 'ValidationException' })
  }
  const text = { StreamName: 'flights', ShardLevelMetrics: 'ALL' }
  await t.rejects(json(kinesis, 'EnableEnhancedMonitoring', text), { name: 'SerializationException' })
})
