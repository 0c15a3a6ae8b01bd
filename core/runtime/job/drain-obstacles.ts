/** What a job still has to do before it has drained, as clauses that complete "it waits for". */
import type { JobMetrics } from '../../metrics/job-metrics.ts'

export function drainObstacles({ operators }: JobMetrics): string[] {
  return operators.flatMap(({ name, sink, bundlesInFlight }) => {
    if (sink !== null && sink.bufferedEntries + sink.inFlightRequests > 0) {
      const writes = `${name} to write ${sink.bufferedEntries} records and ${sink.inFlightRequests} requests under way`
      return [sink.trouble === null ? writes : `${writes}. It fails: ${sink.trouble.message.replace(/\.$/, '')}`]
    }
    if (bundlesInFlight > 0) return [`functions of ${name}, which have ${bundlesInFlight} bundles of records in work`]
    return []
  })
}
