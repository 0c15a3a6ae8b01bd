/**
 * Finds the shards of one stream and hands them to readers: at once when a parent finishes, and at each discovery tick.
 * Guarantees: a shard is handed out once; a child only after all of its known parents were emitted; a shard found after the
 * start is read from its beginning; a stream that was deleted or recreated is an error, never a finished source.
 */
import type { OperatorState } from '../../../../checkpoint/operator-state.ts'
import { sleep } from '../../../../foundation/clock.ts'
import type { Clock } from '../../../../foundation/clock.ts'
import { CheckpointError, ServiceError, ShardlineError, messageOf } from '../../../../foundation/errors.ts'
import { PersistentFailure } from '../../../../foundation/persistent-failure.ts'
import { retrying } from '../../../../foundation/retry.ts'
import type { RetryOptions } from '../../../../foundation/retry.ts'
import type {
  SourceStreamProxy,
  ShardDescription,
  StartingPosition,
  StreamSummary,
} from '../../../../aws/kinesis/stream-proxy.ts'
import { whenCreated } from '../../../../aws/service/stream-readiness.ts'
import type {
  EnumeratorContext,
  KnownShard,
  RestoredSource,
  SourceEnumerator,
} from '../../../../operators/source/source.ts'
import { isGone } from '../../../../aws/kinesis/shard-existence.ts'
import { bySplitId, splitIdOf } from '../split/kinesis-shard-split.ts'
import type { KinesisShardSplit } from '../split/kinesis-shard-split.ts'
import { readSplits } from '../split/split-state.ts'
import { readEnumeratorState, writeEnumeratorState } from './enumerator-state.ts'
import { firstHole } from './shard-listing.ts'
import { SplitTracker } from './split-tracker.ts'
import type { AssignShards } from './shard-assigner.ts'
import type { ShardAssignment, SplitEvent } from '../split/split-events.ts'

export interface EnumeratorOptions {
  readonly streamName: string
  /** `null` when the source knows only the name: the service tells the ARN. */
  readonly streamArn: string | null
  readonly assign: AssignShards
  /** Asked once the proxy knows the service's clock. */
  readonly initialPosition: (proxy: SourceStreamProxy) => StartingPosition
  /** Makes the consumer of enhanced fan-out ready, and gives its ARN; null: shards are polled. */
  readonly prepareConsumer: ((proxy: SourceStreamProxy, signal: AbortSignal) => Promise<string | null>) | null
  readonly preserveShardOrder: boolean
  readonly discoveryIntervalMs: number
  /** For the calls of the start. */
  readonly retry: RetryOptions
  /** The source ends at some point of time. */
  readonly stops: boolean
}

/** Creation times are compared with this much tolerance: some endpoints round them to seconds. */
const CREATION_TOLERANCE_MS = 1000
/** Answers in a row that cannot be used, before the start fails. */
const MAX_INVALID_ANSWERS = 5
/** A stream that is being resharded may look incomplete for a moment. */
const MAX_LISTINGS_WITH_HOLES = 3
const LISTING_PAUSE_MS = 500
/** Finished shards that are forgotten after one listing: each costs a call. */
const MAX_FORGOTTEN_AT_ONCE = 20
/** In a warning; a stream may have thousands. */
const MISSED_SHARDS_NAMED = 5

