/**
 * Registers the consumer of enhanced fan-out, and deregisters it. With JOB_MANAGED a consumer of the name is used if there is one, for
 * example of an earlier run; otherwise one is registered. The registrar waits while a consumer is CREATING or DELETING. It
 * deregisters the consumer only when the job ends for good. With SELF_MANAGED the consumer must exist.
 */
import { sleep } from '../../../../foundation/clock.ts'
import type { Clock } from '../../../../foundation/clock.ts'
import { ServiceError, ShardlineError, messageOf } from '../../../../foundation/errors.ts'
import type { ConsumerDescription, SourceStreamProxy } from '../../../../aws/kinesis/stream-proxy.ts'
import { backoffMs } from '../../../../foundation/retry.ts'

export interface RegistrarOptions {
  /** ARN or name, for messages. */
  readonly stream: string
  readonly consumerName: string
  readonly lifecycle: 'JOB_MANAGED' | 'SELF_MANAGED'
  readonly describeMinDelayMs: number
  readonly describeMaxDelayMs: number
  readonly describeMaxAttempts: number
  readonly deregisterTimeoutMs: number
}

/** A consumer is usually ready within two seconds. After that, pauses grow to those of the options. */
const FIRST_DELAY_MS = 250

export class StreamConsumerRegistrar {
  readonly #options: RegistrarOptions
  readonly #clock: Clock
  #consumerArn: string | null = null
  /** A registration was requested. Its answer may be lost if the job is cancelled meanwhile. */
  #mayBeRegistered = false

  constructor(options: RegistrarOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  /** Resolves to the consumer's ARN once it is ACTIVE. @throws ServiceError */
  async prepare(proxy: SourceStreamProxy, signal: AbortSignal): Promise<string> {
    const { consumerName, describeMaxAttempts } = this.#options
    let last = 'it is not there'
    for (let attempt = 1; attempt <= describeMaxAttempts; attempt++) {
      try {
        const consumer = await this.#find(proxy)
        if (consumer?.status === 'ACTIVE') return (this.#consumerArn = consumer.consumerArn)
        if (consumer !== null) last = `it is ${consumer.status}`
      } catch (error) {
        if (!(error instanceof ShardlineError) || !error.retryable || isLimit(error)) throw error
        last = error.message
      }
      await sleep(this.#clock, this.#delayMs(attempt), signal)
    }
    throw new ServiceError(
      'SERVICE_FAILED',
      `The consumer ${consumerName} of ${this.#options.stream} was not ready after ${describeMaxAttempts} DescribeStreamConsumer calls (source.efo.describe.retry-strategy.attempts.max): ${last}.`,
      { details: { consumer: consumerName } },
    )
  }

  /** Deregisters the consumer if the job manages it. Resolves to the description of a failure, or to `null`. */
  async release(proxy: SourceStreamProxy): Promise<string | null> {
    const { lifecycle, consumerName, deregisterTimeoutMs } = this.#options
    if (lifecycle === 'SELF_MANAGED' || (this.#consumerArn === null && !this.#mayBeRegistered)) return null
    let arn = this.#consumerArn
    this.#consumerArn = null
    this.#mayBeRegistered = false
    const timedOut = new AbortController()
    const failed = (why: string): string =>
      `The consumer ${consumerName} could not be deregistered (${why}); it costs money until it is: aws kinesis deregister-stream-consumer ${arn === null ? `--stream-arn ${this.#options.stream} --consumer-name ${consumerName}` : `--consumer-arn ${arn}`}`
    const deregister = async (): Promise<void> => {
      arn ??= (await proxy.describeStreamConsumer(consumerName))?.consumerArn ?? null
      if (arn !== null) await proxy.deregisterStreamConsumer(arn)
    }
    try {
      await Promise.race([
        deregister(),
        sleep(this.#clock, deregisterTimeoutMs, timedOut.signal).then(() => {
          throw new Error(`no answer within ${deregisterTimeoutMs} ms, source.efo.deregister.timeout`)
        }),
      ])
      return null
    } catch (error) {
      if (error instanceof ShardlineError && ['CONSUMER_NOT_FOUND', 'STREAM_NOT_FOUND'].includes(error.code))
        return null
      return failed(messageOf(error))
    } finally {
      timedOut.abort()
    }
  }

  /** Finds or registers the consumer. `null` when it has to be looked for again. */
  async #find(proxy: SourceStreamProxy): Promise<ConsumerDescription | null> {
    const { consumerName, lifecycle, stream } = this.#options
    const found = await proxy.describeStreamConsumer(consumerName)
    if (found !== null) return found
    if (lifecycle === 'SELF_MANAGED')
      throw new ServiceError(
        'CONSUMER_NOT_FOUND',
        `There is no consumer ${consumerName} of ${stream}, and source.efo.lifecycle is SELF_MANAGED: register it, or set JOB_MANAGED.`,
        { details: { consumer: consumerName } },
      )
    try {
      this.#mayBeRegistered = true
      const registered = await proxy.registerStreamConsumer(consumerName)
      // From now on the consumer costs money, even if it is never used.
      this.#consumerArn = registered.consumerArn
      return registered
    } catch (error) {
      // Another job has registered the consumer meanwhile, or one of this name is being deleted.
      if (error instanceof ShardlineError && error.code === 'RESOURCE_IN_USE') {
        this.#mayBeRegistered = false
        return null
      }
      throw error
    }
  }

  #delayMs(attempt: number): number {
    const { describeMinDelayMs, describeMaxDelayMs } = this.#options
    const soon = FIRST_DELAY_MS * 2 ** (attempt - 1)
    if (soon < describeMinDelayMs) return soon
    const before = Math.ceil(Math.log2(Math.max(1, describeMinDelayMs / FIRST_DELAY_MS)))
    return backoffMs(attempt - before, describeMinDelayMs, describeMaxDelayMs)
  }
}

/** The stream has as many consumers as the service allows (20). Waiting does not help. */
function isLimit(error: ShardlineError): boolean {
  return (
    error.details['errorName'] === 'LimitExceededException' && error.details['operation'] === 'RegisterStreamConsumer'
  )
}
