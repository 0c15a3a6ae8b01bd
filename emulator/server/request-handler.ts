// From an HTTP request to its answer: which encoding, which operation, is it within its rate, does a fault strike it, do
// the work, encode. Whatever goes wrong is answered in the request's own encoding, and every request is logged.
import { randomUUID } from 'node:crypto'

import { KinesisError, throughputExceeded } from '../errors.ts'
import type { Fault, FaultRule } from '../faults/fault.ts'
import { rejectionOf } from '../faults/faults.ts'
import type { Faults } from '../faults/faults.ts'
import { Input } from '../operations/input.ts'
import { streamName } from '../operations/operation.ts'
import type { Call, Operation, Target } from '../operations/operation.ts'
import { operations } from '../operations/operations.ts'
import { jsonProtocol, protocolOf } from '../protocol/protocol.ts'
import type { Protocol } from '../protocol/protocol.ts'
import type { RequestLog } from '../requests/request-log.ts'
import type { Account } from '../store/account.ts'
import { expiredIterator } from '../store/shard-iterator.ts'
import type { Exchange } from './exchange.ts'
import { Rates } from './rates.ts'

const TARGET = /^Kinesis_20131202\.(\w+)$/

interface Outcome {
  readonly status: number
  readonly body: Buffer
  readonly records: number
  readonly error?: string
}

interface Progress {
  protocol: Protocol
  operation: string
  target: Target
  fault?: Fault
}

export class RequestHandler {
  readonly #account: Account
  readonly #faults: Faults
  readonly #log: RequestLog
  readonly #rates: Rates

  constructor(account: Account, faults: Faults, log: RequestLog) {
    this.#account = account
    this.#faults = faults
    this.#log = log
    this.#rates = new Rates(account)
  }

  /** Answers the exchange; never rejects. */
  async handle(exchange: Exchange): Promise<void> {
    const atMs = this.#account.clock.now()
    const progress: Progress = { protocol: jsonProtocol, operation: '', target: {} }
    const outcome = await this.#outcome(exchange, progress)
    const { fault, operation, protocol, target } = progress
    this.#log.add({
      operation,
      ...target,
      atMs,
      contentType: exchange.headers['content-type'] ?? '',
      httpVersion: exchange.httpVersion,
      status: outcome?.status ?? 0,
      error: outcome?.error,
      fault: fault?.kind,
      records: outcome?.records ?? 0,
    })
    if (outcome === undefined) {
      exchange.reset()
      return
    }
    const headers: Record<string, string> = { 'content-type': protocol.contentType, 'x-amzn-requestid': randomUUID() }
    if (outcome.error !== undefined) headers['x-amzn-errortype'] = outcome.error
    exchange.respond(outcome.status, headers, outcome.body)
  }

  /** Undefined when a fault breaks the connection instead. */
  async #outcome(exchange: Exchange, progress: Progress): Promise<Outcome | undefined> {
    try {
      return await this.#run(exchange, progress)
    } catch (error) {
      const { code, message, status } = error instanceof KinesisError ? error : internal(error)
      const body = progress.protocol.encode({ __type: code, message })
      return { status, body, records: 0, error: code }
    }
  }

  async #run(exchange: Exchange, progress: Progress): Promise<Outcome | undefined> {
    progress.operation = operationName(exchange)
    if (exchange.method !== 'POST') throw unknownOperation(exchange)
    progress.protocol = protocolOf(exchange.headers['content-type'], this.#account.settings.protocols)
    const operation = operations.get(progress.operation)
    if (operation === undefined) throw unknownOperation(exchange)
    if (exchange.body === undefined) throw new KinesisError('RequestEntityTooLarge', 'The request is too large', 413)
    this.#authenticate(exchange)
    this.#account.sweep()
    let call = this.#decode(progress, exchange.body)
    progress.target = targetOf(operation, call)
    const rule = this.#strike(progress, operation, call)
    if (rule !== undefined) {
      progress.fault = rule.fault
      await this.#before(rule.fault)
      if (isReset(rule, 'before')) return undefined
      call = { ...call, rejection: rejectionOf(rule.fault, rule.shardId) }
    }
    if (this.#account.settings.limits) this.#rates.admit(progress.operation, operation, progress.target.stream)
    const answer = operation.run(call)
    if (rule !== undefined && isReset(rule, 'after')) return undefined
    return { status: 200, body: answer.encode(progress.protocol), records: answer.records ?? 0 }
  }

  #authenticate({ headers }: Exchange): void {
    if (!this.#account.settings.requireSignature || headers.authorization !== undefined) return
    throw new KinesisError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  }

  #decode({ protocol, operation }: Progress, body: Buffer): Call {
    const account = this.#account
    if (operation !== 'PutRecords') return { account, input: new Input(protocol.decode(body)) }
    const { members, records } = protocol.decodePutRecords(body)
    return { account, input: new Input(members), records }
  }

  #strike({ operation: name, target }: Progress, operation: Operation, call: Call): FaultRule | undefined {
    return this.#faults.take({
      operation: name,
      stream: target.stream,
      touches: shardId => operation.touches?.(call, shardId) ?? target.shardId === shardId,
    })
  }

  /** What a fault does before, or instead of, the work. */
  async #before(fault: Fault): Promise<void> {
    const { clock } = this.#account
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
        return
    }
  }
}

const isReset = ({ fault }: FaultRule, when: 'before' | 'after'): boolean =>
  fault.kind === 'reset' && fault.when === when

/** Where the request goes; what it gets wrong is for `run` to say. */
function targetOf(operation: Operation, call: Call): Target {
  try {
    return operation.target?.(call) ?? { stream: streamName(call) }
  } catch {
    return {}
  }
}

function operationName({ headers }: Exchange): string {
  const target = headers['x-amz-target']
  if (typeof target !== 'string') return ''
  return TARGET.exec(target)?.[1] ?? target
}

function unknownOperation(exchange: Exchange): KinesisError {
  return new KinesisError(
    'UnknownOperationException',
    `The emulator has no operation ${operationName(exchange) || '(no X-Amz-Target header)'}; it answers POST requests ` +
      'whose X-Amz-Target is Kinesis_20131202 and an operation.',
  )
}

function internal(error: unknown): KinesisError {
  return new KinesisError(
    'InternalFailure',
    error instanceof Error ? (error.stack ?? error.message) : String(error),
    500,
  )
}
