/**
 * Finds the shards of one stream and hands them to readers: at once when a parent finishes, and at each discovery interval.
 * Guarantees: a shard is handed out once; a child only after all of its known parents were emitted; a shard found after the
 * start is read from its beginning; a stream that was deleted or recreated is an error, never a finished source.
 */
import { isGone } from '../../../../aws/kinesis/shard-existence.ts'
import type {
  ShardDescription,
  SourceStreamProxy,
  StartingPosition,
  StreamSummary,
} from '../../../../aws/kinesis/stream-proxy.ts'
import type { OperatorState } from '../../../../checkpoint/operator-state.ts'
import { sleep } from '../../../../foundation/clock.ts'
import type { Clock } from '../../../../foundation/clock.ts'
import { ShardlineError } from '../../../../foundation/errors.ts'
import type { EnumeratorContext, KnownShard, RestoredSource, SourceEnumerator } from '../../../../operators/source.ts'
import { splitIdOf } from '../split/kinesis-shard-split.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'
import type { ShardAssignment, SplitEvent } from '../split/split-events.ts'
import { writeEnumeratorState } from './enumerator-state.ts'
import { checkSameStream, mayHaveExpired, missedRecordsWarning, restoredSplits } from './restored-splits.ts'
import type { AssignShards } from '../../../../operators/shard-assigner.ts'
import { SplitDistributor } from './split-distributor.ts'
import { SplitTracker } from './split-tracker.ts'
import { StreamInspection } from './stream-inspection.ts'
import type { StreamInspectionOptions } from './stream-inspection.ts'

export interface EnumeratorOptions extends StreamInspectionOptions {
  readonly assign: AssignShards
  /** Called when the proxy knows the service's clock. */
  readonly initialPosition: (proxy: SourceStreamProxy) => StartingPosition
  readonly preserveShardOrder: boolean
  readonly discoveryIntervalMs: number
  /** Whether the source ends at some instant. */
  readonly stops: boolean
}

/** How many finished shards are forgotten after one listing. Each costs a call. */
const MAX_FORGOTTEN_AT_ONCE = 20

/** A shard as a listing or the end of its parent describes it. */
type FoundShard = Omit<ShardDescription, 'startingSequenceNumber' | 'endingSequenceNumber'>

export class KinesisStreamsSourceEnumerator implements SourceEnumerator<SplitEvent> {
  readonly #proxy: SourceStreamProxy
  readonly #options: EnumeratorOptions
  readonly #context: EnumeratorContext<ShardAssignment>
  readonly #clock: Clock
  readonly #tracker: SplitTracker
  readonly #distributor: SplitDistributor
  readonly #closing = new AbortController()
  /** Shards that were read up to the instant at which the source stops. */
  readonly #stopped = new Set<string>()
  #streamArn = ''
  #creationTimeMs = 0
  /**
   * A shard has ended, and not all of its children are known. The source must not end, and the children must not start, before a
   * listing that began later.
   */
  #needsListing = false
  #listing = false
  #ended = false

