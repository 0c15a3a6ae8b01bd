/**
 * One delivery stream of Amazon Data Firehose, by the AWS SDK. Only jobs that write to Firehose load this module. A put is made
 * once: the sink writer decides when records are sent again.
 */
import { DescribeDeliveryStreamCommand, FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose'

import type { Clock } from '../../foundation/clock.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { ConfigurationError } from '../../foundation/errors.ts'
import { InvalidAnswer, list, object, optionalCount, optionalText, text } from '../service/answer-checks.ts'
import { connectToAws, endpointOf } from '../service/aws-connection.ts'
import type { AwsConnection, MiddlewareStack } from '../service/aws-connection.ts'
import type { DeliveryStreamProxy } from './delivery-stream-proxy.ts'
import type { EntryRun, FailedEntry, PutRecordsResult } from '../kinesis/put-records-codec.ts'
import { readSdkAnswer } from '../service/sdk-answer.ts'
import type { SdkAnswer } from '../service/sdk-answer.ts'
import { sdkError } from '../service/service-errors.ts'
import type { Attempted } from '../service/service-errors.ts'

const CONTROL_ATTEMPTS = 3

/** Types of delivery streams that read from another service. */
const OTHER_SOURCES: ReadonlySet<string> = new Set(['KinesisStreamAsSource', 'MSKAsSource', 'DatabaseAsSource'])

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
    const { status, type } = await this.#read('DescribeDeliveryStream', answer, toDescription)
    // The service would refuse each put as if its records were at fault.
    if (type !== null && OTHER_SOURCES.has(type))
      throw new ConfigurationError(
        `Delivery stream ${this.deliveryStreamName} does not accept puts: its type is ${type}. Write to its source, or use a delivery stream whose source is Direct PUT.`,
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
    const failed = await this.#read('PutRecordBatch', answer, a => failedEntries(a, records.length))
    return { failed, shardIds: null }
  }

  close(): void {
    this.#connection.close()
    for (const client of this.#clients.values()) client.destroy()
  }

  async #call<T>(operation: string, attempts: number, call: (client: FirehoseClient) => Promise<T>): Promise<T> {
    await this.#connection.credentials()
    const client = this.#client(attempts)
    const attempted = this.#attempted(operation)
    try {
      return await call(client)
    } catch (cause) {
      throw await sdkError(cause, attempted, () => endpointOf(PutRecordBatchCommand, client.config))
    }
  }

  /** `read` returns what is needed of the answer, and throws `InvalidAnswer` when that is missing. */
  #read<A extends SdkAnswer, T>(operation: string, answer: A, read: (answer: A) => T): Promise<T> {
    const endpoint = (): Promise<URL> => endpointOf(PutRecordBatchCommand, this.#client(1).config)
    return readSdkAnswer(answer, read, this.#attempted(operation), endpoint)
  }

  #attempted(operation: string): Attempted {
    return { operation, stream: this.deliveryStreamName, kind: 'delivery stream' }
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

/** Each of the `sent` records has a result: an id, or the code of an error. */
function failedEntries(
  { RequestResponses, FailedPutCount }: { readonly RequestResponses?: unknown; readonly FailedPutCount?: unknown },
  sent: number,
): FailedEntry[] {
  const results = list(RequestResponses, 'RequestResponses')
  if (results.length !== sent) throw new InvalidAnswer(`it has ${results.length} results for ${sent} records`)
  const failed: FailedEntry[] = []
  results.forEach((result, index) => {
    const field = `RequestResponses[${index}]`
    const { ErrorCode, ErrorMessage, RecordId } = object(result, field)
    const errorCode = optionalText(ErrorCode, `${field}.ErrorCode`)
    if (errorCode === null) text(RecordId, `${field}.RecordId`)
    else failed.push({ index, errorCode, errorMessage: typeof ErrorMessage === 'string' ? ErrorMessage : '' })
  })
  const count = optionalCount(FailedPutCount, 'FailedPutCount') ?? failed.length
  if (count !== failed.length) throw new InvalidAnswer(`it names ${failed.length} of its ${count} failed records`)
  return failed
}

function toDescription({ DeliveryStreamDescription: description }: { readonly DeliveryStreamDescription?: unknown }) {
  const field = 'DeliveryStreamDescription'
  const { DeliveryStreamStatus: status, DeliveryStreamType: type } = object(description, field)
  return {
    status: optionalText(status, `${field}.DeliveryStreamStatus`),
    type: optionalText(type, `${field}.DeliveryStreamType`),
  }
}
