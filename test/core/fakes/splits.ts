/** Splits, readers and enumerators over a fake stream, with everything that a test does not care about filled in. */
import type { EnumeratorOptions } from '../../../core/source/enumerator/kinesis-streams-source-enumerator.ts'
import { KinesisStreamsSourceEnumerator } from '../../../core/source/enumerator/kinesis-streams-source-enumerator.ts'
import { uniformShardAssigner } from '../../../core/source/enumerator/uniform-shard-assigner.ts'
import { KinesisStreamsSourceReader } from '../../../core/source/reader/kinesis-streams-source-reader.ts'
import type { PollingOptions } from '../../../core/source/reader/shard-split-reader.ts'
import type { EnumeratorContext, ReaderContext } from '../../../core/source/source.ts'
import type { KinesisShardSplit } from '../../../core/source/split/kinesis-shard-split.ts'
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
    finished: false,
    ...overrides,
  }
}

export const pollingOptions = (overrides: Partial<PollingOptions> = {}): PollingOptions => ({
  maxRecordCount: 10_000,
  emptyFetchIntervalMs: 250,
  nonEmptyFetchIntervalMs: 0,
  minFetchIntervalMs: 0,
  retryMinDelayMs: 300,
  retryMaxDelayMs: 1000,
  retryMaxAttempts: 50,
  stopAtMs: null,
  ...overrides,
})

/** What an enumerator asked of its job. */
export class RecordedEnumeratorContext implements EnumeratorContext {
  readonly parallelism: number
  readonly assigned: { readonly subtask: number; readonly split: KinesisShardSplit }[] = []
  readonly failures: unknown[] = []
  ended = false
  onSplits: (subtask: number, splits: readonly KinesisShardSplit[]) => void = () => undefined

  constructor(parallelism = 1) {
    this.parallelism = parallelism
  }

  get shardIds(): string[] {
    return this.assigned.map(a => a.split.shardId)
  }

  addSplits(subtask: number, splits: readonly unknown[]): void {
    for (const split of splits as KinesisShardSplit[]) this.assigned.push({ subtask, split })
    this.onSplits(subtask, splits as KinesisShardSplit[])
  }

  noMoreSplits(): void {
    this.ended = true
  }

  fail(error: unknown): void {
    this.failures.push(error)
  }
}

export const enumeratorOptions = (
  stream: FakeStream,
  overrides: Partial<EnumeratorOptions> = {},
): EnumeratorOptions => ({
  streamArn: stream.arn,
  assigner: uniformShardAssigner,
  initialPosition: { type: 'TRIM_HORIZON' },
  preserveShardOrder: true,
  discoveryIntervalMs: 10_000,
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
  overrides: Partial<PollingOptions & { readonly maxConcurrentReads: number }> = {},
): KinesisStreamsSourceReader {
  return new KinesisStreamsSourceReader(
    stream.sourceProxy(),
    { ...pollingOptions(), maxConcurrentReads: 8, ...overrides },
    batch => batch,
    { subtask: 0, sendEvent: () => undefined, fail: () => undefined, ...context },
    stream.clock,
  )
}
