/**
 * A stream behind the engine's network seam: shards with a lineage, records with arrival times, iterators that expire, and
 * failures on demand. One for each test; `sourceProxy()` is what the engine gets.
 */
import { ServiceError } from '../../../core/foundation/errors.ts'
import type { ErrorCode } from '../../../core/foundation/errors.ts'
import type { ChildShard, GetRecordsResult, SubscriptionEvent } from '../../../core/aws/kinesis/get-records-result.ts'
import type {
  ConsumerDescription,
  ShardDescription,
  ShardSubscription,
  SourceStreamProxy,
  StartingPosition,
  StreamSummary,
} from '../../../core/aws/kinesis/stream-proxy.ts'
import { RecordBatch } from '../../../core/foundation/record-batch/record-batch.ts'
import { RecordPositions } from '../../../core/foundation/record-batch/record-positions.ts'
import type { ManualClock } from './manual-clock.ts'

export interface FakeRecord {
  readonly sequenceNumber: string
  readonly partitionKey: string
  readonly data: string | Buffer
  readonly arrivalMs: number
}

interface FakeShard {
  readonly shardId: string
  readonly parents: readonly string[]
  readonly start: bigint
  readonly end: bigint
  readonly records: FakeRecord[]
  children: string[]
  /** Where it ended; null: open. */
  endingSequenceNumber: string | null
  /** No longer listed. */
  expired: boolean
}

export interface Call {
  readonly operation: keyof SourceStreamProxy
  readonly shardId: string | null
  readonly position: StartingPosition | null
  readonly atMs: number
}

const MAX_HASH_KEY = (1n << 128n) - 1n

export const shardIdOf = (n: number): string => `shardId-${String(n).padStart(12, '0')}`
export const arnOf = (name: string): string => `arn:aws:kinesis:us-east-1:123456789012:stream/${name}`

/** What a subscriber gets is what the test pushes. */
export class FakeSubscription implements ShardSubscription {
  readonly shardId: string
  closed = false
  /** Events that the subscriber has asked for. */
  asked = 0
  readonly #stream: string
  readonly #queue: (SubscriptionEvent | null | Error)[] = []
  #waiting: (() => void) | null = null

  constructor(stream: string, shardId: string) {
    this.#stream = stream
    this.shardId = shardId
  }

  /** `continuation` null: the shard's end. */
  push(records: readonly FakeRecord[], continuation: string | null, childShards: readonly ChildShard[] = []): void {
    this.#add({
      batch: batchOf(this.#stream, this.shardId, records),
      continuationSequenceNumber: continuation,
      millisBehindLatest: 0,
      childShards,
    })
  }

  /** Its five minutes are up. */
  expire(): void {
    this.#add(null)
  }

  break(error: Error): void {
    this.#add(error)
  }

  async next(): Promise<SubscriptionEvent | null> {
    this.asked++
    while (this.#queue.length === 0 && !this.closed) await new Promise<void>(resolve => (this.#waiting = resolve))
    const event = this.#queue.shift() ?? null
    if (event instanceof Error) throw event
    return event
  }

  close(): void {
    this.closed = true
    this.#waiting?.()
  }

  #add(event: SubscriptionEvent | null | Error): void {
    this.#queue.push(event)
    this.#waiting?.()
  }
}

export class FakeStream {
  readonly name: string
  readonly clock: ManualClock
  creationTimeMs: number
  retentionMs: number | null = 86_400_000
  /** The service's clock less the machine's. */
  clockOffsetMs = 0
  /** How much the service's clock may be behind, and ahead of, what its answers let one assume. */
  clockSlackMs: readonly [behind: number, ahead: number] = [0, 0]
  deleted = false
  /** By name. */
  readonly consumers = new Map<string, ConsumerDescription>()
  /** Status that a consumer has once it is registered. */
  registersAs: ConsumerDescription['status'] = 'ACTIVE'
  readonly subscriptions: FakeSubscription[] = []
  /** Whether the end of a shard names its children, as the service does and some emulators do not. */
  namesChildren = true
  /** While set, listings know what was there when they set out, and arrive when it resolves. */
  listingsHeld: Promise<void> | null = null
  readonly calls: Call[] = []
  /** What becomes of the next answers on their way, in order. */
  readonly tampering: {
    readonly getRecords: ((answer: GetRecordsResult) => GetRecordsResult)[]
    readonly listShards: ((answer: ShardDescription[]) => ShardDescription[])[]
  } = { getRecords: [], listShards: [] }
  readonly #shards = new Map<string, FakeShard>()
  readonly #failures: { readonly operation: string; readonly shardId: string | null; readonly error: Error }[] = []
  #nextShard = 0
  #nextSequence = 1
  #iteratorEpoch = 0

