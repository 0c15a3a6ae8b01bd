/**
 * One delivery stream of Amazon Data Firehose, by the AWS SDK. In a module of its own: only jobs that need it load it. A put is
 * tried once: who sends says when it is sent again.
 */
import { DescribeDeliveryStreamCommand, FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose'

import type { Clock } from '../clock.ts'
import type { Configuration } from '../config/configuration.ts'
import { ConfigurationError, ServiceError } from '../errors.ts'
import { connectToAws, endpointOf } from './aws-connection.ts'
import type { AwsConnection, MiddlewareStack } from './aws-connection.ts'
import type { DeliveryStreamProxy } from './delivery-stream-proxy.ts'
import type { EntryRun, FailedEntry, PutRecordsResult } from './put-records-codec.ts'
import { sdkError } from './service-errors.ts'

const CONTROL_ATTEMPTS = 3

export class FirehoseDeliveryStream implements DeliveryStreamProxy {
  readonly deliveryStreamName: string
  readonly #connection: AwsConnection
  readonly #clients = new Map<number, FirehoseClient>()

  constructor(deliveryStreamName: string, configuration: Configuration, clock: Clock) {
    this.deliveryStreamName = deliveryStreamName
    this.#connection = connectToAws(configuration, null, clock, 'or AWS_DEFAULT_REGION')
  }

  async describe(): Promise<string> {
    const command = new DescribeDeliveryStreamCommand({ DeliveryStreamName: this.deliveryStreamName })
    const answer = await this.#call('DescribeDeliveryStream', CONTROL_ATTEMPTS, client => client.send(command))
    const { DeliveryStreamStatus: status, DeliveryStreamType: type } = answer.DeliveryStreamDescription ?? {}
    // Each put would be refused as if its records were at fault.
    if (type !== undefined && type !== 'DirectPut')
      throw new ConfigurationError(
        `Delivery stream ${this.deliveryStreamName} takes no records that are put: its type is ${type}. Write to what it reads from, or use one whose source is Direct PUT.`,
      )
    return status ?? 'ACTIVE'
  }

  async putRecordBatch(runs: readonly EntryRun[], signal: AbortSignal): Promise<PutRecordsResult> {
    const records: { readonly Data: Buffer }[] = []
    for (const { slab, dataOffset, dataLength, from, to } of runs)
      for (let i = from; i < to; i++)
        records.push({ Data: slab.subarray(dataOffset[i], dataOffset[i]! + dataLength[i]!) })
    const command = new PutRecordBatchCommand({ DeliveryStreamName: this.deliveryStreamName, Records: records })
    const answer = await this.#call('PutRecordBatch', 1, client => client.send(command, { abortSignal: signal }))
    const failed: FailedEntry[] = []
    answer.RequestResponses?.forEach(({ ErrorCode, ErrorMessage }, index) => {
      if (ErrorCode) failed.push({ index, errorCode: ErrorCode, errorMessage: ErrorMessage ?? '' })
    })
    const told = answer.FailedPutCount ?? 0
    if (told !== failed.length)
      throw new ServiceError(
        'RESPONSE_INVALID',
        `PutRecordBatch on delivery stream ${this.deliveryStreamName}: the answer names ${failed.length} of its ${told} failed records.`,
        { details: { stream: this.deliveryStreamName } },
      )
    return { failed, shardIds: null }
  }

  close(): void {
    this.#connection.close()
    for (const client of this.#clients.values()) client.destroy()
  }

  async #call<T>(operation: string, attempts: number, call: (client: FirehoseClient) => Promise<T>): Promise<T> {
    await this.#connection.credentials()
    const client = this.#client(attempts)
    const attempted = { operation, stream: this.deliveryStreamName, kind: 'delivery stream' } as const
    try {
      return await call(client)
    } catch (cause) {
      throw await sdkError(cause, attempted, () => endpointOf(PutRecordBatchCommand, client.config))
    }
  }

  #client(attempts: number): FirehoseClient {
    let client = this.#clients.get(attempts)
    if (client === undefined) {
      client = new FirehoseClient(this.#connection.clientOptions(attempts))
      this.#connection.adopt(client.middlewareStack as unknown as MiddlewareStack)
      this.#clients.set(attempts, client)
    }
    return client
  }
}
