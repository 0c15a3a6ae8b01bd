/** What the Firehose sink asks of the network. */
import type { EntryRun, PutRecordsResult } from '../kinesis/put-records-codec.ts'

export interface DeliveryStreamProxy {
  readonly deliveryStreamName: string
  /** Its status. @throws ServiceError, ConfigurationError where it is no stream to put records to */
  describe(): Promise<string>
  /** Keys are not sent: a delivery stream has none. @throws ServiceError */
  putRecordBatch(runs: readonly EntryRun[], signal: AbortSignal): Promise<PutRecordsResult>
  close(): void
}