  constructor(clock: ManualClock, { name = 'flights', shards = 1 } = {}) {
    this.clock = clock
    this.name = name
    this.creationTimeMs = clock.now() - 86_400_000
    const width = (MAX_HASH_KEY + 1n) / BigInt(shards)
    for (let i = 0; i < shards; i++)
      this.#add([], width * BigInt(i), i === shards - 1 ? MAX_HASH_KEY : width * BigInt(i + 1) - 1n)
  }

  get arn(): string {
    return arnOf(this.name)
  }

  get shardIds(): string[] {
    return [...this.#shards.keys()]
  }

  get openShardIds(): string[] {
    return [...this.#shards.values()].filter(s => s.endingSequenceNumber === null).map(s => s.shardId)
  }

  /** Appends records; their data, as text. */
  put(shardId: string, ...data: (string | Buffer)[]): FakeRecord[] {
    const shard = this.#shard(shardId)
    if (shard.endingSequenceNumber !== null) throw new Error(`${shardId} is closed`)
    const records = data.map(text => ({
      sequenceNumber: this.#sequence(),
      partitionKey: `key-${text.toString()}`,
      data: text,
      arrivalMs: this.clock.now(),
    }))
    shard.records.push(...records)
    return records
  }

  records(shardId: string): readonly FakeRecord[] {
    return this.#shard(shardId).records
  }

  parentsOf(shardId: string): readonly string[] {
    return this.#shard(shardId).parents
  }

  /** Ends a shard; answers its children. */
  split(shardId: string): string[] {
    const { start, end } = this.#shard(shardId)
    const middle = (start + end) / 2n
    return this.#replace(
      [shardId],
      [
        [start, middle],
        [middle + 1n, end],
      ],
    )
  }

  /** Ends two adjacent shards; answers their child. */
  merge(a: string, b: string): string {
    const [low, high] = [this.#shard(a), this.#shard(b)].sort((x, y) => (x.start < y.start ? -1 : 1)) as [
      FakeShard,
      FakeShard,
    ]
    if (low.end + 1n !== high.start) throw new Error('not adjacent')
    return this.#replace([low.shardId, high.shardId], [[low.start, high.end]])[0]!
  }

  /** Pairs of open shards that could be merged. */
  adjacentPairs(): [string, string][] {
    const open = this.openShardIds.map(id => this.#shard(id))
    return open.flatMap(a =>
      open.filter(b => a.end + 1n === b.start).map((b): [string, string] => [a.shardId, b.shardId]),
    )
  }

  /** Its records have passed their retention; the service lists it no longer. */
  expire(shardId: string): void {
    this.#shard(shardId).expired = true
  }

  /** Makes every iterator that was given out so far too old. */
  expireIterators(): void {
    this.#iteratorEpoch++
  }

  /** The next call of this operation fails. */
  fail(operation: keyof SourceStreamProxy, code: ErrorCode, { times = 1, shardId = null as string | null } = {}): void {
    const details = code === 'VALIDATION_FAILED' ? { errorName: 'InvalidArgumentException' } : {}
    for (let i = 0; i < times; i++)
      this.#failures.push({
        operation,
        shardId,
        error: new ServiceError(code, `${operation} failed: ${code}.`, { details }),
      })
  }

  get pendingFailures(): number {
    return this.#failures.length
  }

  callsOf(operation: keyof SourceStreamProxy, shardId: string | null = null): Call[] {
    return this.calls.filter(c => c.operation === operation && (shardId === null || c.shardId === shardId))
  }

