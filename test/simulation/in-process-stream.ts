/** The engine's seam to the network, over an emulator in this process: answers take virtual time, and none reaches the dead. */
import { ServiceError } from '../../core/errors.ts'
import type { ChildShard } from '../../core/kinesis/get-records-codec.ts'
import { serviceError } from '../../core/kinesis/service-errors.ts'
import type { ConsumerDescription, SourceStreamProxy, StartingPosition } from '../../core/kinesis/stream-proxy.ts'
import { KinesisError } from '../../emulator/index.ts'
import type { KinesisEmulator, WireObject } from '../../emulator/index.ts'
import { batchOf } from '../core/fakes/fake-stream.ts'
import type { Incarnation } from './incarnation.ts'

interface WireRecord {
  readonly SequenceNumber: string
  readonly ApproximateArrivalTimestamp: Date
  readonly Data: Uint8Array
  readonly PartitionKey: string
}

interface WireShard {
  readonly ShardId: string
  readonly ParentShardId?: string
  readonly AdjacentParentShardId?: string
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string }
  readonly SequenceNumberRange: { readonly StartingSequenceNumber: string; readonly EndingSequenceNumber?: string }
}

interface WireAnswer {
  readonly Records: readonly WireRecord[]
  readonly MillisBehindLatest: number
  readonly ChildShards?: readonly (Omit<WireShard, 'SequenceNumberRange'> & { readonly ParentShards: string[] })[]
}

export function inProcessStream(kinesis: KinesisEmulator, streamName: string, life: Incarnation): SourceStreamProxy {
  const streamArn = kinesis.streamArn(streamName)

  async function call<T>(operation: string, input: WireObject, shardId?: string): Promise<T> {
    await life.latency()
    try {
      return await life.mortal(kinesis.call(operation, { StreamARN: streamArn, ...input }) as Promise<T>)
    } catch (error) {
      throw translate(error, operation, shardId)
    }
  }

  return {
    clockOffsetMs: 0,
    async describeStream() {
      const { StreamDescriptionSummary: s } = await call<{
        StreamDescriptionSummary: { StreamStatus: string; StreamCreationTimestamp: Date; RetentionPeriodHours: number }
      }>('DescribeStreamSummary', {})
      return {
        streamName,
        streamArn,
        status: s.StreamStatus,
        creationTimeMs: s.StreamCreationTimestamp.getTime(),
        retentionMs: s.RetentionPeriodHours * 3_600_000,
      }
    },
    async listShards() {
      const { Shards } = await call<{ Shards: readonly WireShard[] }>('ListShards', {})
      return Shards.map(s => ({
        shardId: s.ShardId,
        parentShardIds: [s.ParentShardId, s.AdjacentParentShardId].filter(id => id !== undefined),
        startingHashKey: s.HashKeyRange.StartingHashKey,
        endingHashKey: s.HashKeyRange.EndingHashKey,
        startingSequenceNumber: s.SequenceNumberRange.StartingSequenceNumber,
        endingSequenceNumber: s.SequenceNumberRange.EndingSequenceNumber ?? null,
      }))
    },
    async getShardIterator(shardId, position) {
      const { Type, SequenceNumber, Timestamp } = positionOf(position)
      const input = {
        ShardId: shardId,
        ShardIteratorType: Type,
        ...(SequenceNumber === undefined ? {} : { StartingSequenceNumber: SequenceNumber }),
        ...(Timestamp === undefined ? {} : { Timestamp }),
      }
      return (await call<{ ShardIterator: string }>('GetShardIterator', input, shardId)).ShardIterator
    },
    async getRecords(shardId, ShardIterator, Limit) {
      const answer = await call<WireAnswer & { NextShardIterator?: string }>(
        'GetRecords',
        { ShardIterator, Limit },
        shardId,
      )
      return { ...decoded(answer, streamName, shardId), nextShardIterator: answer.NextShardIterator ?? null }
    },
    async describeStreamConsumer(ConsumerName) {
      try {
        const { ConsumerDescription: c } = await call<{ ConsumerDescription: WireConsumer }>('DescribeStreamConsumer', {
          ConsumerName,
        })
        return consumerOf(c)
      } catch (error) {
        if (error instanceof ServiceError && error.code === 'CONSUMER_NOT_FOUND') return null
        throw error
      }
    },
    async registerStreamConsumer(ConsumerName) {
      return consumerOf((await call<{ Consumer: WireConsumer }>('RegisterStreamConsumer', { ConsumerName })).Consumer)
    },
    async deregisterStreamConsumer(ConsumerARN) {
      await life.mortal(kinesis.call('DeregisterStreamConsumer', { ConsumerARN }))
    },
    async subscribeToShard(ConsumerARN, ShardId, position, signal) {
      await life.latency()
      signal.throwIfAborted()
      try {
        const events = await life.mortal(
          kinesis.subscribe({ ConsumerARN, ShardId, StartingPosition: positionOf(position) }),
        )
        const forget = life.onDeath(() => void events.return())
        return {
          async next() {
            try {
              const { done, value } = await life.mortal(events.next())
              if (done === true) return null
              return {
                ...decoded(value as unknown as WireAnswer, streamName, ShardId),
                continuationSequenceNumber: value.ContinuationSequenceNumber ?? null,
              }
            } catch (error) {
              throw translate(error, 'SubscribeToShard', ShardId)
            }
          },
          close() {
            forget()
            void events.return()
          },
        }
      } catch (error) {
        throw translate(error, 'SubscribeToShard', ShardId)
      }
    },
    close: () => undefined,
  }

  function translate(error: unknown, operation: string, shardId: string | undefined): unknown {
    const attempted = {
      operation,
      stream: streamName,
      shardId,
      consumer: /Consumer|Subscribe/.test(operation) ? 'me' : undefined,
    }
    if (error instanceof KinesisError) return serviceError(error.code, error.message, error.status, attempted, error)
    if (error instanceof ServiceError) return error
    return new ServiceError('ENDPOINT_UNREACHABLE', `${operation} failed: ${String(error)}.`, { cause: error })
  }
}

interface WireConsumer {
  readonly ConsumerName: string
  readonly ConsumerARN: string
  readonly ConsumerStatus: ConsumerDescription['status']
}

const consumerOf = (c: WireConsumer): ConsumerDescription => ({
  consumerName: c.ConsumerName,
  consumerArn: c.ConsumerARN,
  status: c.ConsumerStatus,
})

function positionOf(position: StartingPosition) {
  return {
    Type: position.type,
    ...('sequenceNumber' in position ? { SequenceNumber: position.sequenceNumber } : {}),
    ...('timestampMs' in position ? { Timestamp: new Date(position.timestampMs) } : {}),
  } as { Type: string; SequenceNumber?: string; Timestamp?: Date }
}

function decoded({ Records, MillisBehindLatest, ChildShards }: WireAnswer, stream: string, shardId: string) {
  const records = Records.map(r => ({
    sequenceNumber: r.SequenceNumber,
    partitionKey: r.PartitionKey,
    data: Buffer.from(r.Data),
    arrivalMs: r.ApproximateArrivalTimestamp.getTime(),
  }))
  const childShards = (ChildShards ?? []).map((c): ChildShard => ({
    shardId: c.ShardId,
    parentShards: c.ParentShards,
    startingHashKey: c.HashKeyRange.StartingHashKey,
    endingHashKey: c.HashKeyRange.EndingHashKey,
  }))
  return { batch: batchOf(stream, shardId, records), millisBehindLatest: MillisBehindLatest, childShards }
}
