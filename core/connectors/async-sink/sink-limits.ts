/** Checks the limits and the options of a sink before the job starts. */
import type { Configuration } from '../../foundation/config/configuration.ts'
import { sinkOptions } from '../../foundation/config/sink-options.ts'
import { ConfigurationError } from '../../foundation/errors.ts'
import type { BatchingLimits } from './batching-limits.ts'
import { sinkContracts } from './sink-contracts.ts'
import type { ServiceLimits } from './sink-contracts.ts'

/** @throws ConfigurationError that names the option */
export function checkSinkOptions(configuration: Configuration): void {
  for (const option of Object.values(sinkOptions)) configuration.find<unknown>(option)
  const { requestTimeoutMs: timeout } = sinkOptions
  if (configuration.get(timeout) <= 0)
    throw new ConfigurationError(
      `${timeout.key} must be more than 0. Otherwise no request has an answer in time, and all records are sent again for ever.`,
    )
}

/** Checks the rules of Flink's builder and the limits of the service. @throws ConfigurationError that names the setter */
export function checkSinkLimits(
  spec: BatchingLimits,
  sink = 'KinesisStreamsSink',
  service: ServiceLimits = sinkContracts['kinesis-streams'].service,
): void {
  const positive = [
    'maxBatchSize',
    'maxInFlightRequests',
    'maxBufferedRequests',
    'maxBatchSizeInBytes',
    'maxTimeInBufferMs',
    'maxRecordSizeInBytes',
  ] as const
  for (const name of positive)
    if (!Number.isSafeInteger(spec[name]) || spec[name] <= 0)
      throw new ConfigurationError(
        `${sink}: ${name} must be a positive whole number, not ${JSON.stringify(spec[name])}.`,
      )
  const rules: readonly (readonly [boolean, string])[] = [
    [
      spec.maxBufferedRequests > spec.maxBatchSize,
      `The maximum number of requests that may be buffered should be strictly greater than the maximum number of requests per batch: maxBufferedRequests is ${spec.maxBufferedRequests}, maxBatchSize ${spec.maxBatchSize}`,
    ],
    [
      spec.maxBatchSizeInBytes >= spec.maxRecordSizeInBytes,
      `The maximum allowed size in bytes per flush must be greater than or equal to the maximum allowed size in bytes of a single record: maxBatchSizeInBytes is ${spec.maxBatchSizeInBytes}, maxRecordSizeInBytes ${spec.maxRecordSizeInBytes}`,
    ],
    [
      spec.maxBatchSize <= service.records,
      `maxBatchSize (${spec.maxBatchSize}) is over the service's ${service.records} records a request`,
    ],
    [
      spec.maxBatchSizeInBytes <= service.requestBytes,
      `maxBatchSizeInBytes (${spec.maxBatchSizeInBytes}) is over the service's ${service.requestBytes} bytes a request`,
    ],
    [
      spec.maxRecordSizeInBytes <= service.recordBytes,
      `maxRecordSizeInBytes (${spec.maxRecordSizeInBytes}) is over the service's ${service.recordBytes} bytes a record`,
    ],
  ]
  for (const [holds, message] of rules) if (!holds) throw new ConfigurationError(`${sink}: ${message}.`)
}