  sourceProxy(): SourceStreamProxy & { readonly closed: boolean } {
    let closed = false
    const offset = (): number => this.clockOffsetMs
    const range = (): readonly [number, number] => [
      this.clockOffsetMs - this.clockSlackMs[0],
      this.clockOffsetMs + this.clockSlackMs[1],
    ]
    const called = (
      operation: keyof SourceStreamProxy,
      shardId: string | null,
      position: StartingPosition | null,
    ): void => {
      this.calls.push({ operation, shardId, position, atMs: this.clock.now() })
      if (closed) throw new ServiceError('ENDPOINT_UNREACHABLE', 'the client is closed')
      const i = this.#failures.findIndex(
        f => f.operation === operation && (f.shardId === null || f.shardId === shardId),
      )
      if (i >= 0) throw this.#failures.splice(i, 1)[0]!.error
      if (this.deleted) throw new ServiceError('STREAM_NOT_FOUND', `${operation}: no stream ${this.name}.`)
    }
    return {
      get closed() {
        return closed
      },
      describeStream: async () => {
        called('describeStream', null, null)
        return this.summary()
      },
      listShards: async () => {
        called('listShards', null, null)
        const answer = [...this.#shards.values()].filter(s => !s.expired).map(describeShard)
        if (this.listingsHeld !== null) await this.listingsHeld
        return this.tampering.listShards.shift()?.(answer) ?? answer
      },
      getShardIterator: async (shardId, position) => {
        called('getShardIterator', shardId, position)
        const shard = this.#shard(shardId)
        if (shard.expired) throw new ServiceError('STREAM_NOT_FOUND', `no shard ${shardId}`)
        if (position.type === 'AT_TIMESTAMP' && position.timestampMs > this.serviceNowMs()) throw futureTime()
        return `${this.#iteratorEpoch}/${shardId}/${indexOf(shard, position)}`
      },
      getRecords: async (shardId, shardIterator, limit) => {
        called('getRecords', shardId, null)
        const answer = this.#read(shardId, shardIterator, limit)
        return this.tampering.getRecords.shift()?.(answer) ?? answer
      },
      describeStreamConsumer: async consumerName => {
        called('describeStreamConsumer', null, null)
        return this.consumers.get(consumerName) ?? null
      },
      registerStreamConsumer: async consumerName => {
        called('registerStreamConsumer', null, null)
        if (this.consumers.has(consumerName)) throw new ServiceError('RESOURCE_IN_USE', 'there is one')
        const consumerArn = `${this.arn}/consumer/${consumerName}:1`
        const consumer = { consumerName, consumerArn, status: this.registersAs }
        this.consumers.set(consumerName, consumer)
        return consumer
      },
      deregisterStreamConsumer: async consumerArn => {
        called('deregisterStreamConsumer', null, null)
        for (const [name, consumer] of this.consumers)
          if (consumer.consumerArn === consumerArn) this.consumers.delete(name)
      },
      subscribeToShard: async (_consumerArn, shardId, position) => {
        called('subscribeToShard', shardId, position)
        if (position.type === 'AT_TIMESTAMP' && position.timestampMs > this.serviceNowMs()) throw futureTime()
        const subscription = new FakeSubscription(this.name, shardId)
        this.subscriptions.push(subscription)
        return subscription
      },
      get clockOffsetRangeMs() {
        return range()
      },
      get clockOffsetMs() {
        return offset()
      },
      close: () => (closed = true),
    }
  }

  /** The service's time, where it is not `clockOffsetMs` from the machine's. */
  serviceNowMs: () => number = () => Infinity

  summary(): StreamSummary {
    return {
      streamName: this.name,
      streamArn: this.arn,
      status: 'ACTIVE',
      creationTimeMs: this.creationTimeMs,
      retentionMs: this.retentionMs,
    }
  }

  #read(shardId: string, shardIterator: string, limit: number): GetRecordsResult {
    const [epoch, of, index] = shardIterator.split('/')
    if (of !== shardId) throw new Error(`the iterator is of ${String(of)}, not of ${shardId}`)
    if (Number(epoch) !== this.#iteratorEpoch) throw new ServiceError('ITERATOR_EXPIRED', 'Iterator expired.')
    const shard = this.#shard(shardId)
    const from = Number(index)
    const records = shard.records.slice(from, from + limit)
    const next = from + records.length
    const atTip = next === shard.records.length
    const ended = atTip && shard.endingSequenceNumber !== null
    return {
      batch: batchOf(this.name, shardId, records),
      nextShardIterator: ended ? null : `${epoch}/${shardId}/${next}`,
      millisBehindLatest: atTip ? 0 : this.clock.now() - (records.at(-1)?.arrivalMs ?? 0) + 1,
      childShards: ended && this.namesChildren ? shard.children.map(id => this.#childShard(id)) : [],
    }
  }

  #childShard(shardId: string): ChildShard {
    const { parents, start, end } = this.#shard(shardId)
    return { shardId, parentShards: parents, startingHashKey: String(start), endingHashKey: String(end) }
  }

