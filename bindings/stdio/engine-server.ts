/**
 * The engine of one client. It answers the control protocol, runs the submitted jobs, and reports their status. It ends when the
 * client requests it, when the channel ends, or when the client's process has ended. Its jobs end with it, without a checkpoint.
 */
import { ResponseError } from 'vscode-jsonrpc/node'
import type { MessageConnection } from 'vscode-jsonrpc/node'

import { systemClock } from '../../core/foundation/clock.ts'
import type { ControlSocket } from '../../core/control/control-socket.ts'
import { invalid, JobRegistry, jobRequests, finishedNotification, wireStatus } from '../../core/control/job-requests.ts'
import { toRpcError } from '../../core/control/rpc-error.ts'
import { BridgeError } from '../../core/foundation/errors.ts'
import { Job } from '../../core/runtime/job/job.ts'
import type { JobServices } from '../../core/runtime/assembly/job-services.ts'
import { isTerminal } from '../../core/runtime/job/job-status.ts'
import { buildHash, engineVersion } from '../build-info.ts'
import { FunctionHosts } from '../functions/function-hosts.ts'
import type { FunctionChannel } from '../functions/function-channel.ts'
import { MAX_FRAME_BYTES } from '../functions/frame.ts'
import { checkJobGraph } from '../../core/graph/job-graph.ts'
import { operatorKinds } from '../../core/runtime/operator-kinds.ts'
import { DriverRequests } from './driver-requests.ts'
import { INVALID_PARAMS, MAX_MESSAGE_BYTES, NOT_INITIALIZED, PROTOCOL_VERSION } from './driver-protocol.ts'
import type {
  InitializeParams,
  InitializeResult,
  LogNotification,
  SubmitParams,
  SubmitResult,
} from './driver-protocol.ts'
import { SinkRequests } from './sink-requests.ts'

const METRICS_INTERVAL_MS = 1000
const PARENT_POLL_MS = 2000
const ENDED_JOBS_KEPT = 100

export interface EngineServerOptions {
  /** The function channel of the driver. `null` when the client runs no functions. */
  readonly functions: FunctionChannel | null
  /** Called once, with the exit code, when the engine should end. */
  readonly exit: (code: number) => void
  /** For a front end in this process, such as a progress display. */
  readonly onJob?: (job: Job) => void
  /** The control socket, by which other processes than the client find the jobs. */
  readonly controlSocket?: ControlSocket
  /** The path of the program that submits the jobs, and its arguments. `null` when the program is unknown. */
  readonly program?: readonly string[] | null
}

export class EngineServer {
  readonly #connection: MessageConnection
  readonly #options: EngineServerOptions
  readonly #jobs = new JobRegistry()
  readonly #driver: DriverRequests
  readonly #sinks = new SinkRequests(message => this.#log('warn', 'sink', message))
  /** One promise for each job, which resolves when its notification `job/finished` was sent. */
  readonly #followed = new Set<Promise<void>>()
  #initialized = false
  #shutDown = false
  #exited = false