  constructor(
    proxy: SourceStreamProxy,
    options: EnumeratorOptions,
    context: EnumeratorContext<ShardAssignment>,
    clock: Clock,
  ) {
    this.#proxy = proxy
    this.#options = options
    this.#context = context
    this.#clock = clock
    this.#tracker = new SplitTracker(options.preserveShardOrder)
    this.#distributor = new SplitDistributor({
      assign: options.assign,
      tracker: this.#tracker,
      context,
      onAssignedLater: () => this.#endIfStopped(),
    })
  }

  async start(restored: RestoredSource | null): Promise<void> {
    const { signal } = this.#closing
    const inspection = new StreamInspection(this.#options, {
      proxy: this.#proxy,
      clock: this.#clock,
      signal,
      warn: message => this.#context.warn?.(message),
    })
    const { summary, shards, consumerArn } = await inspection.inspect(restored)
    signal.throwIfAborted()
    this.#creationTimeMs = summary.creationTimeMs
    this.#streamArn = summary.streamArn
    this.#distributor.consumerArn = consumerArn
    const initialPosition = this.#options.initialPosition(this.#proxy)
    if (restored !== null) this.#restore(restored, summary, new Set(shards.map(s => s.shardId)))
    for (const shard of shards) this.#discover(shard, restored === null ? initialPosition : { type: 'TRIM_HORIZON' })
    this.#distributor.distribute()
    this.#endIfStopped()
    void this.#discoverPeriodically()
  }

  handleSourceEvent(_subtask: number, event: SplitEvent): void {
    if (event.type === 'stopped') {
      this.#stopped.add(event.shardId)
      this.#endIfStopped()
      return
    }
    const { shardId, childShards } = event
    this.#tracker.markFinished(shardId)
    this.#distributor.release(shardId)
    // Some endpoints end a shard without naming its children. And a child may have another parent that is not known yet, which
    // must be read before it.
    const known = childShards.length > 0 && childShards.every(c => c.parentShards.every(p => this.#tracker.has(p)))
    if (known)
      for (const { parentShards: parentShardIds, ...child } of childShards)
        this.#discover({ ...child, parentShardIds }, { type: 'TRIM_HORIZON' })
    this.#distributor.distribute()
    if (!known) {
      this.#needsListing = true
      void this.#list()
    }
    this.#endIfStopped()
  }

  snapshot(): OperatorState {
    return writeEnumeratorState({
      streamArn: this.#streamArn,
      creationTimeMs: this.#creationTimeMs,
      shards: this.#tracker.entries(),
    })
  }

  explain(): KnownShard[] {
    const stream = this.#streamArn.slice(this.#streamArn.lastIndexOf('/') + 1)
    return this.#tracker.entries().map(({ split, status }) => ({
      stream,
      shardId: split.shardId,
      parentShardIds: split.parentShardIds,
      startingHashKey: split.startingHashKey,
      endingHashKey: split.endingHashKey,
      status,
      subtask: this.#distributor.subtaskOf(split.shardId),
      waitsFor: status === 'UNASSIGNED' ? this.#tracker.unfinishedParents(split) : [],
    }))
  }

  close(): void {
    this.#closing.abort(new Error('The enumerator is closed.'))
    this.#distributor.close()
    this.#proxy.close()
  }

  /**
   * Unfinished splits of the checkpoint are read on. If the service no longer lists a shard, all of its records have passed the
   * retention, and its split is finished.
   */
  #restore(restored: RestoredSource, summary: StreamSummary, listed: ReadonlySet<string>): void {
    checkSameStream(restored, summary)
    const nowMs = this.#clock.now() + this.#proxy.clockOffsetMs
    const missed: KinesisShardSplit[] = []
    for (const [shardId, split] of restoredSplits(restored)) {
      const gone = !split.finished && !listed.has(shardId)
      const finished = split.finished || gone
      if (gone || (!finished && mayHaveExpired(split, summary, nowMs))) missed.push(split)
      this.#tracker.put({ ...split, finished }, finished ? 'FINISHED' : 'UNASSIGNED')
    }
    if (missed.length > 0) this.#context.warn?.(missedRecordsWarning(missed, summary))
  }

  #discover({ shardId, parentShardIds, startingHashKey, endingHashKey }: FoundShard, position: StartingPosition): void {
    if (this.#tracker.has(shardId)) return
    const streamArn = this.#streamArn
    this.#tracker.put(
      {
        splitId: splitIdOf(streamArn, shardId),
        streamArn,
        shardId,
        parentShardIds,
        startingHashKey,
        endingHashKey,
        position,
        continuationSequenceNumber: null,
        lastArrivalMs: null,
        finished: false,
      },
      'UNASSIGNED',
    )
  }

  async #discoverPeriodically(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        await sleep(this.#clock, this.#options.discoveryIntervalMs, signal)
      } catch {
        return
      }
      await this.#list()
    }
  }

  /** Ends a source that stops by itself once every shard that was handed out is done, and no further shard may be read. */
  #endIfStopped(): void {
    if (!this.#options.stops || this.#needsListing || this.#listing || this.#ended) return
    if (this.#tracker.assignedCount > this.#stopped.size || this.#tracker.assignable().length > 0) return
    this.#ended = true
    this.#distributor.close()
    this.#context.noMoreSplits()
  }

  /** Makes one listing at a time. If a listing was asked for meanwhile, it makes another, because the first may be too old. */
  async #list(): Promise<void> {
    if (this.#listing) return
    this.#listing = true
    try {
      do await this.#listOnce()
      while (this.#needsListing && !this.#closing.signal.aborted)
    } catch (error) {
      if (this.#closing.signal.aborted) return
      // A listing that fails for now is made again at the next interval. One that can never succeed fails the job.
      if (!(error instanceof ShardlineError) || !error.retryable) this.#context.fail(error)
    } finally {
      this.#listing = false
    }
    if (!this.#closing.signal.aborted) this.#endIfStopped()
  }

  async #listOnce(): Promise<void> {
    const needed = this.#needsListing
    this.#needsListing = false
    // Only shards that had finished before the listing began can be missing from it because the service has forgotten them.
    const finished = this.#tracker.finishedShards()
    let shards: ShardDescription[]
    try {
      shards = await this.#proxy.listShards()
    } catch (error) {
      if (needed) this.#needsListing = true
      throw error
    }
    if (this.#closing.signal.aborted) return
    for (const shard of shards) this.#discover(shard, { type: 'TRIM_HORIZON' })
    const listed = new Set(shards.map(s => s.shardId))
    this.#distributor.distribute()
    await this.#forgetGone(finished.filter(shardId => !listed.has(shardId)))
  }

  /**
   * Forgets finished shards that the service does not know any more. A listing may lack a shard by mistake: if that shard were
   * forgotten, it would be read again when the next listing has it.
   */
  async #forgetGone(shardIds: readonly string[]): Promise<void> {
    for (const shardId of shardIds.slice(0, MAX_FORGOTTEN_AT_ONCE))
      if (await isGone(this.#proxy, shardId).catch(falseWhenDenied)) this.#tracker.forget(shardId)
  }
}

/** Enhanced fan-out works without the permission to ask for iterators. A shard that cannot be asked about is not forgotten. */
function falseWhenDenied(error: unknown): boolean {
  if (error instanceof ShardlineError && error.code === 'ACCESS_DENIED') return false
  throw error
}
