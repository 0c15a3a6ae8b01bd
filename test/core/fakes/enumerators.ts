/** An enumerator over a fake stream, with a context that records what it does. */
import type { SplitEvent } from '../../../core/connectors/kinesis/source/split/split-events.ts'
import { FakeStream } from './fake-stream.ts'
import { ManualClock } from './manual-clock.ts'
import { enumeratorOf, RecordedEnumeratorContext } from './splits.ts'

export function enumerating(shards = 1, overrides: Parameters<typeof enumeratorOf>[2] = {}, parallelism = 1) {
  const clock = new ManualClock()
  const stream = new FakeStream(clock, { shards })
  const context = new RecordedEnumeratorContext(parallelism)
  const enumerator = enumeratorOf(stream, context, overrides)
  return { clock, stream, context, enumerator }
}

export function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>(r => (resolve = r))
  return { promise, resolve }
}

/** The event of a reader that has emitted a whole shard. */
export function finishedEvent(stream: FakeStream, shardId: string, children: readonly string[] = []): SplitEvent {
  const childShards = children.map(id => ({
    shardId: id,
    parentShards: stream.parentsOf(id),
    startingHashKey: '0',
    endingHashKey: '1',
  }))
  return { type: 'finished', shardId, childShards }
}