  constructor(connection: MessageConnection, options: EngineServerOptions) {
    this.#connection = connection
    this.#driver = new DriverRequests(connection)
    this.#options = options
    connection.onRequest('initialize', (params: InitializeParams) => this.#initialize(params))
    this.#answer('job/submit', (params: SubmitParams) => this.#submit(params))
    for (const [method, handler] of Object.entries(jobRequests(this.#jobs, options.program ?? null)))
      this.#answer(method, handler)
    for (const [method, handler] of Object.entries(this.#sinks.handlers)) this.#answer(method, handler)
    this.#answer('shutdown', () => this.#shutdown())
    connection.onNotification('exit', () => this.#exit(this.#shutDown ? 0 : 1))
    connection.onClose(() => this.#exit(this.#shutDown ? 0 : 1))
    connection.onError(([error]) => this.#log('error', 'rpc', error.message))
    connection.listen()
  }

  /** Drains and ends all jobs, as Ctrl-C does, and sends their last notifications. Flushes the sinks. */
  async drain(): Promise<void> {
    await Promise.all([...this.#jobs.all().map(job => job.cancel('interrupt')), this.#sinks.drain()])
    await Promise.all(this.#followed)
  }

  #initialize(params: InitializeParams): InitializeResult {
    if (typeof (params as unknown) !== 'object' || (params as unknown) === null)
      throw new ResponseError(INVALID_PARAMS, "'initialize' takes an object of named parameters.")
    if (params.protocolVersion !== PROTOCOL_VERSION)
      throw toResponseError(
        new BridgeError(
          'STALE_BUILD',
          `The client speaks protocol version ${String(params.protocolVersion)}, this engine ${PROTOCOL_VERSION}. Install both from the same release, or run 'npm run build'.`,
        ),
      )
    this.#initialized = true
    if (params.clientPid !== null) this.#watch(params.clientPid)
    return {
      protocolVersion: PROTOCOL_VERSION,
      engineVersion,
      nodeVersion: process.versions.node,
      buildHash,
      capabilities: ['job', 'python', 'sink'],
      limits: { maxMessageBytes: MAX_MESSAGE_BYTES, maxFrameBytes: MAX_FRAME_BYTES },
    }
  }

  async #submit({ graph, attempt, driver }: SubmitParams): Promise<SubmitResult> {
    if (!Number.isSafeInteger(attempt) || attempt < 0) throw invalid("'attempt' must be a whole number from 0")
    if (driver !== null && (typeof (driver as unknown) !== 'object' || typeof driver.executable !== 'string'))
      throw invalid("'driver' must be null or an object with 'executable' and 'hostEnv'")
    checkJobGraph(graph, operatorKinds.all)
    const hosts = new FunctionHosts(
      this.#options.functions,
      driver === null ? null : { executable: driver.executable, environment: driver.hostEnv },
    )
    const services: JobServices = {
      clock: systemClock,
      locals: new Map(),
      functions: hosts,
      assignShards:
        driver === null ? null : pickle => (shards, context) => this.#driver.assignShards(pickle, shards, context),
      deadLetters: driver === null ? null : pickle => records => this.#driver.deadLetters(pickle, records),
      print: (lines: string) => this.#notify('job/print', { jobId: job.jobId, lines: lines.slice(0, -1).split('\n') }),
    }
    const job: Job = new Job(graph, services, {
      status: status => void this.#notify('job/status', wireStatus(status)),
      warning: message => this.#log('warn', 'job', message),
    })
    const forget = driver === null ? () => undefined : this.#driver.registerCredentials(graph)
    if (attempt > 0) this.#log('info', 'job', `Job '${job.name}' continues in a new engine, attempt ${attempt}.`)
    this.#jobs.add(job, systemClock.now())
    this.#options.onJob?.(job)
    try {
      await job.start()
    } catch (error) {
      this.#jobs.delete(job.jobId)
      hosts.close()
      forget()
      throw error
    }
    this.#options.controlSocket?.register(job, graph.configuration, message => this.#log('warn', 'control', message))
    const followed = this.#follow(job, hosts).finally(() => {
      forget()
      this.#followed.delete(followed)
    })
    this.#followed.add(followed)
    const { jobId, checkpointDirectory, restoredFrom, drainTimeoutMs } = job
    return { jobId, checkpointDirectory, restoredFrom, drainTimeoutMs }
  }

  async #follow(job: Job, hosts: FunctionHosts): Promise<void> {
    const sendMetrics = (): Promise<void> => this.#notify('job/metrics', { jobId: job.jobId, metrics: job.metrics() })
    const timer = setInterval(() => void sendMetrics(), METRICS_INTERVAL_MS)
    timer.unref()
    const finished = await finishedNotification(job)
    clearInterval(timer)
    hosts.close()
    await sendMetrics()
    await this.#notify('job/finished', finished)
    this.#forgetOldest()
  }

  /** Only the newest ended jobs are kept, so that a client can query their status and a long-running program needs bounded memory. */
  #forgetOldest(): void {
    const ended = this.#jobs.all().filter(job => isTerminal(job.status.state))
    for (const job of ended.slice(0, -ENDED_JOBS_KEPT)) this.#jobs.delete(job.jobId)
  }

  async #shutdown(): Promise<object> {
    await Promise.all(this.#jobs.all().map(job => job.cancel('now')))
    this.#sinks.close()
    this.#shutDown = true
    return {}
  }

  #answer(method: string, handler: (params: never) => unknown): void {
    this.#connection.onRequest(method, async (params: unknown) => {
      if (!this.#initialized) return new ResponseError(NOT_INITIALIZED, `'${method}' was sent before 'initialize'.`)
      if (typeof params !== 'object' || params === null)
        return new ResponseError(INVALID_PARAMS, `'${method}' takes an object of named parameters.`)
      try {
        return await handler(params as never)
      } catch (error) {
        return toResponseError(error)
      }
    })
  }

  async #notify(method: string, params: object): Promise<void> {
    // A lost client ends the engine through onClose, so a notification that cannot be sent is not a failure.
    if (!this.#exited) await this.#connection.sendNotification(method, params).catch(() => undefined)
  }

  #log(level: LogNotification['level'], logger: string, message: string): void {
    void this.#notify('log', { level, logger, message } satisfies LogNotification)
  }

  #watch(pid: number): void {
    setInterval(() => {
      try {
        process.kill(pid, 0)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ESRCH') this.#exit(1)
      }
    }, PARENT_POLL_MS).unref()
  }

  #exit(code: number): void {
    if (this.#exited) return
    this.#exited = true
    this.#sinks.close()
    void Promise.allSettled(this.#jobs.all().map(job => job.cancel('now'))).then(() => this.#options.exit(code))
    // The process ends even if a job does not end.
    setTimeout(() => this.#options.exit(code), 2000).unref()
  }
}

function toResponseError(error: unknown): ResponseError<unknown> {
  if (error instanceof ResponseError) return error as ResponseError<unknown>
  const { code, message, data } = toRpcError(error)
  return new ResponseError(code, message, data)
}
