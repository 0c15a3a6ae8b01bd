/**
 * Sends a batch once and finds out what became of each of its entries. A request that takes too long is aborted. If the service
 * refuses a request as a whole because of its contents, the batch is cut in halves, and each half again, until the entries that
 * are at fault are alone. These entries can never be written; all others have been written.
 */
import { countEntries } from '../../aws/kinesis/put-records-codec.ts'
import type { EntryRun, FailedEntry, PutRecordsResult } from '../../aws/kinesis/put-records-codec.ts'
import { mayBeOfOneRecord } from '../../aws/service/service-errors.ts'
import type { Clock } from '../../foundation/clock.ts'
import { ServiceError } from '../../foundation/errors.ts'
import { entryAt, entrySize, splitEntries } from './entry-runs.ts'
import { originOf } from './rejection.ts'
import type { DeliverRejected, Rejection } from './rejection.ts'

export interface SendResult extends Pick<PutRecordsResult, 'failed'> {
  /** By index: entries to send in place of one that was written to a shard where readers drop it. */
  readonly replaced?: ReadonlyMap<number, readonly EntryRun[]>
}

export type Send = (runs: readonly EntryRun[], signal: AbortSignal) => Promise<SendResult>

export interface Outcome {
  /** Entries to send again, ascending. */
  readonly failed: readonly FailedEntry[]
  readonly replaced: ReadonlyMap<number, readonly EntryRun[]>
  /** Indices of the entries that can never be written. `deliverRejected` has stored them. */
  readonly rejected: ReadonlySet<number>
  readonly rejections: readonly Rejection[]
}

export interface BatchSenderOptions {
  readonly clock: Clock
  readonly requestTimeoutMs: number
  readonly failOnTimeout: boolean
  readonly sinkName: string
  /** `null`: an entry that can never be written is an error. */
  readonly deliverRejected: DeliverRejected | null
}

/** The outcome of a part of a batch. Indices count from the start of the part. */
interface PartOutcome {
  readonly failed: FailedEntry[]
  readonly replaced: Map<number, readonly EntryRun[]>
  /** The error of each entry that was refused alone. */
  readonly culprits: Map<number, ServiceError>
}

const NONE_REPLACED: ReadonlyMap<number, readonly EntryRun[]> = new Map()
const NONE_REJECTED: ReadonlySet<number> = new Set()

export class BatchSender {
  readonly #send: Send
  readonly #options: BatchSenderOptions
  /** For each request in flight: the function that aborts it. */
  readonly #inFlight = new Set<() => void>()

  constructor(send: Send, options: BatchSenderOptions) {
    this.#send = send
    this.#options = options
  }

  /**
   * @throws ShardlineError if the outcome of the whole batch is unknown, or if an entry can never be written and there is no
   *   `deliverRejected`
   */
  async deliver(runs: readonly EntryRun[]): Promise<Outcome> {
    let result: SendResult
    try {
      result = await this.#sendInTime(runs)
    } catch (error) {
      if (!(error instanceof ServiceError && mayBeOfOneRecord(error))) throw error
      return this.#isolate(runs, error)
    }
    const { failed, replaced = NONE_REPLACED } = result
    return { failed, replaced, rejected: NONE_REJECTED, rejections: [] }
  }

  close(): void {
    for (const abort of this.#inFlight) abort()
  }

  async #isolate(runs: readonly EntryRun[], cause: ServiceError): Promise<Outcome> {
    const { failed, replaced, culprits } = await this.#sendHalves(runs, cause)
    const rejections = [...culprits].map(([index, error]): Rejection => {
      const [run, i] = entryAt(runs, index)
      return { run, i, errorCode: nameOf(error), message: error.message }
    })
    await this.#options.deliverRejected!(rejections)
    return { failed, replaced, rejected: new Set(culprits.keys()), rejections }
  }

  /** Sends entries that were refused together, in two halves. A single entry is at fault itself. */
  async #sendHalves(runs: readonly EntryRun[], cause: ServiceError): Promise<PartOutcome> {
    const count = countEntries(runs)
    if (count === 1) {
      // Without a destination for it, the batch fails: there is no use in looking for other entries.
      if (this.#options.deliverRejected === null) throw neverWritten(cause, ...entryAt(runs, 0))
      return { failed: [], replaced: new Map(), culprits: new Map([[0, cause]]) }
    }
    const middle = count >> 1
    const [first, rest] = splitEntries(runs, middle)
    const a = await this.#sendPart(first)
    const b = await this.#sendPart(rest)
    return {
      failed: [...a.failed, ...b.failed.map(f => ({ ...f, index: f.index + middle }))],
      replaced: new Map([...a.replaced, ...[...b.replaced].map(([i, r]) => [i + middle, r] as const)]),
      culprits: new Map([...a.culprits, ...[...b.culprits].map(([i, e]) => [i + middle, e] as const)]),
    }
  }

  async #sendPart(runs: readonly EntryRun[]): Promise<PartOutcome> {
    try {
      const { failed, replaced } = await this.#sendInTime(runs)
      return { failed: [...failed], replaced: new Map(replaced), culprits: new Map() }
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      if (mayBeOfOneRecord(error)) return this.#sendHalves(runs, error)
      if (!error.retryable || (error.code === 'REQUEST_TIMED_OUT' && this.#options.failOnTimeout)) throw error
      // The outcome of these entries is unknown. They are sent again, and faults among them are found then.
      const errorCode = nameOf(error)
      const failed = Array.from({ length: countEntries(runs) }, (_, index) => ({
        index,
        errorCode,
        errorMessage: error.message,
      }))
      return { failed, replaced: new Map(), culprits: new Map() }
    }
  }

  #sendInTime(runs: readonly EntryRun[]): Promise<SendResult> {
    const { clock, requestTimeoutMs, sinkName } = this.#options
    const controller = new AbortController()
    return new Promise<SendResult>((resolve, reject) => {
      const cancel = clock.schedule(requestTimeoutMs, () => {
        reject(
          new ServiceError(
            'REQUEST_TIMED_OUT',
            `${sinkName} has had no answer for ${requestTimeoutMs} ms (sink.request.timeout). Its records are sent again; some may be written twice.`,
            { details: { sink: sinkName } },
          ),
        )
        controller.abort()
      })
      const abort = (): void => {
        cancel()
        controller.abort()
      }
      this.#inFlight.add(abort)
      const end = (): void => {
        cancel()
        this.#inFlight.delete(abort)
      }
      this.#send(runs, controller.signal).then(
        result => {
          end()
          resolve(result)
        },
        (error: unknown) => {
          end()
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is passed on as it came
          reject(error)
        },
      )
    })
  }
}

/** The service's name of the error, or the engine's code. */
const nameOf = (error: ServiceError): string => (error.details['errorName'] as string | undefined) ?? error.code

function neverWritten(error: ServiceError, run: EntryRun, i: number): ServiceError {
  const origin = originOf(run, i)
  return new ServiceError(
    error.code,
    `${error.message} The service refuses one record of ${entrySize(run, i)} bytes even when it is sent alone.${origin.sentence} A dead letter handler would take the record, and the job would go on.`,
    { cause: error.cause, details: { ...error.details, ...origin.details } },
  )
}
