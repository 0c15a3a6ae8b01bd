/** Dead letters in a Kinesis stream, a record of JSON each, with random partition keys. */
import type { SinkStreamProxy } from '../../aws/kinesis/stream-proxy.ts'
import { checkDestination, NO_START_CONTEXT } from '../../aws/service/stream-readiness.ts'
import type { StartContext } from '../../aws/service/stream-readiness.ts'
import type { Clock } from '../../foundation/clock.ts'
import { ShardlineError } from '../../foundation/errors.ts'
import { AsyncSinkWriter } from '../async-sink/async-sink-writer.ts'
import type { Rejection } from '../async-sink/rejection.ts'
import { entrySize } from '../async-sink/entry-runs.ts'
import { randomKeys } from '../partition-keys/random-keys.ts'
import { deadLetterToJson } from './dead-letter.ts'
import type { DeadLetter } from '../../operators/dead-letter.ts'
import type { DeadLetterDestination } from './dead-letter-destination.ts'

const LIMITS = {
  maxBatchSize: 500,
  maxInFlightRequests: 1,
  maxBufferedRequests: 1000,
  maxBatchSizeInBytes: 10 * 1024 * 1024,
  maxTimeInBufferMs: 1000,
  requestTimeoutMs: 600_000,
  failOnTimeout: false,
  failOnError: false,
}

export interface StreamDestinationServices {
  readonly clock: Clock
  readonly warn: (message: string) => void
  readonly random: () => number
}

export class StreamDestination implements DeadLetterDestination {
  readonly #proxy: SinkStreamProxy
  readonly #clock: Clock
  readonly #writer: AsyncSinkWriter

  constructor(proxy: SinkStreamProxy, { clock, warn, random }: StreamDestinationServices) {
    this.#proxy = proxy
    this.#clock = clock
    const options = { ...LIMITS, sinkName: `The dead letters' sink to stream ${proxy.streamName}` }
    this.#writer = new AsyncSinkWriter((runs, signal) => proxy.putRecords(runs, { signal }), options, {
      clock,
      fail: () => undefined, // `put` throws the error
      warn,
      random,
      deliverRejected: rejections => Promise.reject(refused(proxy.streamName, rejections[0]!)),
    })
  }

  async validate(context: StartContext = NO_START_CONTEXT): Promise<void> {
    const what = `The stream for dead letters ${this.#proxy.streamName}`
    await checkDestination(what, () => this.#proxy.describeStream(), context, this.#clock)
  }

  async put(deadLetters: readonly DeadLetter[]): Promise<void> {
    const lines = deadLetters.map(d => Buffer.from(deadLetterToJson(d, this.#clock.now())))
    let at = 0
    const dataOffset = Uint32Array.from(lines, line => (at += line.length) - line.length)
    await this.#writer.write({
      slab: Buffer.concat(lines),
      dataOffset,
      dataLength: Uint32Array.from(lines, l => l.length),
      ...randomKeys(lines.length),
      from: 0,
      to: lines.length,
    })
    await this.#writer.drain()
  }

  async close(): Promise<void> {
    this.#writer.close()
    this.#proxy.close()
  }
}

function refused(stream: string, { run, i, errorCode, message }: Rejection): ShardlineError {
  return new ShardlineError(
    'DEAD_LETTERS_FAILED',
    `Stream ${stream} does not take a dead letter of ${entrySize(run, i)} bytes: ${errorCode}: ${message} A dead letter is a third larger than its record. Raise the largest record size of the stream (UpdateMaxRecordSize), or write dead letters to a file.`,
    { details: { stream } },
  )
}
