/**
 * What a source asks the service when it starts: the description of the stream, the list of its shards, and its consumer of
 * enhanced fan-out. Calls that are throttled, that fail at the service, or whose answer cannot be used are made again.
 */
import { isGone } from '../../../../aws/kinesis/shard-existence.ts'
import type { ShardDescription, SourceStreamProxy, StreamSummary } from '../../../../aws/kinesis/stream-proxy.ts'
import { whenCreated } from '../../../../aws/service/stream-readiness.ts'
import { sleep } from '../../../../foundation/clock.ts'
import type { Clock } from '../../../../foundation/clock.ts'
import { messageOf, ServiceError, ShardlineError } from '../../../../foundation/errors.ts'
import { PersistentFailure } from '../../../../foundation/persistent-failure.ts'
import { retrying } from '../../../../foundation/retry.ts'
import type { RetryOptions } from '../../../../foundation/retry.ts'
import type { RestoredSource } from '../../../../operators/source.ts'
import { restoredSplits } from './restored-splits.ts'
import { firstHole } from './shard-listing.ts'

export interface StreamInspectionOptions {
  readonly streamName: string
  /** `null` when the source knows only the name. The service then tells the ARN. */
  readonly streamArn: string | null
  /** Resolves to the ARN of the ACTIVE consumer. `null` when shards are polled. */
  readonly prepareConsumer: ((proxy: SourceStreamProxy, signal: AbortSignal) => Promise<string | null>) | null
  readonly retry: RetryOptions
}

export interface StreamInspectionServices {
  readonly proxy: SourceStreamProxy
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly warn: (message: string) => void
}

export interface InspectedStream {
  readonly summary: StreamSummary
  readonly shards: readonly ShardDescription[]
  /** `null` when shards are polled. */
  readonly consumerArn: string | null
}

/** Answers in a row that cannot be used, before the start fails. */
const MAX_INVALID_ANSWERS = 5
/** A stream that is being resharded may look incomplete for a moment. */
const MAX_LISTINGS_WITH_HOLES = 3
const LISTING_PAUSE_MS = 500

export class StreamInspection {
  readonly #options: StreamInspectionOptions
  readonly #services: StreamInspectionServices

  constructor(options: StreamInspectionOptions, services: StreamInspectionServices) {
    this.#options = options
    this.#services = services
  }

  /**
   * Describes the stream and lists its shards at the same time. If the stream is being created, it waits and lists them again.
   *
   * @param restored the state of the checkpoint: a shard that it knows must be listed, unless the service no longer knows it
   * @throws ServiceError; the reason of the signal
   */
  async inspect(restored: RestoredSource | null): Promise<InspectedStream> {
    const { prepareConsumer, streamName } = this.#options
    const { proxy, clock, signal, warn } = this.#services
    const list = (): Promise<ShardDescription[]> => this.#persistently(() => this.#listWhole(restored))
    const listing = list()
    listing.catch(() => undefined)
    const statuses = new Set<string>()
    const describe = async (): Promise<StreamSummary> => {
      const summary = await this.#describe()
      statuses.add(summary.status)
      return summary
    }
    const summary = await whenCreated(`The source's stream ${streamName}`, describe, { warn, signal }, clock)
    const [shards, consumerArn] = await Promise.all([
      statuses.has('CREATING') ? list() : listing,
      prepareConsumer === null ? null : prepareConsumer(proxy, signal),
    ])
    return { summary, shards, consumerArn }
  }

  /** A source that knows the ARN works without the permission to describe the stream. */
  async #describe(): Promise<StreamSummary> {
    try {
      return await this.#persistently(() => this.#services.proxy.describeStream())
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'ACCESS_DENIED') throw error
      const { streamArn, streamName } = this.#options
      if (streamArn === null)
        throw new ServiceError(
          'ACCESS_DENIED',
          `${error.message} A source that is given the stream's ARN instead of its name does not need this permission.`,
          { cause: error, details: error.details },
        )
      this.#services.warn(
        `The permission kinesis:DescribeStreamSummary on stream ${streamName} is missing: the job reads the stream, but cannot tell whether it was recreated, or whether records expired since the checkpoint.`,
      )
      return { streamName, streamArn, status: 'ACTIVE', creationTimeMs: 0, retentionMs: null }
    }
  }

  /** Makes a call until it succeeds. An endpoint that cannot be reached, and a refusal of the service, end the start at once. */
  #persistently<T>(call: () => Promise<T>): Promise<T> {
    const { clock, signal, warn } = this.#services
    const failing = new PersistentFailure(clock, warn)
    return retrying(call, {
      ...this.#options.retry,
      clock,
      signal,
      attemptsFor: error => {
        if (!(error instanceof ShardlineError)) return 1
        if (error.code === 'THROTTLED' || error.code === 'SERVICE_FAILED') return Infinity
        return error.code === 'RESPONSE_INVALID' ? MAX_INVALID_ANSWERS : 1
      },
      onFailure: error => failing.failed(messageOf(error)),
    })
  }

  /**
   * Lists the shards until the open ones cover all hash keys. A shard that is missing from the first listing would be read from its
   * beginning when it is found, whatever the initial position.
   */
  async #listWhole(restored: RestoredSource | null): Promise<ShardDescription[]> {
    const { proxy, clock, signal, warn } = this.#services
    for (let attempt = 1; ; attempt++) {
      const shards = await proxy.listShards()
      if (restored !== null) await this.#checkUnlisted(restored, shards)
      const hole = firstHole(shards)
      if (hole === null) return shards
      if (attempt === MAX_LISTINGS_WITH_HOLES) {
        warn(
          `ListShards lists no open shard for the hash key ${hole}, in ${attempt} answers. Shards that appear later are read from their beginning.`,
        )
        return shards
      }
      await sleep(clock, LISTING_PAUSE_MS, signal)
    }
  }

  /** @throws ServiceError RESPONSE_INVALID if the service still knows a shard that it did not list */
  async #checkUnlisted(restored: RestoredSource, shards: readonly ShardDescription[]): Promise<void> {
    const listed = new Set(shards.map(s => s.shardId))
    for (const [shardId, { finished }] of restoredSplits(restored))
      if (!finished && !listed.has(shardId) && !(await isGone(this.#services.proxy, shardId)))
        throw new ServiceError(
          'RESPONSE_INVALID',
          `ListShards failed: the answer cannot be used: it lacks shard ${shardId}, of which the service has records.`,
          { details: { operation: 'ListShards', shardId } },
        )
  }
}
