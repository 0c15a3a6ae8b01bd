/** Opens the endpoint at which Prometheus reads the metrics of a job. */
import { executionOptions } from '../../foundation/config/execution-options.ts'
import { maskedMessage } from '../../foundation/config/mask.ts'
import type { JobMetrics } from '../../metrics/job-metrics.ts'
import { openPrometheusEndpoint } from '../../metrics/prometheus-endpoint.ts'
import type { PrometheusEndpoint } from '../../metrics/prometheus-endpoint.ts'
import type { PrometheusOptions } from './job-options.ts'

export interface ReportedJob {
  readonly name: string
  readonly metrics: () => JobMetrics
}

/**
 * @param options `null` when no port is configured
 * @returns `null` without a port, and when the endpoint cannot be opened, which is a warning and not an error of the job
 */
export async function openPrometheusReporter(
  options: PrometheusOptions | null,
  job: ReportedJob,
  warn: (message: string) => void,
): Promise<PrometheusEndpoint | null> {
  if (options === null) return null
  try {
    return await openPrometheusEndpoint({ ...options, jobName: job.name }, () => job.metrics())
  } catch (error) {
    warn(
      `No metrics for Prometheus (${executionOptions.prometheusPort.key}): ${maskedMessage((error as Error).message)}.`,
    )
    return null
  }
}