  #replace(parents: readonly string[], ranges: readonly (readonly [bigint, bigint])[]): string[] {
    for (const id of parents) {
      const parent = this.#shard(id)
      if (parent.endingSequenceNumber !== null) throw new Error(`${id} is closed`)
      parent.endingSequenceNumber = this.#sequence()
    }
    const children = ranges.map(([start, end]) => this.#add(parents, start, end))
    for (const id of parents) this.#shard(id).children = children
    return children
  }

  #add(parents: readonly string[], start: bigint, end: bigint): string {
    const shardId = shardIdOf(this.#nextShard++)
    this.#shards.set(shardId, {
      shardId,
      parents,
      start,
      end,
      records: [],
      children: [],
      endingSequenceNumber: null,
      expired: false,
    })
    return shardId
  }

  #sequence(): string {
    return String(this.#nextSequence++).padStart(20, '0').replace(/^0/, '4')
  }

  #shard(shardId: string): FakeShard {
    const shard = this.#shards.get(shardId)
    if (shard === undefined) throw new ServiceError('STREAM_NOT_FOUND', `no shard ${shardId}`)
    return shard
  }
}

const futureTime = (): ServiceError =>
  new ServiceError('VALIDATION_FAILED', 'The timestamp is in the future.', {
    details: { errorName: 'InvalidArgumentException' },
  })

export function describeShard(shard: FakeShard): ShardDescription {
  return {
    shardId: shard.shardId,
    parentShardIds: shard.parents,
    startingHashKey: String(shard.start),
    endingHashKey: String(shard.end),
    startingSequenceNumber: '0',
    endingSequenceNumber: shard.endingSequenceNumber,
  }
}

function indexOf({ records }: FakeShard, position: StartingPosition): number {
  const first = (holds: (r: FakeRecord) => boolean): number => {
    const i = records.findIndex(holds)
    return i < 0 ? records.length : i
  }
  switch (position.type) {
    case 'TRIM_HORIZON':
      return 0
    case 'LATEST':
      return records.length
    case 'AT_TIMESTAMP':
      return first(r => r.arrivalMs >= position.timestampMs)
    case 'AT_SEQUENCE_NUMBER':
      return first(r => r.sequenceNumber >= position.sequenceNumber)
    case 'AFTER_SEQUENCE_NUMBER':
      return first(r => r.sequenceNumber > position.sequenceNumber)
  }
}

/** Records as a GetRecords answer holds them. */
export function batchOf(stream: string, shardId: string, records: readonly FakeRecord[]): RecordBatch {
  const parts: Buffer[] = []
  let at = 0
  const column = (): { offset: Uint32Array; length: Uint32Array } => ({
    offset: new Uint32Array(records.length),
    length: new Uint32Array(records.length),
  })
  const [data, key, sequence] = [column(), column(), column()]
  records.forEach((r, i) => {
    for (const [{ offset, length }, text] of [
      [data, r.data],
      [key, r.partitionKey],
      [sequence, r.sequenceNumber],
    ] as const) {
      const bytes = typeof text === 'string' ? Buffer.from(text) : text
      parts.push(bytes)
      offset[i] = at
      at += length[i] = bytes.length
    }
  })
  const slab = Buffer.concat(parts, at)
  const positions = new RecordPositions({
    stream,
    shardId,
    slab,
    keyOffset: key.offset,
    keyLength: key.length,
    sequenceOffset: sequence.offset,
    sequenceLength: sequence.length,
  })
  const timestamp = Float64Array.from(records, r => r.arrivalMs)
  return RecordBatch.ofSlab(
    'bytes',
    { slab, dataOffset: data.offset, dataLength: data.length },
    { timestamp, positions },
  )
}
