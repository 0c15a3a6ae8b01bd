/** Describes the records of a shard that were skipped. An engine of an older version does not count them. */
import type { ShardLosses } from '../../core/metrics/shard-metrics.ts'
import { grouped } from './figures.ts'

/** Such as `20 user records dropped with their aggregates, 3 unreadable records skipped`. Empty when no record was skipped. */
export function lossesText(losses: Partial<ShardLosses>): string {
  const { droppedUserRecords = 0, skippedRecords = 0, deadLetters = 0, expiredPositions = 0 } = losses
  const parts: readonly (readonly [number, string])[] = [
    [droppedUserRecords, 'user records dropped with their aggregates'],
    [skippedRecords, 'unreadable records skipped'],
    [deadLetters, 'unreadable records given to the dead letters'],
  ]
  const texts = parts.filter(([count]) => count > 0).map(([count, what]) => `${grouped(count)} ${what}`)
  if (expiredPositions > 0) texts.push(`position past the retention (${grouped(expiredPositions)})`)
  return texts.join(', ')
}
