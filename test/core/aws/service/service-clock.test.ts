import http from 'node:http'
import t from 'tap'

import { systemClock } from '../../../../core/foundation/clock.ts'
import { Configuration } from '../../../../core/foundation/config/configuration.ts'
import { KinesisStreamProxy } from '../../../../core/aws/kinesis/kinesis-stream-proxy.ts'
import { ServiceClock } from '../../../../core/aws/service/service-clock.ts'

const NOW = Date.UTC(2026, 0, 31, 12)
const date = (ms: number): string => new Date(ms).toUTCString()

t.test('as long as the clocks may agree, nothing is corrected', async t => {
  const clock = new ServiceClock()
  t.equal(clock.offsetMs, 0)
  clock.observe(date(NOW), NOW + 100, NOW + 130)
  clock.observe(undefined, NOW, NOW)
  clock.observe('noon', NOW, NOW)
  t.equal(clock.offsetMs, 0)
})

t.test(
  'a clock that is ahead is put back to the latest that the service may say, one that is behind is put on',
  async t => {
    const ahead = new ServiceClock()
    ahead.observe(date(NOW), NOW + 60_000, NOW + 60_030)
    t.equal(ahead.offsetMs, -59_000)
    const behind = new ServiceClock()
    behind.observe(date(NOW), NOW - 60_000, NOW - 59_970)
    t.equal(behind.offsetMs, 59_970)
  },
)

t.test('answers narrow the range', async t => {
  const clock = new ServiceClock()
  // The service is 2,300 ms ahead.
  for (const at of [NOW, NOW + 450, NOW + 700, NOW + 1650]) clock.observe(date(at + 2300), at, at + 1)
  t.ok(clock.offsetMs > 2200 && clock.offsetMs <= 2300, String(clock.offsetMs))
})

t.test('a clock that was set meanwhile is believed', async t => {
  const clock = new ServiceClock()
  clock.observe(date(NOW), NOW + 3_600_000, NOW + 3_600_001)
  clock.observe(date(NOW + 1000), NOW + 1100, NOW + 1101)
  t.equal(clock.offsetMs, 0)
})

t.test('a proxy learns the offset from the answers of the control plane', async t => {
  const server = http.createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      const summary = {
        StreamName: 'flights',
        StreamARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/flights',
        StreamStatus: 'ACTIVE',
        RetentionPeriodHours: 48,
        StreamCreationTimestamp: 1_700_000_000,
        EnhancedMonitoring: [],
        OpenShardCount: 1,
      }
      response.writeHead(200, {
        'content-type': 'application/x-amz-json-1.1',
        date: new Date(Date.now() - 90_000).toUTCString(),
      })
      response.end(JSON.stringify({ StreamDescriptionSummary: summary }))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const proxy = new KinesisStreamProxy(
    { streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/flights', streamName: null },
    new Configuration({
      'aws.endpoint': `http://127.0.0.1:${port}`,
      'aws.credentials.provider.basic.accesskeyid': 'a',
      'aws.credentials.provider.basic.secretkey': 's',
    }),
    systemClock,
  )
  t.teardown(() => {
    proxy.close()
    server.closeAllConnections()
    server.close()
  })
  t.equal(proxy.clockOffsetMs, 0)
  t.match(await proxy.describeStream(), { retentionMs: 48 * 3_600_000 })
  t.ok(proxy.clockOffsetMs <= -89_000 && proxy.clockOffsetMs >= -91_000, String(proxy.clockOffsetMs))
})

t.test('the range of what is possible follows from the seconds that answers tell', async t => {
  const clock = new ServiceClock()
  t.same(clock.offsetRangeMs, [0, 0])
  clock.observe(date(NOW), NOW + 300, NOW + 330)
  t.same(clock.offsetRangeMs, [-330, 700])
  clock.observe(date(NOW + 1000), NOW + 1100, NOW + 1110)
  t.same(clock.offsetRangeMs, [-110, 700])
})
