// The service without its sockets: it processes one call, from its name and members to its answer. It finds the operation,
// applies a scripted fault, checks the rate and then runs the operation. Every call is logged with its outcome when it is
// answered.
import { internalFailure, KinesisError, throughputExceeded } from '../errors.ts'
import type { Fault, FaultRule } from '../faults/fault.ts'
import { rejectionOf } from '../faults/faults.ts'
import type { Faults } from '../faults/faults.ts'
import { Input } from '../operations/input.ts'
import { streamName } from '../operations/operation.ts'
import type { Answer, Call, Operation, Target } from '../operations/operation.ts'
import { operations } from '../operations/operations.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import type { LoggedRequest, RequestLog } from '../requests/request-log.ts'
import type { Account } from '../store/account.ts'
import type { RecordBatch } from '../store/record-batch.ts'
import { expiredIterator } from '../store/shard-iterator.ts'
import { Rates } from './rates.ts'

/** A request that arrived over HTTP or from within the process. */
export interface Request {
  /** The operation, such as `GetRecords`. Empty when the request does not name one. */
  readonly operation: string
  readonly contentType: string
  readonly httpVersion: LoggedRequest['httpVersion']
  /** Decodes the members and, for PutRecords, the records. Throws when the headers or the encoding are wrong. */
  open(): { readonly members: WireObject; readonly records?: RecordBatch }
}

/** The outcome of a call. `reset` means that a fault breaks the connection. */
export type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'error'; readonly error: KinesisError }
  | { readonly kind: 'reset' }

interface Progress {
  target: Target
  fault?: Fault
}

export class Service {
  readonly account: Account
  readonly #faults: Faults
  readonly #log: RequestLog
  readonly #rates: Rates

  constructor(account: Account, faults: Faults, log: RequestLog) {
    this.account = account
    this.#faults = faults
    this.#log = log
    this.#rates = new Rates(account)
  }

  /** Processes a call. The promise never rejects. */
  async call(request: Request): Promise<Outcome> {
    const atMs = this.account.clock.now()
    const progress: Progress = { target: {} }
    const outcome = await this.#outcome(request, progress)
    this.#log.add({
      operation: request.operation,
      ...progress.target,
      atMs,
      contentType: request.contentType,
      httpVersion: request.httpVersion,
      status: outcome.kind === 'answer' ? 200 : outcome.kind === 'error' ? outcome.error.status : 0,
      error: outcome.kind === 'error' ? outcome.error.code : undefined,
      fault: progress.fault?.kind,
      records: outcome.kind === 'answer' && 'encode' in outcome.answer ? (outcome.answer.records ?? 0) : 0,
    })
    return outcome
  }

  async #outcome(request: Request, progress: Progress): Promise<Outcome> {
    try {
      const answer = await this.#run(request, progress)
      return answer === undefined ? { kind: 'reset' } : { kind: 'answer', answer }
    } catch (error) {
      return { kind: 'error', error: error instanceof KinesisError ? error : internal(request.operation, error) }
    }
  }

  /** Returns the answer, or undefined when a fault breaks the connection. */
  async #run(request: Request, progress: Progress): Promise<Answer | undefined> {
    const { members, records } = request.open()
    const operation = operations.get(request.operation)
    if (operation === undefined) throw unknownOperation(request.operation)
    this.account.sweep()
    let call: Call = {
      account: this.account,
      input: new Input(members),
      records,
      onEvent: count => this.#log.addRecords(request.operation, count),
    }
    progress.target = targetOf(operation, call)
    const rule = this.#strike(request.operation, progress.target, operation, call)
    if (rule !== undefined) {
      progress.fault = rule.fault
      await this.#before(rule.fault)
      if (isReset(rule, 'before')) return undefined
      call = { ...call, fault: rule.fault, rejection: rejectionOf(rule.fault, rule.shardId) }
    }
    if (this.account.settings.limits) this.#rates.admit(request.operation, operation, progress.target.stream)
    const running = operation.run(call)
    const answer = running instanceof Promise ? await running : running
    if (rule === undefined || !isReset(rule, 'after')) return answer
    if ('subscription' in answer) answer.subscription.close()
    return undefined
  }

  #strike(name: string, target: Target, operation: Operation, call: Call): FaultRule | undefined {
    return this.#faults.take({
      operation: name,
      stream: target.stream,
      touches: shardId => operation.touches?.(call, shardId) ?? target.shardId === shardId,
    })
  }

  /** Applies what a fault does before the operation, or instead of it. */
  async #before(fault: Fault): Promise<void> {
    const { clock } = this.account
    switch (fault.kind) {
      case 'throttle':
        throw throughputExceeded(fault.message ?? 'Rate exceeded (injected fault).')
      case 'error':
        throw new KinesisError(fault.name ?? 'InternalFailure', fault.message ?? 'Injected fault', fault.status ?? 500)
      case 'expired-iterator':
        throw expiredIterator(0, clock.now())
      case 'slow':
        await new Promise<void>(resolve => clock.after(fault.delayMs, resolve))
        return
      case 'partial':
      case 'reset':
      case 'silence':
      case 'cut':
      case 'early-end':
      case 'event-error':
        return
    }
  }
}

/** The error for an operation that the emulator does not have. */
export function unknownOperation(name: string): KinesisError {
  return new KinesisError(
    'UnknownOperationException',
    `The emulator has no operation ${name || '(no X-Amz-Target header)'}. It accepts POST requests whose X-Amz-Target header ` +
      'is Kinesis_20131202, a dot and the name of an operation.',
  )
}

const isReset = ({ fault }: FaultRule, when: 'before' | 'after'): boolean =>
  fault.kind === 'reset' && fault.when === when

/** Returns the target of a request. Errors are ignored here, because `run` throws them. */
function targetOf(operation: Operation, call: Call): Target {
  try {
    return operation.target?.(call) ?? { stream: streamName(call) }
  } catch {
    return {}
  }
}

/** Makes the error for an unexpected failure, and emits a warning with the cause, which the response does not have. */
function internal(operation: string, cause: unknown): KinesisError {
  process.emitWarning(cause instanceof Error ? cause : String(cause))
  return internalFailure(operation, cause)
}
