/** A `PollingShardReader` over a fake stream, whose batches a test takes one by one. */
import type { SourceStreamProxy } from '../../../core/aws/kinesis/stream-proxy.ts'
import { RecordLosses } from '../../../core/connectors/kinesis/source/emitter/record-losses.ts'
import { Permits } from '../../../core/connectors/kinesis/source/reader/permits.ts'
import { PollingShardReader } from '../../../core/connectors/kinesis/source/reader/polling-shard-reader.ts'
import type { PollingOptions } from '../../../core/connectors/kinesis/source/reader/polling-shard-reader.ts'
import type { FetchEnd } from '../../../core/connectors/kinesis/source/reader/shard-reader.ts'
import type {
  KinesisShardSplit,
  SplitPosition,
} from '../../../core/connectors/kinesis/source/split/kinesis-shard-split.ts'
import { FakeStream, shardIdOf } from './fake-stream.ts'
import { ManualClock } from './manual-clock.ts'
import { pollingOptions, splitOf } from './splits.ts'

export const SHARD = shardIdOf(0)
export const BEGINNING: SplitPosition = { type: 'TRIM_HORIZON' }

export interface Reading {
  readonly clock: ManualClock
  readonly stream: FakeStream
  readonly reader: PollingShardReader
  readonly values: string[]
  readonly warnings: string[]
  /** Takes whatever is ready; answers how many records that were. */
  take(): number
  readonly end: FetchEnd | null
  readonly failure: unknown
}

export interface Given {
  readonly position?: SplitPosition
  readonly clock?: ManualClock
  readonly stream?: FakeStream
  readonly split?: Partial<KinesisShardSplit>
  readonly proxy?: SourceStreamProxy
}

export function reading(
  overrides: Partial<PollingOptions> = {},
  { position = BEGINNING, clock = new ManualClock(), stream = new FakeStream(clock), split = {}, ...given }: Given = {},
): Reading {
  const warnings: string[] = []
  const reader = new PollingShardReader(splitOf({ shardId: SHARD, position, ...split }), pollingOptions(overrides), {
    proxy: given.proxy ?? stream.sourceProxy(),
    clock,
    permits: new Permits(1),
    onReady: () => undefined,
    warn: message => warnings.push(message),
    losses: new RecordLosses(clock, message => warnings.push(message)),
  })
  const values: string[] = []
  const state = { end: null as FetchEnd | null, failure: null as unknown }
  reader.run().catch((error: unknown) => (state.failure = error))
  return {
    clock,
    stream,
    reader,
    values,
    warnings,
    take() {
      const fetched = reader.take()
      if (fetched === null) return 0
      state.end = fetched.end
      const taken = fetched.batch?.values().map(String) ?? []
      values.push(...taken)
      return taken.length
    },
    get end() {
      return state.end
    },
    get failure() {
      return state.failure
    },
  }
}
