// The starting position of GetShardIterator and SubscribeToShard.
//
// | type                  | reads from                                                                     |
// |-----------------------|--------------------------------------------------------------------------------|
// | TRIM_HORIZON          | the oldest retained record                                                     |
// | LATEST                | the first record after the newest record                                       |
// | AT_SEQUENCE_NUMBER    | the record; the oldest retained record when it is trimmed                      |
// | AFTER_SEQUENCE_NUMBER | the record after it; the oldest retained record when that is trimmed           |
// | AT_TIMESTAMP          | the first record that arrived then or later; a future time is refused          |
import { invalidArgument } from '../errors.ts'
import type { Shard } from '../store/shard.ts'
import type { Stream } from '../store/stream.ts'
import type { Input } from './input.ts'

const TYPES = ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER', 'TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'] as const

/** An operation, and the names of its members for the starting position. */
export interface PositionMembers {
  readonly operation: string
  readonly type: string
  readonly sequenceNumber: string
}

/** The starting position of a request. `startIndex` finds it in a shard. */
export interface StartingPosition {
  readonly type: (typeof TYPES)[number]
  readonly sequenceNumber: string | undefined
  readonly timestampMs: number | undefined
  readonly members: PositionMembers
}

export function startingPosition(input: Input, members: PositionMembers): StartingPosition {
  return {
    type: TYPES.find(known => known === input.text(members.type, { oneOf: TYPES }))!,
    sequenceNumber: input.optionalText(members.sequenceNumber, { pattern: /^(0|([1-9]\d{0,128}))$/ }),
    timestampMs: input.optionalTimestampMs('Timestamp'),
    members,
  }
}

/** Returns the index of the first record to read. */
export function startIndex(position: StartingPosition, stream: Stream, shard: Shard, nowMs: number): number {
  const { type, sequenceNumber, timestampMs, members } = position
  const bySequenceNumber = type === 'AT_SEQUENCE_NUMBER' || type === 'AFTER_SEQUENCE_NUMBER'
  if (bySequenceNumber !== (sequenceNumber !== undefined)) {
    throw invalidArgument(
      `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and ${members.sequenceNumber} or (2) ` +
        `TRIM_HORIZON, LATEST or AT_TIMESTAMP and no ${members.sequenceNumber}. Request specified ${type} and ` +
        `${sequenceNumber === undefined ? 'no' : 'also a'} ${members.sequenceNumber}.`,
    )
  }
  switch (type) {
    case 'TRIM_HORIZON':
      return shard.log.firstIndex
    case 'LATEST':
      return shard.log.nextIndex
    case 'AT_SEQUENCE_NUMBER':
    case 'AFTER_SEQUENCE_NUMBER': {
      const index = shard.sequence.indexAt(sequenceNumber!, type === 'AFTER_SEQUENCE_NUMBER')
      if (index !== undefined) return Math.min(Math.max(index, shard.log.firstIndex), shard.log.nextIndex)
      throw invalidArgument(
        `${members.sequenceNumber} ${sequenceNumber!} used in ${members.operation} on shard ${shard.id} in stream ` +
          `${stream.name} under account ${stream.accountId} is invalid because it did not come from this shard.`,
      )
    }
    case 'AT_TIMESTAMP':
      if (timestampMs === undefined) throw invalidArgument('Must specify Timestamp for iterator of type AT_TIMESTAMP.')
      if (timestampMs > nowMs) {
        throw invalidArgument(
          'The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ' +
            `${timestampMs}, currentTimestampInMillis: ${nowMs}`,
        )
      }
      return shard.log.indexAtTime(timestampMs)
  }
}
