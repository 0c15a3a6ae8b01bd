// ListShards, with its filters and pages.
//
// | filter            | shards                                                                             |
// |-------------------|------------------------------------------------------------------------------------|
// | AFTER_SHARD_ID    | shards after ShardId                                                               |
// | AT_TRIM_HORIZON   | shards that were open at the trim horizon                                          |
// | FROM_TRIM_HORIZON | all shards within the retention period (the default)                               |
// | AT_LATEST         | shards that are open now                                                           |
// | AT_TIMESTAMP      | shards that were open at Timestamp, or at the trim horizon when it is later        |
// | FROM_TIMESTAMP    | shards that were open at Timestamp or later                                        |
import { invalidArgument, resourceInUse } from '../errors.ts'
import type { Account } from '../store/account.ts'
import type { Shard } from '../store/shard.ts'
import type { Stream } from '../store/stream.ts'
import { SHARD_ID } from './input.ts'
import type { Input } from './input.ts'
import type { Call, Operation } from './operation.ts'
import { answer, streamOf } from './operation.ts'
import { openToken, sealToken } from './page-token.ts'
import { describeShard } from './shards.ts'

const DEFAULT_PAGE = 1000

const TYPES = [
  'AFTER_SHARD_ID',
  'AT_TRIM_HORIZON',
  'FROM_TRIM_HORIZON',
  'AT_LATEST',
  'AT_TIMESTAMP',
  'FROM_TIMESTAMP',
] as const

/** This is a type and not an interface, because only a type is assignable to the content of a page token. */
type ShardFilter = {
  readonly type: (typeof TYPES)[number]
  readonly shardId?: string | undefined
  readonly timestampMs?: number | undefined
}

interface PageToken {
  readonly streamSerial: number
  readonly after: string
  readonly filter: ShardFilter
}

export const listShards: Operation = {
  rate: { perSecond: 1000, per: 'stream' },
  target: call => ({ stream: startOf(call).stream.name }),
  run: call => {
    const { account, input } = call
    const limit = input.optionalInteger('MaxResults', 1, 10_000) ?? DEFAULT_PAGE
    const { stream, after, filter } = startOf(call)
    if (stream.status === 'CREATING') {
      throw resourceInUse(
        `Stream ${stream.name} under account ${stream.accountId} not ACTIVE, instead in state CREATING`,
      )
    }
    const nowMs = account.clock.now()
    const shards = stream.shards().filter(shard => shard.id > after && passes(filter, shard, stream.horizonMs(nowMs)))
    const page = shards.slice(0, limit)
    const token = (last: Shard): string =>
      sealToken(account, 'ListShards', { streamSerial: stream.serial, after: last.id, filter })
    return answer({
      Shards: page.map(describeShard),
      NextToken: shards.length > limit ? token(page.at(-1)!) : undefined,
    })
  },
}

function startOf(call: Call): { stream: Stream; after: string; filter: ShardFilter } {
  const { account, input } = call
  const token = openToken(account, 'ListShards', input) as PageToken | undefined
  if (token !== undefined) {
    const other = ['StreamName', 'StreamARN', 'StreamCreationTimestamp', 'ExclusiveStartShardId'].find(m =>
      input.has(m),
    )
    if (other !== undefined) throw invalidArgument(`NextToken and ${other} cannot be provided together.`)
    const { streamSerial, after, filter } = token
    return { stream: account.streamOfSerial(streamSerial), after, filter }
  }
  const stream = streamOf(call)
  const createdMs = input.optionalTimestampMs('StreamCreationTimestamp')
  if (createdMs !== undefined) stream.requireCreated(createdMs)
  const after = input.optionalText('ExclusiveStartShardId', SHARD_ID) ?? ''
  return { stream, after, filter: filterOf(input.optionalStructure('ShardFilter'), account) }
}

function filterOf(input: Input | undefined, account: Account): ShardFilter {
  if (input === undefined) return { type: 'FROM_TRIM_HORIZON' }
  const type = TYPES.find(known => known === input.text('Type', { oneOf: TYPES }))!
  const shardId = input.optionalText('ShardId', SHARD_ID)
  const timestampMs = input.optionalTimestampMs('Timestamp')
  if (type === 'AFTER_SHARD_ID' && shardId === undefined) {
    throw invalidArgument('ShardFilter AFTER_SHARD_ID requires ShardId.')
  }
  if (type.endsWith('_TIMESTAMP')) {
    if (timestampMs === undefined) throw invalidArgument(`ShardFilter ${type} requires Timestamp.`)
    if (timestampMs > account.clock.now())
      throw invalidArgument(`The Timestamp of ShardFilter ${type} lies in the future.`)
  }
  return { type, shardId, timestampMs }
}

function passes({ type, shardId, timestampMs = 0 }: ShardFilter, shard: Shard, horizonMs: number): boolean {
  switch (type) {
    case 'AFTER_SHARD_ID':
      return shard.id > shardId!
    case 'FROM_TRIM_HORIZON':
      return true
    case 'AT_TRIM_HORIZON':
      return shard.openAt(horizonMs)
    case 'AT_LATEST':
      return shard.open
    case 'AT_TIMESTAMP':
      return shard.openAt(Math.max(timestampMs, horizonMs))
    case 'FROM_TIMESTAMP':
      return shard.closedMs === undefined || shard.closedMs >= timestampMs
  }
}
