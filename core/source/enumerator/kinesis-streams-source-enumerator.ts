/**
 * Finds the shards of one stream and hands them to readers: at once when a parent finishes, and at each discovery tick.
 * Guarantees: a shard is handed out once; a child only after all of its known parents were emitted; a shard found after the
 * start is read from its beginning; a stream that was deleted or recreated is an error, never a finished source.
 */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import { sleep } from '../../clock.ts'
import type { Clock } from '../../clock.ts'
import { CheckpointError, ServiceError, ShardlineError } from '../../errors.ts'
import type { ChildShard } from '../../kinesis/get-records-codec.ts'
import type {
  SourceStreamProxy,
  ShardDescription,
  StartingPosition,
  StreamSummary,
} from '../../kinesis/stream-proxy.ts'
import type { EnumeratorContext, RestoredSource, SourceEnumerator } from '../source.ts'
import { splitIdOf } from '../split/kinesis-shard-split.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'
import { readSplits } from '../split/split-state.ts'
import { SplitTracker } from './split-tracker.ts'
import type { SplitStatus } from './split-tracker.ts'
import type { KinesisShardAssigner } from './uniform-shard-assigner.ts'

export const ENUMERATOR_STATE_VERSION = 1
const ENUMERATOR_STATE_TYPE = 'kinesis-enumerator'

export interface EnumeratorState {
  readonly streamArn: string
  /** Epoch milliseconds. */
  readonly creationTimeMs: number
  readonly shards: readonly { readonly split: KinesisShardSplit; readonly status: SplitStatus }[]
}

/** From a reader: all records of a shard were emitted. */
export interface SplitFinishedEvent {
  readonly type: 'finished'
  readonly shardId: string
  readonly childShards: readonly ChildShard[]
}

/** From a reader: a shard was emitted up to the instant at which the source stops. Its position stays good for a restore. */
export interface SplitStoppedEvent {
  readonly type: 'stopped'
  readonly shardId: string
}

export type SplitEvent = SplitFinishedEvent | SplitStoppedEvent

export interface EnumeratorOptions {
  readonly streamArn: string
  readonly assigner: KinesisShardAssigner
  readonly initialPosition: StartingPosition
  readonly preserveShardOrder: boolean
  readonly discoveryIntervalMs: number
  /** The source ends at some point of time. */
  readonly stops: boolean
}

/** Creation times are compared with this much tolerance: some endpoints round them to seconds. */
const CREATION_TOLERANCE_MS = 1000

export class KinesisStreamsSourceEnumerator implements SourceEnumerator {
  readonly #proxy: SourceStreamProxy
  readonly #options: EnumeratorOptions
  readonly #context: EnumeratorContext
  readonly #clock: Clock
  readonly #tracker: SplitTracker
  readonly #closing = new AbortController()
  readonly #stopped = new Set<string>()
  #creationTimeMs = 0
  /** A shard ended whose children are not all known: the source must not end, nor they start, before a listing that began later. */
  #needsListing = false
  #listing = false
  #ended = false

  constructor(proxy: SourceStreamProxy, options: EnumeratorOptions, context: EnumeratorContext, clock: Clock) {
    this.#proxy = proxy
    this.#options = options
    this.#context = context
    this.#clock = clock
    this.#tracker = new SplitTracker(options.preserveShardOrder)
  }

