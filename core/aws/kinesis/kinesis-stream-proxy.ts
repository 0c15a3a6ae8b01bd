/** One Kinesis stream: control calls by the AWS SDK, GetRecords and PutRecords by the data-plane client. */
import {
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  RegisterStreamConsumerCommand,
} from '@aws-sdk/client-kinesis'
import type { KinesisClient } from '@aws-sdk/client-kinesis'

import type { Clock } from '../../foundation/clock.ts'
import { awsOptions } from '../../foundation/config/aws-options.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { ConfigurationError, ShardlineError } from '../../foundation/errors.ts'
import type { ServiceError } from '../../foundation/errors.ts'
import { InvalidAnswer, list, optionalText, text } from '../service/answer-checks.ts'
import { parseStreamArn } from '../service/arn.ts'
import { createAwsAccess } from '../service/aws-access.ts'
import type { AwsAccess } from '../service/aws-access.ts'
import { DataPlaneClient } from './data-plane-client.ts'
import { FanOutClient } from './fan-out-client.ts'
import type { GetRecordsResult } from './get-records-result.ts'
import type { EntryRun, PutRecordsOptions, PutRecordsResult } from './put-records-codec.ts'
import { ServiceClock } from '../service/service-clock.ts'
import { readSdkAnswer } from '../service/sdk-answer.ts'
import type { SdkAnswer } from '../service/sdk-answer.ts'
import { invalidAnswer, sdkError } from '../service/service-errors.ts'
import type { Attempted } from '../service/service-errors.ts'
import { toConsumerDescription, toShardDescription, toStreamSummary } from './control-answers.ts'
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
  /** Known from the start, or from the description of the stream. */
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
    })
    this.#fanOut = new FanOutClient(this.#access, clock, {
      onDate: (date, sentAtMs, receivedAtMs) => this.#serviceClock.observe(date, sentAtMs, receivedAtMs),
    })
  }

  get clockOffsetMs(): number {
    return this.#serviceClock.offsetMs
  }

  get clockOffsetRangeMs(): readonly [least: number, most: number] {
    return this.#serviceClock.offsetRangeMs
  }

  get customEndpoint(): boolean {
    return this.#access.customEndpoint
  }

  async describeStream(): Promise<StreamSummary> {
    const summary = await this.#control(
      'DescribeStreamSummary',
      sdk => sdk.send(new DescribeStreamSummaryCommand(this.#stream())),
      answer => toStreamSummary(answer.StreamDescriptionSummary, this.streamName),
    )
    this.#arn ??= summary.streamArn
    return summary
  }

  async listShards(): Promise<ShardDescription[]> {
    const shards: ShardDescription[] = []
    let token: string | null = null
    const tokens = new Set<string>()
    do {
      const NextToken: string | null = token
      token = await this.#control(
        'ListShards',
        sdk => sdk.send(new ListShardsCommand(NextToken === null ? this.#stream() : { NextToken })),
        ({ Shards, NextToken: next }) => {
          shards.push(...list(Shards, 'Shards').map(toShardDescription))
          return optionalText(next, 'NextToken')
        },
      )
      if (token !== null && tokens.has(token))
        throw await this.#invalid('ListShards', 'NextToken leads back to an earlier page')
      if (token !== null) tokens.add(token)
    } while (token !== null)
    return shards
  }

  async getShardIterator(shardId: string, position: StartingPosition): Promise<string> {
    return this.#control(
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
      answer => text(answer.ShardIterator, 'ShardIterator'),
      { shardId },
    )
  }

  getRecords(shardId: string, shardIterator: string, limit: number): Promise<GetRecordsResult> {
    return this.#data.getRecords({ streamArn: this.#arn, streamName: this.streamName, shardId, shardIterator, limit })
  }

  async describeStreamConsumer(consumerName: string): Promise<ConsumerDescription | null> {
    const StreamARN = await this.#knownArn()
    try {
      return await this.#control(
        'DescribeStreamConsumer',
        sdk => sdk.send(new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: consumerName })),
        answer => toConsumerDescription(answer.ConsumerDescription, 'ConsumerDescription', consumerName),
        { consumer: consumerName },
      )
    } catch (error) {
      if (error instanceof ShardlineError && error.code === 'CONSUMER_NOT_FOUND') return null
      throw error
    }
  }

  async registerStreamConsumer(consumerName: string): Promise<ConsumerDescription> {
    const StreamARN = await this.#knownArn()
    return this.#control(
      'RegisterStreamConsumer',
      sdk => sdk.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: consumerName })),
      answer => toConsumerDescription(answer.Consumer, 'Consumer', consumerName),
      { consumer: consumerName },
    )
  }

  async deregisterStreamConsumer(consumerArn: string): Promise<void> {
    await this.#control(
      'DeregisterStreamConsumer',
      sdk => sdk.send(new DeregisterStreamConsumerCommand({ ConsumerARN: consumerArn })),
      () => undefined,
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

  /** The name, and the ARN if it is known. The service takes either; some emulators know only names. */
  #stream(): { StreamName: string; StreamARN?: string } {
    return this.#arn === null ? { StreamName: this.streamName } : { StreamName: this.streamName, StreamARN: this.#arn }
  }

  /** `read` returns what is needed of the answer, and throws `InvalidAnswer` when that is missing. */
  async #control<A extends SdkAnswer, T>(
    operation: string,
    call: (sdk: KinesisClient) => Promise<A>,
    read: (answer: A) => T,
    about: Pick<Attempted, 'shardId' | 'consumer'> = {},
  ): Promise<T> {
    const attempted = { operation, stream: this.streamName, ...about }
    await this.#access.credentials()
    let answer: A
    try {
      answer = await call(this.#access.sdk)
    } catch (cause) {
      throw await sdkError(cause, attempted, () => this.#access.endpoint())
    }
    return readSdkAnswer(answer, read, attempted, () => this.#access.endpoint())
  }

  async #invalid(operation: string, why: string): Promise<ServiceError> {
    const endpoint = (await this.#access.endpoint()).origin
    return invalidAnswer({ operation, stream: this.streamName, endpoint }, 200, new InvalidAnswer(why))
  }

  /** Observes the Date header of every answer: the service's time. */
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
