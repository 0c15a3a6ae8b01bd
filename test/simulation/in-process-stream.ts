/** The engine's seam to the network, over an emulator in this process: answers take virtual time, and none reaches the dead. */
import { ServiceError } from '../../core/foundation/errors.ts'
import type { ChildShard, GetRecordsResult } from '../../core/aws/kinesis/get-records-result.ts'
import { serviceError } from '../../core/aws/service/service-errors.ts'
import { hashKeyOf } from '../../core/aws/kinesis/put-records-codec.ts'
import type { EntryRun } from '../../core/aws/kinesis/put-records-codec.ts'
import type {
  ConsumerDescription,
  SinkStreamProxy,
  SourceStreamProxy,
  StartingPosition,
} from '../../core/aws/kinesis/stream-proxy.ts'
import { KinesisError } from '../../emulator/index.ts'
import type { KinesisEmulator, WireObject } from '../../emulator/index.ts'
import { batchOf } from '../core/fakes/fake-stream.ts'
import type { Incarnation } from './incarnation.ts'

/** What happened to an answer on its way: it cannot be read, it lacks a field or an entry, or it is that of an earlier request. */
export type Damage = 'unreadable' | 'incomplete' | 'older'

/** Asked at each answer; `null` when it arrives as it was sent. */
export type DamageAnswer = (operation: string) => Damage | null

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

interface WirePutAnswer {
  readonly Records: readonly {
    readonly ShardId?: string
    readonly ErrorCode?: string
    readonly ErrorMessage?: string
  }[]
}

export function inProcessStream(
  kinesis: Pick<KinesisEmulator, 'call' | 'subscribe' | 'streamArn'>,
  streamName: string,
  life: Incarnation,
  damage: DamageAnswer = () => null,
): SourceStreamProxy & SinkStreamProxy {
  const streamArn = kinesis.streamArn(streamName)
  /** The answers before the last ones, by shard. */
  const older = new Map<string, GetRecordsResult>()

  /** @throws ServiceError for an answer that the decoder refuses */
  function damageTo(operation: string): Damage | null {
    const kind = damage(operation)
    if (kind === 'unreadable')
      throw new ServiceError('RESPONSE_INVALID', `${operation} on stream ${streamName} failed: it is damaged.`)
    return kind
  }

  async function call<T>(operation: string, input: WireObject, shardId?: string): Promise<T> {
    await life.latency()
    try {
      return await life.mortal(kinesis.call(operation, { StreamARN: streamArn, ...input }) as Promise<T>)
    } catch (error) {
      throw translate(error, operation, shardId)
    }
  }

  return {
    streamName,
    clockOffsetMs: 0,
    clockOffsetRangeMs: [0, 0],
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
      const listed = damageTo('ListShards') === 'incomplete' ? Shards.slice(1) : Shards
      return listed.map(s => ({
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
      const result = { ...decoded(answer, streamName, shardId), nextShardIterator: answer.NextShardIterator ?? null }
      const before = older.get(shardId)
      older.set(shardId, result)
      const kind = damageTo('GetRecords')
      if (kind === 'older' && before !== undefined) return before
      return kind === 'incomplete' ? { ...result, nextShardIterator: null, childShards: [] } : result
    },
    async putRecords(runs, { signal } = {}) {
      const answered = call<WirePutAnswer>('PutRecords', { Records: runs.flatMap(entriesOf) })
      const { Records } = await (signal === undefined ? answered : unlessAborted(answered, signal))
      // The answer has its way to go, too, and may be on it when the process dies.
      await life.latency()
      signal?.throwIfAborted()
      const failed = Records.flatMap(({ ErrorCode, ErrorMessage }, index) =>
        ErrorCode === undefined ? [] : [{ index, errorCode: ErrorCode, errorMessage: ErrorMessage ?? '' }],
      )
      return { failed, shardIds: Records.map(r => r.ShardId ?? null) }
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
              const event = decoded(value as unknown as WireAnswer, streamName, ShardId)
              const incomplete = damageTo('SubscribeToShard') === 'incomplete'
              return {
                ...event,
                childShards: incomplete ? [] : event.childShards,
                continuationSequenceNumber: incomplete ? null : (value.ContinuationSequenceNumber ?? null),
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
    if (error instanceof KinesisError) return serviceError(error.code, error.message, error.status, attempted)
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

function entriesOf(run: EntryRun): WireObject[] {
  return Array.from({ length: run.to - run.from }, (_, j) => {
    const i = run.from + j
    const [data, key, explicit] = [run.dataOffset[i]!, run.keyOffset[i]!, hashKeyOf(run, i)]
    return {
      Data: run.slab.subarray(data, data + run.dataLength[i]!),
      PartitionKey: run.keySlab.utf8Slice(key, key + run.keyLength[i]!),
      ...(explicit === null ? {} : { ExplicitHashKey: explicit }),
    }
  })
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    promise.then(resolve, reject)
  })
}

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
