/** An `AsyncSinkWriter` over a `FakeSinkStream`, with small limits and a manual clock. */
import { AsyncSinkWriter } from '../../../core/connectors/async-sink/async-sink-writer.ts'
import type {
  AsyncSinkWriterOptions,
  AsyncSinkWriterServices,
} from '../../../core/connectors/async-sink/async-sink-writer.ts'
import { ServiceError } from '../../../core/foundation/errors.ts'
import { entriesOf, FakeSinkStream, runOf } from './fake-sink-stream.ts'
import type { Entry } from './fake-sink-stream.ts'
import { ManualClock, settle } from './manual-clock.ts'

export const TIMEOUT_MS = 600_000

export const optionsOf = (overrides: Partial<AsyncSinkWriterOptions> = {}): AsyncSinkWriterOptions => ({
  maxBatchSize: 4,
  maxInFlightRequests: 2,
  maxBufferedRequests: 10,
  maxBatchSizeInBytes: 1000,
  maxTimeInBufferMs: 5000,
  requestTimeoutMs: TIMEOUT_MS,
  failOnTimeout: false,
  failOnError: false,
  sinkName: 'The sink to stream out',
  ...overrides,
})

export function writing(
  overrides: Partial<AsyncSinkWriterOptions> = {},
  services: Partial<AsyncSinkWriterServices> = {},
) {
  const clock = new ManualClock()
  const stream = new FakeSinkStream()
  const failures: unknown[] = []
  const warnings: string[] = []
  const writer = new AsyncSinkWriter(stream.send, optionsOf(overrides), {
    clock,
    fail: e => failures.push(e),
    warn: message => warnings.push(message),
    ...services,
  })
  return {
    clock,
    stream,
    writer,
    failures,
    warnings,
    /** Without those of requests that wait for an answer. */
    armed: () => clock.armed.filter(ms => ms !== TIMEOUT_MS),
    write: (...names: string[]) => writer.write(runOf(names.map(named))),
    sent: () => stream.requests.map(r => r.entries.map(e => e[1]).join('')),
    buffered: () =>
      entriesOf(writer.buffered())
        .map(e => e[1])
        .join(''),
  }
}

export const named = (name: string): Entry => [`k${name}`, name]
export const throttled = (): ServiceError => new ServiceError('THROTTLED', 'Rate exceeded.')

export const invalid = (): ServiceError =>
  new ServiceError('VALIDATION_FAILED', 'PutRecords on stream out failed: ValidationException: too long.', {
    details: { errorName: 'ValidationException', status: 400 },
  })

/** Answers every request as a service does that refuses those that hold one of `bad`. */
export async function serve(w: ReturnType<typeof writing>, bad: readonly string[], steps = 60): Promise<void> {
  for (let i = 0; i < steps; i++) {
    for (const held of w.stream.held)
      if (held.entries.some(e => bad.includes(e[1]))) held.reject(invalid())
      else held.answer()
    await settle()
  }
}
