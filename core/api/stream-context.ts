/** What streams need from the environment that they belong to. */
import type { Job } from '../runtime/job/job.ts'
import type { DataStream } from './data-stream.ts'
import type { GraphAssembler } from './graph-assembler.ts'
import type { KeyedStream } from './keyed-stream.ts'
import type { StreamOrigin } from './stream-origin.ts'

export interface StreamContext {
  readonly assembler: GraphAssembler
  executeAsync(jobName?: string): Promise<Job>
  dataStream<T>(origin: StreamOrigin): DataStream<T>
  keyedStream<K, T>(origin: StreamOrigin, keyed: DataStream<T>): KeyedStream<K, T>
}
