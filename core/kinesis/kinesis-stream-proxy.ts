/** One stream of the real service: control calls by the SDK, the two hot calls by the data-plane client. */
import {
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  RegisterStreamConsumerCommand,
} from '@aws-sdk/client-kinesis'
import type { Consumer, KinesisClient, ListShardsCommandOutput, Shard } from '@aws-sdk/client-kinesis'

import type { Clock } from '../clock.ts'
import { awsOptions } from '../config/aws-options.ts'
import type { Configuration } from '../config/configuration.ts'
import { ConfigurationError, ShardlineError } from '../errors.ts'
import { parseStreamArn } from './arn.ts'
import { createAwsAccess } from './aws-access.ts'
import type { AwsAccess } from './aws-access.ts'
import { DataPlaneClient } from './data-plane-client.ts'
import { FanOutClient } from './fan-out-client.ts'
import type { GetRecordsResult } from './get-records-codec.ts'
import type { EntryRun, PutRecordsOptions, PutRecordsResult } from './put-records-codec.ts'
import { ServiceClock } from './service-clock.ts'
import { sdkError } from './service-errors.ts'
import type { Attempted } from './service-errors.ts'
import type {
  ConsumerDescription,
  ShardDescription,
  ShardSubscription,
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
  /** Told at the start, or by the service when it describes the stream. */
  #arn: string | null
  readonly #access: AwsAccess
  readonly #data: DataPlaneClient
  readonly #clock: Clock
  readonly #serviceClock = new ServiceClock()
  readonly #fanOut: FanOutClient

  constructor(identity: StreamIdentity, configuration: Configuration, clock: Clock) {
    const arn = identity.streamArn === null ? null : parseStreamArn(identity.streamArn)
    const name = arn?.streamName ?? identity.streamName
    if (name === null || name === '')
      throw new ConfigurationError('The stream name must be set: give a stream ARN or a stream name.')
    this.streamName = name
    this.#arn = identity.streamArn
    this.#clock = clock
    this.#access = createAwsAccess(configuration, arn?.region ?? null)
    this.#observeDates()
    this.#data = new DataPlaneClient(this.#access, clock, {
      maxConnections: configuration.get(awsOptions.maxConcurrency),
      readTimeoutMs: configuration.get(awsOptions.readTimeoutMs),
      trustAllCertificates: configuration.get(awsOptions.trustAllCertificates),
    })
    this.#fanOut = new FanOutClient(this.#access, clock, {
      trustAllCertificates: configuration.get(awsOptions.trustAllCertificates),
      onDate: (date, sentAtMs, receivedAtMs) => this.#serviceClock.observe(date, sentAtMs, receivedAtMs),
    })
  }

  get clockOffsetMs(): number {
    return this.#serviceClock.offsetMs
  }

  get customEndpoint(): boolean {
    return this.#access.customEndpoint
  }

  async describeStream(): Promise<StreamSummary> {
    const answer = await this.#control('DescribeStreamSummary', sdk =>
      sdk.send(new DescribeStreamSummaryCommand(this.#stream())),
    )
    const summary = answer.StreamDescriptionSummary!
    this.#arn ??= summary.StreamARN!
    return {
      streamName: summary.StreamName!,
      streamArn: summary.StreamARN!,
      status: summary.StreamStatus!,
      creationTimeMs: summary.StreamCreationTimestamp?.getTime() ?? 0,
      retentionMs: summary.RetentionPeriodHours === undefined ? null : summary.RetentionPeriodHours * 3_600_000,
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
      { shardId },
    )
    return answer.ShardIterator!
  }

  getRecords(shardId: string, shardIterator: string, limit: number): Promise<GetRecordsResult> {
    return this.#data.getRecords({ streamArn: this.#arn, streamName: this.streamName, shardId, shardIterator, limit })
  }

  async describeStreamConsumer(consumerName: string): Promise<ConsumerDescription | null> {
    const StreamARN = await this.#knownArn()
    try {
      const { ConsumerDescription: found } = await this.#control(
        'DescribeStreamConsumer',
        sdk => sdk.send(new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: consumerName })),
        { consumer: consumerName },
      )
      return toConsumerDescription(found!)
    } catch (error) {
      if (error instanceof ShardlineError && error.code === 'CONSUMER_NOT_FOUND') return null
      throw error
    }
  }

  async registerStreamConsumer(consumerName: string): Promise<ConsumerDescription> {
    const StreamARN = await this.#knownArn()
    const { Consumer: made } = await this.#control(
      'RegisterStreamConsumer',
      sdk => sdk.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: consumerName })),
      { consumer: consumerName },
    )
    return toConsumerDescription(made!)
  }

  async deregisterStreamConsumer(consumerArn: string): Promise<void> {
    await this.#control(
      'DeregisterStreamConsumer',
      sdk => sdk.send(new DeregisterStreamConsumerCommand({ ConsumerARN: consumerArn })),
      { consumer: consumerArn.split('/').at(-1)!.split(':')[0] },
    )
  }

  subscribeToShard(
    consumerArn: string,
    shardId: string,
    position: StartingPosition,
    signal: AbortSignal,
  ): Promise<ShardSubscription> {
    return this.#fanOut.subscribe({ streamName: this.streamName, consumerArn, shardId, position }, signal)
  }

  putRecords(runs: readonly EntryRun[], options?: PutRecordsOptions): Promise<PutRecordsResult> {
    return this.#data.putRecords({ streamArn: this.#arn, streamName: this.streamName }, runs, this.streamName, options)
  }

  close(): void {
    this.#data.close()
    this.#fanOut.close()
    this.#access.close()
  }

  async #knownArn(): Promise<string> {
    return this.#arn ?? (await this.describeStream()).streamArn
  }

  /** Both where both are known: the service takes either, some emulators know only names. */
  #stream(): { StreamName: string; StreamARN?: string } {
    return this.#arn === null ? { StreamName: this.streamName } : { StreamName: this.streamName, StreamARN: this.#arn }
  }

  async #control<T>(
    operation: string,
    call: (sdk: KinesisClient) => Promise<T>,
    about: Pick<Attempted, 'shardId' | 'consumer'> = {},
  ): Promise<T> {
    await this.#access.credentials()
    try {
      return await call(this.#access.sdk)
    } catch (cause) {
      throw await sdkError(cause, { operation, stream: this.streamName, ...about }, () => this.#access.endpoint())
    }
  }

  /** Every answer says what time it is at the service. */
  #observeDates(): void {
    this.#access.sdk.middlewareStack.add(
      next => async args => {
        const sentAtMs = this.#clock.now()
        const result = await next(args)
        const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> }
        this.#serviceClock.observe(headers?.['date'], sentAtMs, this.#clock.now())
        return result
      },
      { step: 'deserialize', name: 'shardlineServiceClock' },
    )
  }
}

function toConsumerDescription(consumer: Consumer): ConsumerDescription {
  return {
    consumerName: consumer.ConsumerName!,
    consumerArn: consumer.ConsumerARN!,
    status: consumer.ConsumerStatus as ConsumerDescription['status'],
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
