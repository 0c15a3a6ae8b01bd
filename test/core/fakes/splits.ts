/** Splits, readers and enumerators over a fake stream, with everything that a test does not care about filled in. */
import { SplitEnd } from '../../../core/event-time/split-end.ts'
import type { PolledBatch, SourceReader } from '../../../core/operators/source.ts'
import { RecordLosses } from '../../../core/connectors/kinesis/source/emitter/record-losses.ts'
import { RecordEmitter } from '../../../core/connectors/kinesis/source/emitter/record-emitter.ts'
import { deserializerOf } from '../../../schemas/deserialization.ts'
import { NO_SCHEMA_SERVICES } from '../../../schemas/glue/schema-services.ts'
import type { EnumeratorOptions } from '../../../core/connectors/kinesis/source/enumerator/kinesis-streams-source-enumerator.ts'
import type { ShardAssignment } from '../../../core/connectors/kinesis/source/split/split-events.ts'
import { KinesisStreamsSourceEnumerator } from '../../../core/connectors/kinesis/source/enumerator/kinesis-streams-source-enumerator.ts'
import { oneByOne } from '../../../core/operators/shard-assigner.ts'
import { uniformShardAssigner } from '../../../core/connectors/kinesis/source/enumerator/uniform-shard-assigner.ts'
import { KinesisStreamsSourceReader } from '../../../core/connectors/kinesis/source/reader/kinesis-streams-source-reader.ts'
import type { SourceReaderOptions } from '../../../core/connectors/kinesis/source/reader/kinesis-streams-source-reader.ts'
import type { PollingOptions } from '../../../core/connectors/kinesis/source/reader/polling-shard-reader.ts'
import type { EnumeratorContext, ReaderContext } from '../../../core/operators/source.ts'
import type { KinesisShardSplit } from '../../../core/connectors/kinesis/source/split/kinesis-shard-split.ts'
import type { FakeStream } from './fake-stream.ts'
import { arnOf, shardIdOf } from './fake-stream.ts'

export function splitOf(overrides: Partial<KinesisShardSplit> = {}): KinesisShardSplit {
  const shardId = overrides.shardId ?? shardIdOf(0)
  return {
    splitId: `${arnOf('flights')}/${shardId}`,
    streamArn: arnOf('flights'),
    shardId,
    parentShardIds: [],
    startingHashKey: '0',
    endingHashKey: '340282366920938463463374607431768211455',
    position: { type: 'TRIM_HORIZON' },
    continuationSequenceNumber: null,
    lastArrivalMs: null,
    finished: false,
    ...overrides,
  }
}

export const pollingOptions = (overrides: Partial<PollingOptions> = {}): PollingOptions => ({
  maxRecordCount: 10_000,
  emptyFetchIntervalMs: 250,
  nonEmptyFetchIntervalMs: 0,
  paced: false,
  quotaShare: 1,
  deaggregate: false,
  retryMinDelayMs: 300,
  retryMaxDelayMs: 1000,
  retryMaxAttempts: 50,
  stopAtMs: null,
  ...overrides,
})

export const sourceReaderOptions = (overrides: Partial<SourceReaderOptions> = {}): SourceReaderOptions => ({
  ...pollingOptions(),
  subscriptionTimeoutMs: 60_000,
  silenceTimeoutMs: 35_000,
  maxConcurrentReads: 8,
  fallsBackToPolling: false,
  ...overrides,
})

/** As the enumerator hands a split to a reader. */
export const assignmentOf = (split: KinesisShardSplit, consumerArn: string | null = null): ShardAssignment => ({
  split,
  consumerArn,
})

/** What an enumerator asked of its job. */
export class RecordedEnumeratorContext implements EnumeratorContext {
  readonly parallelism: number
  readonly assigned: {
    readonly subtask: number
    readonly split: KinesisShardSplit
    readonly consumerArn: string | null
  }[] = []
  readonly failures: unknown[] = []
  readonly warnings: string[] = []
  ended = false
  onSplits: (subtask: number, assignments: readonly ShardAssignment[]) => void = () => undefined

  constructor(parallelism = 1) {
    this.parallelism = parallelism
  }

  get shardIds(): string[] {
    return this.assigned.map(a => a.split.shardId)
  }

  addSplits(subtask: number, splits: readonly ShardAssignment[]): void {
    for (const { split, consumerArn } of splits) this.assigned.push({ subtask, split, consumerArn })
    this.onSplits(subtask, splits)
  }

  noMoreSplits(): void {
    this.ended = true
  }

  fail(error: unknown): void {
    this.failures.push(error)
  }

  warn(message: string): void {
    this.warnings.push(message)
  }
}

export const enumeratorOptions = (
  stream: FakeStream,
  overrides: Partial<EnumeratorOptions> = {},
): EnumeratorOptions => ({
  streamName: stream.name,
  streamArn: null,
  assign: oneByOne(uniformShardAssigner),
  initialPosition: () => ({ type: 'TRIM_HORIZON' }),
  prepareConsumer: null,
  preserveShardOrder: true,
  discoveryIntervalMs: 10_000,
  retry: { retryMinDelayMs: 100, retryMaxDelayMs: 1000, retryMaxAttempts: 50 },
  stops: false,
  ...overrides,
})

export function enumeratorOf(
  stream: FakeStream,
  context: EnumeratorContext,
  overrides: Partial<EnumeratorOptions> = {},
): KinesisStreamsSourceEnumerator {
  return new KinesisStreamsSourceEnumerator(
    stream.sourceProxy(),
    enumeratorOptions(stream, overrides),
    context,
    stream.clock,
  )
}

export function readerOf(
  stream: FakeStream,
  context: Partial<ReaderContext> = {},
  overrides: Partial<SourceReaderOptions> = {},
): KinesisStreamsSourceReader {
  const losses = new RecordLosses(stream.clock, message => context.warn?.(message))
  return new KinesisStreamsSourceReader(sourceReaderOptions(overrides), {
    proxy: stream.sourceProxy(),
    emitter: new RecordEmitter(deserializerOf({ type: 'byte-array' }, NO_SCHEMA_SERVICES), {
      poisonRecords: 'fail',
      deadLetters: null,
      losses,
    }),
    context: { subtask: 0, sendEvent: () => undefined, fail: () => undefined, ...context },
    clock: stream.clock,
    losses,
  })
}

/** Polls as a job does whose operators have nothing in flight: the end of a split has passed at once. */
export function pollBatch(reader: SourceReader, maxRecords?: number): PolledBatch | null {
  let polled = reader.poll(maxRecords)
  for (; polled instanceof SplitEnd; polled = reader.poll(maxRecords)) polled.arrived()
  return polled
}
