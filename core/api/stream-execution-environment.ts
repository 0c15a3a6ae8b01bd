/**
 * Where a program begins: sources become streams, and `execute` runs the job.
 *
 * @example
 * const env = StreamExecutionEnvironment.getExecutionEnvironment()
 * env.fromSource(source, WatermarkStrategy.noWatermarks(), 'flights').map(line => line.toUpperCase()).sinkTo(sink)
 * await env.execute('shout')
 */
import { systemClock } from '../foundation/clock.ts'
import { executionOptions } from '../foundation/config/execution-options.ts'
import { ControlSocket } from '../control/control-socket.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import type { JobListener, JobResult } from '../runtime/job/job-status.ts'
import { Job } from '../runtime/job/job.ts'
import type { KinesisStreamsSource } from './kinesis-streams-source-builder.ts'
import { DataStream } from './data-stream.ts'
import { GraphAssembler } from './graph-assembler.ts'
import { KeyedStream } from './keyed-stream.ts'
import type { StreamContext } from './stream-context.ts'
import { originOf } from './stream-origin.ts'
import { JobSignals } from './job-signals.ts'
import { WatermarkStrategy } from './watermark-strategy.ts'
import { programError } from './program-error.ts'

export class StreamExecutionEnvironment {
  readonly #assembler = new GraphAssembler()
  readonly #context: StreamContext = {
    assembler: this.#assembler,
    executeAsync: jobName => this.executeAsync(jobName),
    dataStream: origin => new DataStream(this.#context, origin),
    keyedStream: (origin, keyed) => new KeyedStream(this.#context, origin, keyed),
  }
  readonly #configuration: Record<string, string>
  #parallelism: number | null = null
  #maxParallelism: number | null = null

  private constructor(configuration: Readonly<Record<string, string>>) {
    this.#configuration = { ...configuration }
  }

  /** @param configuration options by Flink's keys; see docs/reference/options.md */
  static getExecutionEnvironment(configuration: Readonly<Record<string, string>> = {}): StreamExecutionEnvironment {
    return new StreamExecutionEnvironment(configuration)
  }

  configure(configuration: Readonly<Record<string, string>>): this {
    Object.assign(this.#configuration, configuration)
    return this
  }

  /** @throws ConfigurationError unless it is a whole number from 1 to 32768 */
  setParallelism(parallelism: number): this {
    this.#parallelism = checkParallelism(parallelism)
    return this
  }

  setMaxParallelism(maxParallelism: number): this {
    this.#maxParallelism = checkParallelism(maxParallelism)
    return this
  }

  /** @param intervalMs milliseconds between checkpoints */
  enableCheckpointing(intervalMs: number): this {
    this.#configuration[executionOptions.checkpointInterval.key] = `${intervalMs} ms`
    return this
  }

  fromSource<T>(
    source: KinesisStreamsSource<T>,
    watermarkStrategy: WatermarkStrategy<NoInfer<T>>,
    name: string,
  ): DataStream<T> {
    const { output } = source
    const spec = source.toSpec(assigner => this.#assembler.local(assigner))
    const watermarks = watermarkStrategy.toSpec(assigner => this.#assembler.local(assigner))
    const t = this.#assembler.add({
      kind: 'source',
      name,
      inputs: [],
      source: spec,
      output,
      watermarkStrategy: watermarks,
    })
    return new DataStream<T>(this.#context, originOf(t, output))
  }

  /** A bounded stream of values of this process; it runs with parallelism 1. */
  fromCollection<T>(values: Iterable<T>): DataStream<T> {
    const localId = this.#assembler.local([...values])
    const t = this.#assembler.add({
      kind: 'source',
      name: 'Collection Source',
      parallelism: 1,
      inputs: [],
      source: { type: 'collection', values: [localId] },
      output: 'object',
      watermarkStrategy: WatermarkStrategy.noWatermarks().toSpec(assigner => this.#assembler.local(assigner)),
    })
    return new DataStream<T>(this.#context, originOf(t))
  }

  /** Runs the job to its end. @throws ShardlineError the failure of the job */
  async execute(name?: string): Promise<JobResult> {
    const calledFrom = new Error()
    try {
      const job = await this.executeAsync(name)
      return await job.result()
    } catch (error) {
      throw programError(error, calledFrom)
    }
  }

  /** Resolves when the job runs. */
  async executeAsync(name?: string, listener: JobListener = warnOnStderr): Promise<Job> {
    const calledFrom = new Error()
    const jobName = name ?? this.#configuration[executionOptions.jobName.key] ?? 'Flink Streaming Job'
    const { graph, locals } = this.#assembler.take(
      jobName,
      { ...this.#configuration },
      this.#parallelism,
      this.#maxParallelism,
    )
    const job = new Job(graph, { clock: systemClock, locals, functions: null, print: writeOut }, listener)
    if (job.checkpointDirectory !== null && this.#configuration[executionOptions.checkpointDirectory.key] === undefined)
      listener.warning?.(`Checkpoints go to ${job.checkpointDirectory} (execution.checkpointing.dir).`)
    await job.start().catch((error: unknown) => {
      throw programError(error, calledFrom)
    })
    signals.follow(job)
    controlSocket.register(job, this.#configuration, message => listener.warning?.(message))
    return job
  }
}

/** Shared by all environments of this process. */
const signals = new JobSignals(
  process,
  message => process.stderr.write(`shardline: ${message}\n`),
  () => performance.now(),
)
const controlSocket = new ControlSocket({
  program: process.argv.slice(1),
  build: { engineVersion: '0.0.0', buildHash: null },
})

function checkParallelism(n: number): number {
  if (!Number.isInteger(n) || n < 1 || n > 32768)
    throw new ConfigurationError(`Parallelism must be a whole number from 1 to 32768, not ${n}.`)
  return n
}

const warnOnStderr: JobListener = { warning: message => process.stderr.write(`shardline: ${message}\n`) }

function writeOut(lines: string): Promise<void> | void {
  if (process.stdout.write(lines)) return undefined
  return new Promise(resolve => process.stdout.once('drain', resolve))
}
