/** Makes the sources, sinks and operators that a plan names. Sources and sinks are made once a job, operators once an attempt. */
import type { OperatorState } from '../../checkpoint/operator-state.ts'
import type { Configuration } from '../../foundation/config/configuration.ts'
import { executionOptions } from '../../foundation/config/execution-options.ts'
import { CheckpointError, GraphError, messageOf } from '../../foundation/errors.ts'
import type {
  CollectionSourceSpec,
  DeadLettersSpec,
  FunctionSpec,
  KinesisStreamsSinkSpec,
  PayloadType,
  ShardAssignerSpec,
} from '../../graph/job-graph.ts'
import { keyGroupRange, readKeyedState } from '../../operators/keyed-state/keyed-state.ts'
import type { KeyedState } from '../../operators/keyed-state/keyed-state.ts'
import { LocalFunctionOperator } from '../../operators/functions/local-function-operator.ts'
import type { LocalFunction } from '../../operators/functions/local-function-operator.ts'
import type { Operator } from '../../operators/operator.ts'
import { PeriodicWatermarks } from '../../operators/time/periodic-watermarks.ts'
import { makeProcessFunction, ProcessOperator } from '../../operators/process/process-operator.ts'
import { RemoteFunctionOperator } from '../../operators/remote/remote-function-operator.ts'
import { SinkOperator } from '../../operators/sink/sink-operator.ts'
import { WatermarksOperator } from '../../operators/time/watermarks-operator.ts'
import type { TimestampAssigner } from '../../operators/time/watermarks-operator.ts'
import type { DeadLetterFunction } from '../../connectors/dead-letters/dead-letter-destination.ts'
import { KinesisFirehoseSinkConnector } from '../../connectors/firehose/kinesis-firehose-sink-connector.ts'
import { KinesisStreamsSinkConnector } from '../../connectors/kinesis/sink/kinesis-streams-sink-connector.ts'
import type { KinesisStreamsSinkServices } from '../../connectors/kinesis/sink/kinesis-streams-sink-connector.ts'
import { DiscardSink, PrintSink } from '../../connectors/print/print-sink.ts'
import type { Sink } from '../../operators/sink/sink.ts'
import { CollectionSource } from '../../connectors/collection/collection-source.ts'
import { oneByOne } from '../../connectors/kinesis/source/enumerator/shard-assigner.ts'
import type { AssignShards, KinesisShardAssigner } from '../../connectors/kinesis/source/enumerator/shard-assigner.ts'
import { defaultShardAssigner } from '../../connectors/kinesis/source/enumerator/uniform-shard-assigner.ts'
import { KinesisStreamsSourceConnector } from '../../connectors/kinesis/source/kinesis-streams-source-connector.ts'
import type { PoisonedRecordHandler } from '../../operators/source/poisoned-record-handler.ts'
import type { Source } from '../../operators/source/source.ts'
import type { AttemptBuilder, OperatorContext } from './attempt-builder.ts'
import type {
  Chain,
  ChainNode,
  FunctionNode,
  JobPlan,
  SinkNode,
  SourceNode,
  StreamWatermarks,
  WatermarksNode,
} from '../plan/job-plan.ts'
import { JobSchemas } from './job-schemas.ts'
import type { JobServices } from './job-services.ts'
import { loadModuleFunction } from './module-function.ts'

/** What is on its way to a function of another language holds a barrier up; it should not do so for longer. */
const IN_FLIGHT_MS = 125

export class GraphBuilder implements AttemptBuilder {
  readonly #plan: JobPlan
  readonly #configuration: Configuration
  readonly #services: JobServices
  readonly #sources = new Map<SourceNode, Source>()
  readonly #sinks = new Map<ChainNode, Sink>()
  readonly #functions = new Map<FunctionSpec, LocalFunction>()
  readonly #schemas: JobSchemas[] = []
  readonly warn: (message: string) => void
  attempt = 0

  private constructor(
    plan: JobPlan,
    configuration: Configuration,
    services: JobServices,
    warn: (message: string) => void,
  ) {
    this.warn = warn
    this.#plan = plan
    this.#configuration = configuration
    this.#services = services
  }

