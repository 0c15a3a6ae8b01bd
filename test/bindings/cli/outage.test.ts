import { setTimeout as delay } from 'node:timers/promises'

import t from 'tap'

import { emulator, eventually, numbered } from '../../core/fakes/jobs.ts'
import { machine } from './machine.ts'

t.test(
  'a job whose service is gone does not look healthy: status and explain say since when, and exit with 3',
  async t => {
    const kinesis = await emulator(t)
    kinesis.put('flights', numbered(10))
    const { shardline, job } = machine(t)
    await job(kinesis, 'cut off', { 'retry-strategy.delay.max': '1 s', 'retry-strategy.attempts.max': '1000' })
    await eventually(() => kinesis.recordCount('out') === 10)
    t.equal((await shardline('status')).code, 0)
    await kinesis.close()
    const since = Date.now()
    let status = await shardline('status')
    while (status.code === 0 && Date.now() - since < 60_000) {
      await delay(500)
      status = await shardline('status')
    }
    t.equal(status.code, 3)
    t.match(status.stdout, /cut off .* RUNNING/)
    t.match(
      status.stdout,
      /ALARM +nothing was read from [12] of 2 shards since 20\d\d-.*Z: GetRecords .* cannot reach http/,
    )
    const explained = await shardline('explain')
    t.equal(explained.code, 3)
    t.match(
      explained.stdout,
      /^ALARM: flights shardId-0+ is not read: nothing was read for 3\d s, since 20\d\d-.*Z \(GetRecords/m,
    )
  },
)
