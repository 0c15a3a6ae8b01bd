/** What a draining job waits for. */
import type { JobMetrics } from '../../metrics/job-metrics.ts'

/** The text completes the sentence "It waits for ...". */
export function drainObstacles({ operators }: JobMetrics): string {
  const obstacles = operators.flatMap(({ name, sink, bundlesInFlight }) => {
    if (sink !== null && sink.bufferedEntries + sink.inFlightRequests > 0) {
      const writes = `${name} to write ${sink.bufferedEntries} records, with ${sink.inFlightRequests} requests in flight`
      return [sink.trouble === null ? writes : `${writes}. It fails: ${sink.trouble.message.replace(/\.$/, '')}`]
    }
    if (bundlesInFlight > 0) return [`functions of ${name}, with ${bundlesInFlight} bundles of records in flight`]
    return []
  })
  return obstacles.length === 0 ? 'records in flight, or for its last checkpoint' : obstacles.join('; and for ')
}