export class KinesisStreamsSourceEnumerator implements SourceEnumerator<SplitEvent> {
  readonly #proxy: SourceStreamProxy
  readonly #options: EnumeratorOptions
  readonly #context: EnumeratorContext<ShardAssignment>
  readonly #clock: Clock
  readonly #tracker: SplitTracker
  readonly #closing = new AbortController()
  readonly #stopped = new Set<string>()
  /** Whom each shard was given to in this attempt. */
  readonly #subtaskOf = new Map<string, number>()
  #consumerArn: string | null = null
  /** An assigner of another process is thinking. */
  #assigning = false
  #streamArn = ''
  #creationTimeMs = 0
  /** A shard ended whose children are not all known: the source must not end, nor they start, before a listing that began later. */
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
  }

  async start(restored: RestoredSource | null): Promise<void> {
    const [summary, shards, consumerArn] = await this.#askService(restored)
    this.#closing.signal.throwIfAborted()
    this.#creationTimeMs = summary.creationTimeMs
    this.#streamArn = summary.streamArn
    this.#consumerArn = consumerArn
    const initialPosition = this.#options.initialPosition(this.#proxy)
    if (restored !== null) this.#restore(restored, summary, new Set(shards.map(s => s.shardId)))
    for (const shard of shards) this.#discover(shard, restored === null ? initialPosition : { type: 'TRIM_HORIZON' })
    this.#assign()
    this.#endIfStopped()
    void this.#discoverPeriodically()
  }

  /** The stream and its shards are asked for at once. The listing of a stream that was being created is made again. */
  async #askService(
    restored: RestoredSource | null,
  ): Promise<readonly [StreamSummary, readonly ShardDescription[], string | null]> {
    const { prepareConsumer } = this.#options
    const { signal } = this.#closing
    const list = (): Promise<ShardDescription[]> => this.#persistently(() => this.#listWhole(restored))
    const listing = list()
    listing.catch(() => undefined)
    const statuses = new Set<string>()
    const describe = async (): Promise<StreamSummary> => {
      const summary = await this.#describe()
      statuses.add(summary.status)
      return summary
    }
    const warn = (message: string): void => this.#context.warn?.(message)
    const what = `The source's stream ${this.#options.streamName}`
    const summary = await whenCreated(what, describe, { warn, signal }, this.#clock)
    const [shards, consumerArn] = await Promise.all([
      statuses.has('CREATING') ? list() : listing,
      prepareConsumer === null ? null : prepareConsumer(this.#proxy, signal),
    ])
    return [summary, shards, consumerArn]
  }

  /** Where the ARN is known, a source can do without: the permission to describe the stream is not needed then. */
  async #describe(): Promise<StreamSummary> {
    try {
      return await this.#persistently(() => this.#proxy.describeStream())
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'ACCESS_DENIED') throw error
      const { streamArn, streamName } = this.#options
      if (streamArn === null)
        throw new ServiceError(
          'ACCESS_DENIED',
          `${error.message} A source that is given the stream's ARN instead of its name does not need this permission.`,
          { cause: error, details: error.details },
        )
      this.#context.warn?.(
        `The permission kinesis:DescribeStreamSummary on stream ${streamName} is missing: the job reads the stream, but cannot tell whether it was recreated, or whether records expired since the checkpoint.`,
      )
      return { streamName, streamArn, status: 'ACTIVE', creationTimeMs: 0, retentionMs: null }
    }
  }

  handleSourceEvent(_subtask: number, event: SplitEvent): void {
    if (event.type === 'stopped') {
      this.#stopped.add(event.shardId)
      this.#endIfStopped()
      return
    }
    const { shardId, childShards } = event
    this.#tracker.markFinished(shardId)
    this.#subtaskOf.delete(shardId)
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
      subtask: this.#subtaskOf.get(split.shardId) ?? null,
      waitsFor: status === 'UNASSIGNED' ? this.#tracker.unfinishedParents(split) : [],
    }))
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
    const missed = new Map<string, KinesisShardSplit>()
    const put = (split: KinesisShardSplit, finished: boolean): void => {
      const gone = !finished && !listed.has(split.shardId)
      const done = finished || gone
      if (gone || (!done && this.#mayHaveExpired(split, summary))) missed.set(split.shardId, split)
      else missed.delete(split.shardId)
      this.#tracker.put({ ...split, finished: done }, done ? 'FINISHED' : 'UNASSIGNED')
    }
    if (restored.enumerator !== null) {
      const state = readEnumeratorState(restored.enumerator)
      if (state.streamArn !== this.#streamArn)
        throw new CheckpointError(
          'CHECKPOINT_UNREADABLE',
          `The checkpoint holds positions in ${state.streamArn}, but the source reads ${this.#streamArn}. Start without the checkpoint, or give the source a new uid.`,
          { details: { stream: summary.streamName } },
        )
      const known = state.creationTimeMs > 0 && summary.creationTimeMs > 0
      if (known && Math.abs(state.creationTimeMs - summary.creationTimeMs) > CREATION_TOLERANCE_MS)
        throw new ServiceError(
          'STREAM_RECREATED',
          `Stream ${summary.streamName} was created at ${new Date(summary.creationTimeMs).toISOString()}, but the checkpoint was made of one created at ${new Date(state.creationTimeMs).toISOString()}: its positions mean nothing here. Start without the checkpoint, or give the source a new uid.`,
          { details: { stream: summary.streamName } },
        )
      for (const { split, status } of state.shards) put(split, status === 'FINISHED')
    }
    for (const reader of restored.readers) for (const split of readSplits(reader)) put(split, split.finished)
    if (missed.size > 0) this.#warnOfMissed([...missed.values()].sort(bySplitId), summary)
  }

  /**
   * A call of the start, made again while the service throttles it, fails, or gives an answer that cannot be used. An endpoint that
   * is not there, and what the service refuses, end the start at once.
   */
  #persistently<T>(call: () => Promise<T>): Promise<T> {
    const { retry } = this.#options
    const failing = new PersistentFailure(this.#clock, message => this.#context.warn?.(message))
    return retrying(call, {
      ...retry,
      clock: this.#clock,
      signal: this.#closing.signal,
      attemptsFor: error => {
        if (!(error instanceof ShardlineError)) return 1
        if (error.code === 'THROTTLED' || error.code === 'SERVICE_FAILED') return Infinity
        return error.code === 'RESPONSE_INVALID' ? MAX_INVALID_ANSWERS : 1
      },
      onFailure: error => failing.failed(messageOf(error)),
    })
  }

  /** A shard that the first listing lacks would be read from its beginning when it is found, whatever the initial position. */
  async #listWhole(restored: RestoredSource | null): Promise<ShardDescription[]> {
    for (let attempt = 1; ; attempt++) {
      const shards = await this.#proxy.listShards()
      if (restored !== null) await this.#checkUnlisted(restored, shards)
      const hole = firstHole(shards)
      if (hole === null) return shards
      if (attempt === MAX_LISTINGS_WITH_HOLES) {
        this.#context.warn?.(
          `ListShards lists no open shard for the hash key ${hole}, in ${attempt} answers. Shards that appear later are read from their beginning.`,
        )
        return shards
      }
      await sleep(this.#clock, LISTING_PAUSE_MS, this.#closing.signal)
    }
  }

  /** @throws ServiceError RESPONSE_INVALID if the service still knows a shard that it did not list */
  async #checkUnlisted(restored: RestoredSource, shards: readonly ShardDescription[]): Promise<void> {
    const listed = new Set(shards.map(s => s.shardId))
    const finished = new Map<string, boolean>()
    const states = restored.enumerator === null ? [] : readEnumeratorState(restored.enumerator).shards
    for (const { split, status } of states) finished.set(split.shardId, status === 'FINISHED')
    for (const reader of restored.readers)
      for (const split of readSplits(reader)) finished.set(split.shardId, split.finished)
    for (const [shardId, done] of finished)
      if (!done && !listed.has(shardId) && !(await isGone(this.#proxy, shardId)))
        throw new ServiceError(
          'RESPONSE_INVALID',
          `ListShards failed: the answer cannot be used: it lacks shard ${shardId}, of which the service has records.`,
          { details: { operation: 'ListShards', shardId } },
        )
  }

  #mayHaveExpired({ lastArrivalMs }: KinesisShardSplit, { retentionMs }: StreamSummary): boolean {
    if (lastArrivalMs === null || retentionMs === null) return false
    return lastArrivalMs + retentionMs < this.#clock.now() + this.#proxy.clockOffsetMs
  }

  #warnOfMissed(splits: readonly KinesisShardSplit[], { streamName, retentionMs }: StreamSummary): void {
    const named = splits
      .slice(0, MISSED_SHARDS_NAMED)
      .map(({ shardId, lastArrivalMs }) =>
        lastArrivalMs === null ? shardId : `${shardId} (after ${new Date(lastArrivalMs).toISOString()})`,
      )
    const more = splits.length - named.length
    this.#context.warn?.(
      `Stream ${streamName} keeps records for ${retentionMs === null ? 'a limited time' : `${retentionMs / 3_600_000} hours`}, and the checkpoint is older: records may have been missed in ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}. Reading goes on at the oldest record that is left.`,
    )
  }

  #discover(
    shard: Omit<ShardDescription, 'startingSequenceNumber' | 'endingSequenceNumber'>,
    position: StartingPosition,
  ): void {
    if (this.#tracker.has(shard.shardId)) return
    const streamArn = this.#streamArn
    const { shardId, parentShardIds, startingHashKey, endingHashKey } = shard
    const splitId = splitIdOf(streamArn, shardId)
    this.#tracker.put(
      {
        splitId,
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

  /** Hands out what may be read now. An assigner of another process is asked for one lot after the other. */
  #assign(): void {
    if (this.#ended || this.#assigning) return
    const splits = this.#tracker.assignable()
    if (splits.length === 0) return
    let chosen: readonly number[] | Promise<readonly number[]>
    try {
      chosen = this.#options.assign(splits, { parallelism: this.#context.parallelism, assigned: this.#assigned() })
    } catch (error) {
      this.#context.fail(assignerFailed(error))
      return
    }
    if (!(chosen instanceof Promise)) {
      this.#handOut(splits, chosen)
      return
    }
    this.#assigning = true
    chosen.then(
      subtasks => {
        this.#assigning = false
        if (this.#closing.signal.aborted) return
        this.#handOut(splits, subtasks)
        this.#assign()
        this.#endIfStopped()
      },
      (error: unknown) => this.#context.fail(assignerFailed(error)),
    )
  }

  #handOut(splits: readonly KinesisShardSplit[], subtasks: readonly number[]): void {
    const bySubtask = new Map<number, ShardAssignment[]>()
    const { parallelism } = this.#context
    for (const [i, split] of splits.entries()) {
      const subtask = subtasks[i]
      if (subtask === undefined || !Number.isInteger(subtask) || subtask < 0 || subtask >= parallelism) {
        this.#context.fail(
          new ShardlineError(
            'CONFIGURATION_INVALID',
            `The shard assigner gave subtask ${String(subtask)} for ${split.shardId}; it must be a whole number from 0 to ${parallelism - 1}.`,
          ),
        )
        return
      }
      this.#tracker.markAssigned(split.shardId)
      this.#subtaskOf.set(split.shardId, subtask)
      const assignment = { split, consumerArn: this.#consumerArn }
      const assignments = bySubtask.get(subtask)
      if (assignments === undefined) bySubtask.set(subtask, [assignment])
      else assignments.push(assignment)
    }
    for (const [subtask, assignments] of bySubtask) this.#context.addSplits(subtask, assignments)
  }

  #assigned(): string[][] {
    const lists = Array.from({ length: this.#context.parallelism }, (): string[] => [])
    for (const [shardId, subtask] of this.#subtaskOf) lists[subtask]!.push(shardId)
    return lists
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
    if (this.#tracker.assignedCount > this.#stopped.size || this.#tracker.assignable().length > 0) return
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
        this.#assign()
        await this.#forgetGone(finished.filter(shardId => !listed.has(shardId)))
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

  /**
   * Forgets finished shards that the service does not know any more. One that a listing lacks by mistake would be read again when
   * the next listing has it.
   */
  async #forgetGone(shardIds: readonly string[]): Promise<void> {
    for (const shardId of shardIds.slice(0, MAX_FORGOTTEN_AT_ONCE))
      if (await isGone(this.#proxy, shardId).catch(remembersWhenDenied)) this.#tracker.forget(shardId)
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

/** Enhanced fan-out works without the permission to ask for iterators. A shard that cannot be asked about is not forgotten. */
function remembersWhenDenied(error: unknown): boolean {
  if (error instanceof ShardlineError && error.code === 'ACCESS_DENIED') return false
  throw error
}

function assignerFailed(cause: unknown): ShardlineError {
  return new ShardlineError('FUNCTION_FAILED', `The shard assigner failed: ${messageOf(cause)}`, { cause })
}
