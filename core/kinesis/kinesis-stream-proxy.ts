/** One stream of the real service: control calls by the SDK, the two hot calls by the data-plane client. */
import { DescribeStreamSummaryCommand, GetShardIteratorCommand, ListShardsCommand } from '@aws-sdk/client-kinesis'
import type { KinesisClient, ListShardsCommandOutput, Shard } from '@aws-sdk/client-kinesis'

import type { Clock } from '../clock.ts'
import { awsOptions } from '../config/aws-options.ts'
import type { Configuration } from '../config/configuration.ts'
import { ConfigurationError, ShardlineError } from '../errors.ts'
import { parseStreamArn } from './arn.ts'
import { createAwsAccess } from './aws-access.ts'
import type { AwsAccess } from './aws-access.ts'
import { DataPlaneClient } from './data-plane-client.ts'
import type { GetRecordsResult } from './get-records-codec.ts'
import type { EntryRun, FailedEntry } from './put-records-codec.ts'
import { serviceError, unreachable } from './service-errors.ts'
import type { Attempted } from './service-errors.ts'
import type {
  ShardDescription,
  SinkStreamProxy,
  SourceStreamProxy,
  StartingPosition,
  StreamSummary,
} from './stream-proxy.ts'

export interface StreamIdentity {
  readonly streamArn: string | null
  readonly streamName: string | null
}

export class KinesisStreamProxy implements SourceStreamProxy, SinkStreamProxy {
  readonly streamName: string
  readonly #arn: string | null
  readonly #access: AwsAccess
  readonly #data: DataPlaneClient

  constructor(identity: StreamIdentity, configuration: Configuration, clock: Clock) {
    const arn = identity.streamArn === null ? null : parseStreamArn(identity.streamArn)
    const name = arn?.streamName ?? identity.streamName
    if (name === null || name === '')
      throw new ConfigurationError('The stream name must be set: give a stream ARN or a stream name.')
    this.streamName = name
    this.#arn = identity.streamArn
    this.#access = createAwsAccess(configuration, arn?.region ?? null)
    this.#data = new DataPlaneClient(this.#access, clock, {
      maxConnections: configuration.get(awsOptions.maxConcurrency),
      readTimeoutMs: configuration.get(awsOptions.readTimeoutMs),
      trustAllCertificates: configuration.get(awsOptions.trustAllCertificates),
    })
  }

  get customEndpoint(): boolean {
    return this.#access.customEndpoint
  }

  async describeStream(): Promise<StreamSummary> {
    const answer = await this.#control('DescribeStreamSummary', sdk =>
      sdk.send(new DescribeStreamSummaryCommand(this.#stream())),
    )
    const summary = answer.StreamDescriptionSummary!
    return {
      streamName: summary.StreamName!,
      streamArn: summary.StreamARN!,
      status: summary.StreamStatus!,
      creationTimeMs: summary.StreamCreationTimestamp?.getTime() ?? 0,
    }
  }

  async listShards(): Promise<ShardDescription[]> {
    const shards: ShardDescription[] = []
    let nextToken: string | undefined
    do {
      const page: ListShardsCommandOutput = await this.#control('ListShards', sdk =>
        sdk.send(new ListShardsCommand(nextToken === undefined ? this.#stream() : { NextToken: nextToken })),
      )
      shards.push(...(page.Shards ?? []).map(toShardDescription))
      nextToken = page.NextToken
    } while (nextToken !== undefined)
    return shards
  }

  async getShardIterator(shardId: string, position: StartingPosition): Promise<string> {
    const answer = await this.#control(
      'GetShardIterator',
      sdk =>
        sdk.send(
          new GetShardIteratorCommand({
            ...this.#stream(),
            ShardId: shardId,
            ShardIteratorType: position.type,
            ...('sequenceNumber' in position ? { StartingSequenceNumber: position.sequenceNumber } : {}),
            ...('timestampMs' in position ? { Timestamp: new Date(position.timestampMs) } : {}),
          }),
        ),
      shardId,
    )
    return answer.ShardIterator!
  }

  getRecords(shardId: string, shardIterator: string, limit: number): Promise<GetRecordsResult> {
    return this.#data.getRecords({ streamArn: this.#arn!, streamName: this.streamName, shardId, shardIterator, limit })
  }

  putRecords(runs: readonly EntryRun[]): Promise<FailedEntry[]> {
    return this.#data.putRecords({ streamArn: this.#arn, streamName: this.streamName }, runs, this.streamName)
  }

  close(): void {
    this.#data.close()
    this.#access.close()
  }

  /** Both where both are known: the service takes either, some emulators know only names. */
  #stream(): { StreamName: string; StreamARN?: string } {
    return this.#arn === null ? { StreamName: this.streamName } : { StreamName: this.streamName, StreamARN: this.#arn }
  }

  async #control<T>(operation: string, call: (sdk: KinesisClient) => Promise<T>, shardId?: string): Promise<T> {
    await this.#access.credentials()
    try {
      return await call(this.#access.sdk)
    } catch (cause) {
      throw await this.#translate(cause, { operation, stream: this.streamName, shardId })
    }
  }

  async #translate(cause: unknown, attempted: Attempted): Promise<ShardlineError> {
    if (cause instanceof ShardlineError) return cause
    const error = cause as Error & { $metadata?: { httpStatusCode?: number } }
    const status = error.$metadata?.httpStatusCode
    if (status === undefined && ('code' in error || 'errno' in error || error.name === 'TimeoutError'))
      return unreachable((await this.#access.endpoint()).origin, attempted, error)
    return serviceError(error.name, error.message, status ?? 0, attempted, cause)
  }
}

function toShardDescription(shard: Shard): ShardDescription {
  const parents = [shard.ParentShardId, shard.AdjacentParentShardId]
  return {
    shardId: shard.ShardId!,
    parentShardIds: parents.filter(id => id !== undefined),
    startingHashKey: shard.HashKeyRange!.StartingHashKey!,
    endingHashKey: shard.HashKeyRange!.EndingHashKey!,
    startingSequenceNumber: shard.SequenceNumberRange!.StartingSequenceNumber!,
    endingSequenceNumber: shard.SequenceNumberRange!.EndingSequenceNumber ?? null,
  }
}
