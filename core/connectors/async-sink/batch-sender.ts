/**
 * Sends a batch once, and finds out what became of each of its entries. A request that takes too long is given up. One that the
 * service refuses as a whole because of what is in it is cut in halves, and again, until the entries that are at fault stand
 * alone: these can never be written, and all others were.
 */
import type { Clock } from '../../foundation/clock.ts'
import { ServiceError } from '../../foundation/errors.ts'
import type { EntryRun, FailedEntry, PutRecordsResult } from '../../aws/kinesis/put-records-codec.ts'
import { mayBeOfOneRecord } from '../../aws/service/service-errors.ts'
import { countEntries } from '../../aws/kinesis/put-records-codec.ts'
import { entryAt, entrySize, splitEntries } from './entry-runs.ts'

export interface SendResult extends Pick<PutRecordsResult, 'failed'> {
  /** Written to where nobody reads them; by index: what is to be sent instead. */
  readonly replaced?: ReadonlyMap<number, readonly EntryRun[]>
}

export type Send = (runs: readonly EntryRun[], signal: AbortSignal) => Promise<SendResult>

/** An entry that can never be written, and why. */
export interface Rejection {
  readonly run: EntryRun
  /** Index in the columns of the run. */
  readonly i: number
  /** The service's name for what is wrong, or ours. */
  readonly errorCode: string
  readonly message: string
}

/** Resolves when all are where they will not be lost. */
export type Bury = (rejections: readonly Rejection[]) => Promise<void>

export interface Outcome {
  /** To be sent again; ascending. */
  readonly failed: readonly FailedEntry[]
  readonly replaced: ReadonlyMap<number, readonly EntryRun[]>
  /** Given to the dead letters. */
  readonly buried: ReadonlySet<number>
  readonly rejections: readonly Rejection[]
}

export interface BatchSenderOptions {
  readonly clock: Clock
  readonly requestTimeoutMs: number
  readonly failOnTimeout: boolean
  readonly sinkName: string
  readonly bury: Bury | null
}

interface Sent {
  readonly failed: FailedEntry[]
  readonly replaced: Map<number, readonly EntryRun[]>
  readonly culprits: Map<number, ServiceError>
}

const NOTHING: ReadonlyMap<number, readonly EntryRun[]> = new Map()
const NOBODY: ReadonlySet<number> = new Set()

export class BatchSender {
  readonly #send: Send
  readonly #options: BatchSenderOptions
  /** Gives a request up. */
  readonly #underWay = new Set<() => void>()

  constructor(send: Send, options: BatchSenderOptions) {
    this.#send = send
    this.#options = options
  }

  /** @throws ShardlineError if nothing is known of the batch, or an entry is at fault and nobody takes it */
  async deliver(runs: readonly EntryRun[]): Promise<Outcome> {
    let result: SendResult
    try {
      result = await this.#sendInTime(runs)
    } catch (error) {
      if (!(error instanceof ServiceError && mayBeOfOneRecord(error))) throw error
      return this.#isolate(runs, error)
    }
    return { failed: result.failed, replaced: result.replaced ?? NOTHING, buried: NOBODY, rejections: [] }
  }

  close(): void {
    for (const giveUp of this.#underWay) giveUp()
  }

  async #isolate(runs: readonly EntryRun[], cause: ServiceError): Promise<Outcome> {
    const { failed, replaced, culprits } = await this.#halve(runs, cause)
    const rejections = [...culprits].map(([index, error]): Rejection => {
      const [run, i] = entryAt(runs, index)
      const errorName = error.details['errorName'] as string | undefined
      return { run, i, errorCode: errorName ?? error.code, message: error.message }
    })
    await this.#options.bury!(rejections)
    return { failed, replaced, buried: new Set(culprits.keys()), rejections }
  }

  /** What becomes of entries that were refused together. */
  async #halve(runs: readonly EntryRun[], cause: ServiceError): Promise<Sent> {
    const count = countEntries(runs)
    if (count === 1) {
      // Nobody takes it: there is no use in looking for others.
      if (this.#options.bury === null) throw this.#withPosition(cause, ...entryAt(runs, 0))
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

  async #sendPart(runs: readonly EntryRun[]): Promise<Sent> {
    try {
      const { failed, replaced } = await this.#sendInTime(runs)
      return { failed: [...failed], replaced: new Map(replaced), culprits: new Map() }
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      if (mayBeOfOneRecord(error)) return this.#halve(runs, error)
      if (!error.retryable || (error.code === 'REQUEST_TIMED_OUT' && this.#options.failOnTimeout)) throw error
      // Nothing is known of these: they are sent again, and what is wrong with them is found out then.
      const errorCode = (error.details['errorName'] as string | undefined) ?? error.code
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
      const giveUp = (): void => {
        cancel()
        controller.abort()
      }
      this.#underWay.add(giveUp)
      const over = (): void => {
        cancel()
        this.#underWay.delete(giveUp)
      }
      this.#send(runs, controller.signal).then(
        result => {
          over()
          resolve(result)
        },
        (error: unknown) => {
          over()
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is passed on as it came
          reject(error)
        },
      )
    })
  }

  #withPosition(error: ServiceError, run: EntryRun, i: number): ServiceError {
    const position = run.origin?.at(i)
    const from =
      position === undefined
        ? ''
        : ` It came from stream ${position.stream}, ${position.shardId}, sequence number ${position.sequenceNumber}.`
    return new ServiceError(
      error.code,
      `${error.message} Sent alone, one record of ${entrySize(run, i)} bytes is refused each time.${from} A dead letter handler would take it and let the job go on.`,
      { cause: error.cause, details: { ...error.details, ...(position === undefined ? {} : { position }) } },
    )
  }
}