  /** @throws ConfigurationError, GraphError if something of the plan cannot run here */
  static async create(
    plan: JobPlan,
    configuration: Configuration,
    services: JobServices,
    warn: (message: string) => void,
    signal: AbortSignal,
  ): Promise<GraphBuilder> {
    const builder = new GraphBuilder(plan, configuration, services, warn)
    for (const { node } of plan.nodes) await builder.#prepare(node)
    for (const source of builder.#sources.values()) await source.validate?.({ warn, signal })
    return builder
  }

  get bounded(): boolean {
    return [...this.#sources.values()].every(s => s.bounded)
  }

  /** Whether the destinations are there. */
  async validateSinks(signal: AbortSignal): Promise<void> {
    const { warn } = this
    await Promise.all([...this.#sinks.values()].map(s => s.validate({ warn, signal })))
  }

  /** The job has ended for good. What cannot be given back is said, and changes nothing of how the job ended. */
  async dispose(): Promise<void> {
    for (const schemas of this.#schemas) schemas.close()
    for (const source of this.#sources.values())
      await source.dispose?.().catch((error: unknown) => this.warn(messageOf(error)))
  }

  source(node: SourceNode): Source {
    return this.#sources.get(node)!
  }

  functionOperator(
    node: FunctionNode,
    chain: Chain,
    subtask: number,
    stored: readonly OperatorState[],
    context: OperatorContext,
  ): Operator {
    const first = node.steps[0]!
    const restored = this.#keyedState(node, chain, subtask, stored)
    if (first.function.type !== 'python') return this.#localOperator(node, chain, subtask, restored)
    const { functions, clock } = this.#services
    if (functions === null)
      throw new GraphError(`'${first.name}' is a Python function, but no Python program is connected.`)
    let input: PayloadType = node.input
    const poisoned = this.#poisonedRecords(node)
    const operators = node.steps.map(t => {
      const operator = {
        id: t.id,
        uid: t.uid,
        name: t.name,
        operation: t.operation,
        pickle: (t.function as { pickle: string }).pickle,
        input,
        output: t.output,
        deserializes: poisoned !== null && t.deserializesFor !== null,
      }
      input = t.output
      return operator
    })
    const request = {
      jobName: this.#plan.name,
      taskName: chain.name,
      subtask,
      parallelism: chain.parallelism,
      maxParallelism: chain.maxParallelism,
      attempt: this.attempt,
      mode: first.function.mode,
      keyed: node.keyed,
      timestamps: node.steps.some(s => s.operation === 'assign_timestamps' || s.operation === 'process'),
      watermarks: node.steps.some(s => s.operation === 'process'),
      restored,
      operators,
    }
    const options = {
      bundleSize: this.#configuration.get(executionOptions.bundleSize),
      bundlesInFlight: this.#configuration.get(executionOptions.bundlesInFlight),
      bundleTimeMs: Math.min(this.#configuration.get(executionOptions.bundleTime), IN_FLIGHT_MS),
    }
    const watermarks = node.watermarks === null ? null : this.#watermarks(node.watermarks, context)
    return new RemoteFunctionOperator(functions, request, options, clock, watermarks, context.fail, poisoned)
  }

  /** Of the source whose schema the chain completes, or whose values may be beyond what the other language holds. */
  #poisonedRecords(node: FunctionNode): PoisonedRecordHandler | null {
    const source = this.#sourceOf(node)
    return source === null ? null : (this.#sources.get(source)?.poisonedRecords?.() ?? null)
  }

  /** The only source from which a function takes its values unchanged, or null. */
  #sourceOf(node: ChainNode): SourceNode | null {
    const inputs = this.#plan.nodes
      .map(planned => planned.node)
      .filter(other => other.chained.includes(node) || other.edges.some(edge => edge.target.head === node))
    const [input] = inputs
    if (inputs.length !== 1 || input === undefined) return null
    return input.kind === 'source' ? input : input.kind === 'watermarks' ? this.#sourceOf(input) : null
  }

  #localOperator(node: FunctionNode, chain: Chain, subtask: number, restored: KeyedState | null): Operator {
    const step = node.steps[0]!
    const fn = this.#functions.get(step.function)!
    switch (step.operation) {
      case 'process': {
        const { parallelism, maxParallelism, name: taskName } = chain
        const options = { operatorName: step.name, taskName, subtask, parallelism, maxParallelism, restored }
        return new ProcessOperator(
          makeProcessFunction(fn, step.name),
          { ...options, attempt: this.attempt, keyed: node.keyed },
          this.#services.clock,
        )
      }
      case 'assign_timestamps':
        throw new GraphError(`'${step.name}' assigns timestamps, which is no operation of its own.`)
      default:
        return new LocalFunctionOperator(step.operation, fn, step.name)
    }
  }

  /** What belongs to the subtask of all that was stored. */
  #keyedState(node: FunctionNode, chain: Chain, subtask: number, stored: readonly OperatorState[]): KeyedState | null {
    if (!node.keyed && stored.length > 0)
      throw new CheckpointError(
        'CHECKPOINT_UNREADABLE',
        `The checkpoint holds state by key of '${node.name}', which has no keyed state in this job: give operators the uids they had.`,
      )
    const encoding = node.steps[0]!.function.type === 'python' ? 'pickle' : 'v8'
    return readKeyedState(stored, keyGroupRange(subtask, chain.parallelism, chain.maxParallelism), encoding, node.name)
  }

  watermarksOperator(node: WatermarksNode, context: OperatorContext): Operator {
    const { timestampAssigner } = node.watermarks.strategy
    const assigner = timestampAssigner === null ? null : (this.#functions.get(timestampAssigner) as TimestampAssigner)
    return new WatermarksOperator(assigner, this.#watermarks(node.watermarks, context), node.name)
  }

  sinkOperator(
    node: SinkNode,
    chain: Chain,
    subtask: number,
    restored: readonly OperatorState[],
    { fail }: OperatorContext,
  ): Operator {
    const sink = this.#sinks.get(node)!
    return new SinkOperator(() =>
      sink.createWriter({ subtask, parallelism: chain.parallelism, restored, fail, warn: this.warn }),
    )
  }

  #watermarks({ strategy, ofSource }: StreamWatermarks, context: OperatorContext): PeriodicWatermarks {
    const { activeSplits, pauseOrResumeSplits, alignmentGroup } = context
    const intervalMs = this.#configuration.get(executionOptions.autoWatermarkInterval)
    const alignment =
      strategy.alignment === null
        ? null
        : { ...strategy.alignment, group: alignmentGroup(strategy.alignment.group), pauseOrResumeSplits }
    const options = { settings: strategy, intervalMs, activeSplits: ofSource ? activeSplits : null, alignment }
    return new PeriodicWatermarks(options, this.#services.clock)
  }

  async #prepare(node: ChainNode): Promise<void> {
    switch (node.kind) {
      case 'source':
        this.#sources.set(node, await this.#makeSource(node))
        return
      case 'sink':
        this.#sinks.set(node, await this.#makeSink(node))
        return
      case 'watermarks': {
        const { timestampAssigner } = node.watermarks.strategy
        if (timestampAssigner !== null) await this.#load(timestampAssigner, node.name)
        return
      }
      case 'function':
        for (const step of node.steps) if (step.function.type !== 'python') await this.#load(step.function, step.name)
    }
  }

  async #makeSource({ transformation }: SourceNode): Promise<Source> {
    const { id, source, output, name } = transformation
    if (source.type === 'collection') return new CollectionSource(this.#collectionValues(source, output, name), output)
    return (
      this.#services.kinesisSource?.(source, this.#configuration) ??
      new KinesisStreamsSourceConnector(source, this.#configuration, this.#services.clock, {
        warn: this.warn,
        assign: await this.#assignerOf(source.shardAssigner, name),
        schemas: this.#schemasOf(name),
        deadLetters: await this.#deadLetterHandler(source.deadLetters, name),
        keepsRecords: this.#plan.nodes.some(
          ({ node }) =>
            node.kind === 'function' &&
            node.steps[0]!.function.type === 'python' &&
            this.#sourceOf(node)?.transformation.id === id,
        ),
      })
    )
  }

  /** null: the source's own. */
  async #assignerOf(spec: ShardAssignerSpec, name: string): Promise<AssignShards | null> {
    switch (spec.type) {
      case 'uniform':
        return null
      case 'default':
        return oneByOne(defaultShardAssigner)
      case 'local':
      case 'module':
        return oneByOne((await this.#loadFunction(spec, name)) as unknown as KinesisShardAssigner)
      case 'python': {
        const { assignShards } = this.#services
        if (assignShards === undefined || assignShards === null)
          throw new GraphError(`'${name}' has a shard assigner of Python, but no Python program is connected.`)
        return assignShards(spec.pickle)
      }
    }
  }

  /** The functions that a sink is described with. */
  async #sinkFunctions(
    { partitionKeyGenerator, deadLetters }: KinesisStreamsSinkSpec,
    name: string,
  ): Promise<KinesisStreamsSinkServices> {
    const key =
      partitionKeyGenerator.type === 'local' || partitionKeyGenerator.type === 'module'
        ? ((await this.#loadFunction(partitionKeyGenerator, name)) as (value: unknown) => unknown)
        : null
    return { key, deadLetters: await this.#deadLetterHandler(deadLetters, name), schemas: this.#schemasOf(name) }
  }

  /** null: letters go to no function. */
  async #deadLetterHandler(spec: DeadLettersSpec | null, name: string): Promise<DeadLetterFunction | null> {
    switch (spec?.type) {
      case 'local':
      case 'module':
        return (await this.#loadFunction(spec, name)) as unknown as DeadLetterFunction
      case 'python': {
        const { deadLetters } = this.#services
        if (deadLetters === undefined || deadLetters === null)
          throw new GraphError(`'${name}' has dead letters for Python, but no Python program is connected.`)
        return deadLetters(spec.pickle)
      }
      default:
        return null
    }
  }

  async #makeSink({ transformation: { sink, name } }: SinkNode): Promise<Sink> {
    switch (sink.type) {
      case 'print':
        return new PrintSink(sink.identifier, this.#services.print)
      case 'discard':
        return new DiscardSink()
      case 'kinesis-firehose': {
        const { FirehoseDeliveryStream } = await import('../../aws/firehose/firehose-client.ts')
        return new KinesisFirehoseSinkConnector(sink, this.#configuration, this.#services.clock, {
          proxyFactory: (...made) => new FirehoseDeliveryStream(...made),
          deadLetters: await this.#deadLetterHandler(sink.deadLetters, name),
          schemas: this.#schemasOf(name),
        })
      }
      case 'kinesis-streams':
        return (
          this.#services.kinesisSink?.(sink, this.#configuration) ??
          new KinesisStreamsSinkConnector(
            sink,
            this.#configuration,
            this.#services.clock,
            await this.#sinkFunctions(sink, name),
          )
        )
    }
  }

  #collectionValues({ values }: CollectionSourceSpec, output: PayloadType, name: string): readonly unknown[] {
    if (output === 'text') return values
    if (output === 'object') return this.#local(values[0]!, name) as readonly unknown[]
    return values.map(v => Buffer.from(v, 'base64'))
  }

  #schemasOf(name: string): JobSchemas {
    const schemas = new JobSchemas(spec => this.#loadFunction(spec, name), this.#services.clock, this.warn)
    this.#schemas.push(schemas)
    return schemas
  }

  async #load(spec: FunctionSpec, name: string): Promise<void> {
    this.#functions.set(spec, await this.#loadFunction(spec, name))
  }

  async #loadFunction(spec: FunctionSpec, name: string): Promise<LocalFunction> {
    if (spec.type === 'local') return this.#local(spec.localId, name) as LocalFunction
    if (spec.type !== 'module') throw new GraphError(`'${name}' has a function of an unknown type.`)
    return loadModuleFunction(spec, name)
  }

  #local(localId: string, name: string): LocalFunction | readonly unknown[] {
    const local = this.#services.locals.get(localId)
    if (local === undefined)
      throw new GraphError(
        `'${name}' refers to '${localId}' of the process that built the graph. Over a bridge a function must be of type 'python' or 'module'.`,
      )
    return local
  }
}
