import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'

import type { JobMetrics } from '../../../../core/metrics/job-metrics.ts'
import { openPrometheusReporter } from '../../../../core/runtime/job/prometheus-reporter.ts'

const job = { name: 'flights', metrics: () => ({}) as JobMetrics }

t.test('without a port there is no endpoint', async t => {
  t.equal(await openPrometheusReporter(null, job, message => t.fail(message)), null)
})

t.test('a port that another program uses is a warning that names the option', async t => {
  const other = http.createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const warnings: string[] = []
  const options = { host: '127.0.0.1', ports: [port, port] } as const
  t.equal(await openPrometheusReporter(options, job, w => warnings.push(w)), null)
  t.match(warnings, [/^No metrics for Prometheus \(metrics\.reporter\.prom\.port\): /])
})