  async start(restored: RestoredSource | null): Promise<void> {
    const [summary, shards] = await Promise.all([this.#proxy.describeStream(), this.#proxy.listShards()])
    this.#closing.signal.throwIfAborted()
    this.#creationTimeMs = summary.creationTimeMs
    if (restored !== null) this.#restore(restored, summary, new Set(shards.map(s => s.shardId)))
    for (const shard of shards)
      this.#discover(shard, restored === null ? this.#options.initialPosition : { type: 'TRIM_HORIZON' })
    this.#assign()
    this.#endIfStopped()
    void this.#discoverPeriodically()
  }

  handleSourceEvent(_subtask: number, event: unknown): void {
    const splitEvent = event as SplitEvent
    if (splitEvent.type === 'stopped') {
      this.#stopped.add(splitEvent.shardId)
      this.#endIfStopped()
      return
    }
    const { shardId, childShards } = splitEvent
    this.#tracker.markFinished(shardId)
    // Some endpoints end a shard without naming its children; and a child may have another parent that is not known yet,
    // which must be read before it.
    const known = childShards.length > 0 && childShards.every(c => c.parentShards.every(p => this.#tracker.has(p)))
    for (const child of known ? childShards : [])
      this.#discover(
        {
          shardId: child.shardId,
          parentShardIds: child.parentShards,
          startingHashKey: child.startingHashKey,
          endingHashKey: child.endingHashKey,
        },
        { type: 'TRIM_HORIZON' },
      )
    this.#assign()
    if (!known) {
      this.#needsListing = true
      void this.#list()
    }
    this.#endIfStopped()
  }

  snapshot(): OperatorState {
    const state: EnumeratorState = {
      streamArn: this.#options.streamArn,
      creationTimeMs: this.#creationTimeMs,
      shards: this.#tracker.entries(),
    }
    return { type: ENUMERATOR_STATE_TYPE, version: ENUMERATOR_STATE_VERSION, json: state, bytes: null }
  }

  close(): void {
    this.#closing.abort(new Error('the enumerator is closed'))
    this.#proxy.close()
  }

  /**
   * The readers' word goes before the enumerator's: they took their snapshot later. What neither has finished is read on,
   * unless the service no longer lists the shard: then all of its records have passed their retention.
   */
  #restore(restored: RestoredSource, summary: StreamSummary, listed: ReadonlySet<string>): void {
    const put = (split: KinesisShardSplit, finished: boolean): void => {
      const done = finished || !listed.has(split.shardId)
      this.#tracker.put({ ...split, finished: done }, done ? 'FINISHED' : 'UNASSIGNED')
    }
    if (restored.enumerator !== null) {
      const state = readEnumeratorState(restored.enumerator)
      if (state.streamArn !== this.#options.streamArn)
        throw new CheckpointError(
          'CHECKPOINT_UNREADABLE',
          `The checkpoint holds positions in ${state.streamArn}, but the source reads ${this.#options.streamArn}. Start without the checkpoint, or give the source a new uid.`,
          { details: { stream: summary.streamName } },
        )
      if (Math.abs(state.creationTimeMs - summary.creationTimeMs) > CREATION_TOLERANCE_MS)
        throw new ServiceError(
          'STREAM_RECREATED',
          `Stream ${summary.streamName} was created at ${new Date(summary.creationTimeMs).toISOString()}, but the checkpoint was made of one created at ${new Date(state.creationTimeMs).toISOString()}: its positions mean nothing here. Start without the checkpoint, or give the source a new uid.`,
          { details: { stream: summary.streamName } },
        )
      for (const { split, status } of state.shards) put(split, status === 'FINISHED')
    }
    for (const reader of restored.readers) for (const split of readSplits(reader)) put(split, split.finished)
  }

  #discover(
    shard: Omit<ShardDescription, 'startingSequenceNumber' | 'endingSequenceNumber'>,
    position: StartingPosition,
  ): void {
    if (this.#tracker.has(shard.shardId)) return
    const { streamArn } = this.#options
    const { shardId, parentShardIds, startingHashKey, endingHashKey } = shard
    const splitId = splitIdOf(streamArn, shardId)
    this.#tracker.put(
      { splitId, streamArn, shardId, parentShardIds, startingHashKey, endingHashKey, position, finished: false },
      'UNASSIGNED',
    )
  }

  #assign(): void {
    if (this.#ended) return
    const bySubtask = new Map<number, KinesisShardSplit[]>()
    const { parallelism } = this.#context
    for (const split of this.#tracker.assignable()) {
      const subtask = this.#options.assigner(split, parallelism)
      if (!Number.isInteger(subtask) || subtask < 0 || subtask >= parallelism) {
        this.#context.fail(
          new ShardlineError(
            'CONFIGURATION_INVALID',
            `The shard assigner gave subtask ${subtask} for ${split.shardId}; it must be from 0 to ${parallelism - 1}.`,
          ),
        )
        return
      }
      this.#tracker.markAssigned(split.shardId)
      const splits = bySubtask.get(subtask)
      if (splits === undefined) bySubtask.set(subtask, [split])
      else splits.push(split)
    }
    for (const [subtask, splits] of bySubtask) this.#context.addSplits(subtask, splits)
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

  /** With a stopping source: once every shard that was handed out is done, nothing more is handed out. */
  #endIfStopped(): void {
    if (!this.#options.stops || this.#needsListing || this.#listing || this.#ended) return
    const reading = this.#tracker.entries().some(t => t.status === 'ASSIGNED' && !this.#stopped.has(t.split.shardId))
    if (reading || this.#tracker.assignable().length > 0) return
    this.#ended = true
    this.#context.noMoreSplits()
  }

  /** One listing at a time; one that was asked for meanwhile follows at once, because the first may have looked too early. */
  async #list(): Promise<void> {
    if (this.#listing) return
    this.#listing = true
    try {
      do {
        const needed = this.#takeNeed()
        // Only what had finished before the listing began may be missing from it because it is gone.
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
        for (const shardId of finished) if (!listed.has(shardId)) this.#tracker.forget(shardId)
        this.#assign()
      } while (this.#isNeeded())
    } catch (error) {
      if (this.#closing.signal.aborted) return
      // A listing that fails for now is tried again at the next tick; one that can never succeed ends the job.
      if (!(error instanceof ShardlineError) || !error.retryable) this.#context.fail(error)
    } finally {
      this.#listing = false
    }
    this.#endIfStopped()
  }

  #isNeeded(): boolean {
    return this.#needsListing
  }

  #takeNeed(): boolean {
    const needed = this.#needsListing
    this.#needsListing = false
    return needed
  }
}

function readEnumeratorState({ type, version, json }: OperatorState): EnumeratorState {
  if (type !== ENUMERATOR_STATE_TYPE || version !== ENUMERATOR_STATE_VERSION)
    throw new CheckpointError(
      'CHECKPOINT_UNREADABLE',
      `The checkpoint holds '${type}' state of version ${version} where a Kinesis source expects '${ENUMERATOR_STATE_TYPE}' of version ${ENUMERATOR_STATE_VERSION}. It was made by another kind of source, or by another version.`,
    )
  return json as EnumeratorState
}
