/** What the engine reads from the answers of Kinesis' control calls. Every function throws `InvalidAnswer` for a missing field. */
import {
  decimal,
  InvalidAnswer,
  object,
  optionalCount,
  optionalDecimal,
  optionalText,
  text,
} from '../service/answer-checks.ts'
import type { ConsumerDescription, ShardDescription, StreamSummary } from './stream-proxy.ts'

export function toStreamSummary(summary: unknown, streamName: string): StreamSummary {
  const field = 'StreamDescriptionSummary'
  const s = object(summary, field)
  const created = s['StreamCreationTimestamp']
  const retentionHours = optionalCount(s['RetentionPeriodHours'], `${field}.RetentionPeriodHours`)
  const name = text(s['StreamName'], `${field}.StreamName`)
  if (name !== streamName) throw new InvalidAnswer(`it describes another stream, ${name}`)
  return {
    streamName: name,
    streamArn: text(s['StreamARN'], `${field}.StreamARN`),
    status: text(s['StreamStatus'], `${field}.StreamStatus`),
    creationTimeMs: created instanceof Date && !Number.isNaN(created.getTime()) ? created.getTime() : 0,
    retentionMs: retentionHours === null ? null : retentionHours * 3_600_000,
  }
}

export function toConsumerDescription(consumer: unknown, field: string, consumerName: string): ConsumerDescription {
  const c = object(consumer, field)
  const name = text(c['ConsumerName'], `${field}.ConsumerName`)
  if (name !== consumerName) throw new InvalidAnswer(`it describes another consumer, ${name}`)
  const status = text(c['ConsumerStatus'], `${field}.ConsumerStatus`)
  return {
    consumerName: name,
    consumerArn: text(c['ConsumerARN'], `${field}.ConsumerARN`),
    status: status as ConsumerStatus,
  }
}

type ConsumerStatus = ConsumerDescription['status']

export function toShardDescription(shard: unknown, i: number): ShardDescription {
  const field = `Shards[${i}]`
  const s = object(shard, field)
  const range = object(s['HashKeyRange'], `${field}.HashKeyRange`)
  const numbers = object(s['SequenceNumberRange'], `${field}.SequenceNumberRange`)
  const parents = ['ParentShardId', 'AdjacentParentShardId'].map(name => optionalText(s[name], `${field}.${name}`))
  return {
    shardId: text(s['ShardId'], `${field}.ShardId`),
    parentShardIds: parents.filter(id => id !== null),
    startingHashKey: decimal(range['StartingHashKey'], `${field}.HashKeyRange.StartingHashKey`),
    endingHashKey: decimal(range['EndingHashKey'], `${field}.HashKeyRange.EndingHashKey`),
    startingSequenceNumber: decimal(
      numbers['StartingSequenceNumber'],
      `${field}.SequenceNumberRange.StartingSequenceNumber`,
    ),
    endingSequenceNumber: optionalDecimal(
      numbers['EndingSequenceNumber'],
      `${field}.SequenceNumberRange.EndingSequenceNumber`,
    ),
  }
}
