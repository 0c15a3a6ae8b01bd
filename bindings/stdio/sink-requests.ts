/**
 * Sinks that a client writes to without a job. A write is answered when the service has acknowledged every record of it, or the
 * dead letters have it. So that nothing waits without a bound, a client has credits: so many records may be without an answer.
 */
import { randomUUID } from 'node:crypto'

import { systemClock } from '../../core/foundation/clock.ts'
import { Configuration } from '../../core/foundation/config/configuration.ts'
import { invalid } from '../../core/control/job-requests.ts'
import { asShardlineError, BridgeError, GraphError } from '../../core/foundation/errors.ts'
import { JobSchemas } from '../../core/runtime/assembly/job-schemas.ts'
import { loadModuleFunction } from '../../core/runtime/assembly/module-function.ts'
import type { KinesisStreamsSinkSpec } from '../../core/graph/job-graph.ts'
import type { StartContext } from '../../core/aws/service/stream-readiness.ts'
import { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import type { DeadLetterFunction } from '../../core/connectors/dead-letters/dead-letter-destination.ts'
import type { EntrySinkWriter } from '../../core/connectors/entries/entry-sink-writer.ts'
import { KinesisStreamsSinkConnector } from '../../core/connectors/kinesis/sink/kinesis-streams-sink-connector.ts'
import { JsonFormError, valuesFromJson } from '../../schemas/json-values.ts'
import type { FromJson } from '../../schemas/json-values.ts'
import type { SchemaSpec } from '../../schemas/contracts/schema-spec.ts'
import { checkSink } from './check-job-graph.ts'
import type { SinkIdParams, SinkOpenParams, SinkOpenResult, SinkWriteParams } from './driver-protocol.ts'

const NAME = 'sink/open'

interface RecordKey {
  readonly partitionKey: string
  readonly explicitHashKey: string | null
}

const NO_KEYS: readonly RecordKey[] = []

type Settle = { readonly resolve: () => void; readonly reject: (error: unknown) => void }

export class SinkRequests {
  readonly handlers: Readonly<Record<string, (params: never) => Promise<object>>> = {
    'sink/open': (params: SinkOpenParams) => this.#open(params),
    'sink/write': async (params: SinkWriteParams) => {
      await this.#sink(params).write(params)
      return {}
    },
    'sink/flush': async (params: SinkIdParams) => {
      await this.#sink(params).flush()
      return {}
    },
    'sink/close': async (params: SinkIdParams) => {
      const sink = this.#sink(params)
      this.#sinks.delete(params.sinkId)
      this.#closing.add(sink)
      await sink.drain().finally(() => this.#closing.delete(sink))
      return {}
    },
  }
  readonly #sinks = new Map<string, OpenSink>()
  readonly #closing = new Set<OpenSink>()
  readonly #warn: (message: string) => void
  readonly #ending = new AbortController()

  constructor(warn: (message: string) => void) {
    this.#warn = warn
  }

  /** Everything that was given is written, or failed. */
  async drain(): Promise<void> {
    await Promise.allSettled([...this.#sinks.values()].map(sink => sink.flush()))
  }

  /** What waits is not sent. */
  close(): void {
    this.#ending.abort(engineEnds())
    for (const sink of [...this.#sinks.values(), ...this.#closing]) sink.close()
    this.#sinks.clear()
  }

  async #open({ sink: spec }: SinkOpenParams): Promise<SinkOpenResult> {
    checkSink(spec)
    if (spec.type !== 'kinesis-streams')
      throw new GraphError(`A sink without a job is of type 'kinesis-streams', not '${spec.type}'.`)
    const { signal } = this.#ending
    const sink = await OpenSink.open(spec, { warn: this.#warn, signal })
    if (signal.aborted) {
      sink.close()
      throw engineEnds()
    }
    const sinkId = randomUUID()
    this.#sinks.set(sinkId, sink)
    return { sinkId, credits: sink.credits }
  }

  #sink({ sinkId }: SinkIdParams): OpenSink {
    const sink = this.#sinks.get(sinkId)
    if (sink === undefined) throw invalid(`there is no open sink '${sinkId}'`)
    return sink
  }
}

class OpenSink {
  readonly credits: number
  readonly #schema: SchemaSpec['type']
  readonly #schemas: JobSchemas
  readonly #fromJson: FromJson
  /** Whether each write brings its keys. */
  readonly #keyed: boolean
  readonly #writer: EntrySinkWriter
  readonly #unanswered = new Set<Settle>()
  #outstanding = 0
  #failure: unknown = null
  /** Those of the batch that is given to the writer now, which asks for them one by one. */
  #keys: Iterator<RecordKey> = NO_KEYS.values()
  /** A batch is given when the one before is in the buffer, so that they stay in their order. */
  #given: Promise<unknown> = Promise.resolve()

  private constructor(
    spec: KinesisStreamsSinkSpec,
    schemas: JobSchemas,
    fromJson: FromJson,
    writerOf: (keys: () => unknown, fail: (error: unknown) => void) => EntrySinkWriter,
  ) {
    this.credits = spec.maxBufferedRequests
    this.#schema = spec.serializationSchema.type
    this.#schemas = schemas
    this.#fromJson = fromJson
    this.#keyed = spec.partitionKeyGenerator.type === 'key_by'
    this.#writer = writerOf(
      () => this.#keys.next().value as RecordKey | undefined,
      error => this.#fail(error),
    )
  }

  static async open(spec: KinesisStreamsSinkSpec, context: StartContext): Promise<OpenSink> {
    const { warn } = context
    const { partitionKeyGenerator: generator, deadLetters: letters } = spec
    if (generator.type === 'local' || letters?.type === 'local' || letters?.type === 'python')
      throw new GraphError('The functions of a sink without a job are exports of modules.')
    const key =
      generator.type === 'module' ? ((await loadModuleFunction(generator, NAME)) as (value: unknown) => unknown) : null
    const deadLetters =
      letters?.type === 'module' ? ((await loadModuleFunction(letters, NAME)) as unknown as DeadLetterFunction) : null
    const schemas = new JobSchemas(
      named => {
        if (named.type === 'local')
          throw new GraphError('The functions of a sink without a job are exports of modules.')
        return loadModuleFunction(named, NAME)
      },
      systemClock,
      warn,
    )
    const sinkOf = (keys: (() => unknown) | null): KinesisStreamsSinkConnector =>
      new KinesisStreamsSinkConnector(
        generator.type === 'key_by' ? { ...spec, partitionKeyGenerator: { type: 'local', localId: NAME } } : spec,
        new Configuration(),
        systemClock,
        { key: key ?? keys, deadLetters, schemas },
      )
    try {
      await sinkOf(null).validate(context)
      return new OpenSink(spec, schemas, await valuesFromJson(spec.serializationSchema), (keys, fail) =>
        sinkOf(keys).createWriter({ subtask: 0, parallelism: 1, restored: [], fail, warn }),
      )
    } catch (error) {
      schemas.close()
      throw error
    }
  }

  /** Resolves when all were acknowledged. */
  async write(params: SinkWriteParams): Promise<void> {
    const batch = this.#batchOf(params)
    const keys = this.#keysOf(params)
    const { count } = batch
    if (this.#failure !== null) throw asShardlineError(this.#failure)
    if (this.#outstanding + count > this.credits)
      throw new BridgeError(
        'PROTOCOL_VIOLATED',
        `${count} records were written while ${this.#outstanding} were without an answer; the sink has given ${this.credits} credits. None of them was taken: ${count > this.credits ? 'write them in smaller batches' : 'write them again when earlier writes are answered'}.`,
        { details: { records: count, outstanding: this.#outstanding, credits: this.credits } },
      )
    if (count === 0) return
    this.#outstanding += count
    let missing = count
    try {
      await new Promise<void>((resolve, reject) => {
        const settle = {
          resolve: () => {
            this.#unanswered.delete(settle)
            resolve()
          },
          reject: (error: unknown) => {
            this.#unanswered.delete(settle)
            // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is passed on as it came
            reject(error)
          },
        }
        this.#unanswered.add(settle)
        const give = async (): Promise<void> => {
          if (this.#failure !== null) throw asShardlineError(this.#failure)
          this.#keys = keys.values()
          await this.#writer.write(batch, entries => {
            if (missing === 0) return
            missing -= entries
            this.#outstanding -= entries
            if (missing === 0) settle.resolve()
          })
        }
        this.#given = this.#given.then(give).catch(settle.reject)
      })
    } finally {
      this.#outstanding -= missing
      missing = 0
    }
  }

  async flush(): Promise<void> {
    await this.#given
    if (this.#failure !== null) throw asShardlineError(this.#failure)
    await this.#writer.flush()
  }

  async drain(): Promise<void> {
    try {
      await this.flush()
    } finally {
      this.close()
    }
  }

  close(): void {
    this.#writer.close()
    this.#schemas.close()
    this.#fail(new BridgeError('ILLEGAL_STATE', 'The sink was closed before these records were acknowledged.'))
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    for (const { reject } of [...this.#unanswered]) reject(asShardlineError(error))
  }

  #batchOf({ values: json }: SinkWriteParams): RecordBatch {
    if (!Array.isArray(json)) throw invalid("'values' must be a list")
    const values = json.map((value, i) => this.#valueOf(value, i))
    if (this.#schema === 'simple-string') return RecordBatch.pack('text', values as string[])
    return this.#schema === 'byte-array' ? RecordBatch.pack('bytes', values as Buffer[]) : RecordBatch.ofValues(values)
  }

  #valueOf(json: unknown, i: number): unknown {
    try {
      return this.#fromJson(json, `values[${i}]`)
    } catch (error) {
      throw error instanceof JsonFormError ? invalid(error.message) : error
    }
  }

  #keysOf({ values, partitionKeys, explicitHashKeys }: SinkWriteParams): readonly RecordKey[] {
    if (!this.#keyed) {
      if (partitionKeys !== null || explicitHashKeys !== null)
        throw invalid(
          "'partitionKeys' and 'explicitHashKeys' must be null: the sink makes the keys, unless its partitionKeyGenerator is of type 'key_by'",
        )
      return NO_KEYS
    }
    if (!isListOf(partitionKeys, v => typeof v === 'string') || partitionKeys.length !== values.length)
      throw invalid("'partitionKeys' must be a list of text, one for each value")
    if (
      explicitHashKeys !== null &&
      (!isListOf(explicitHashKeys, v => v === null || typeof v === 'string') ||
        explicitHashKeys.length !== values.length)
    )
      throw invalid("'explicitHashKeys' must be null, or a list of decimal text or null, one for each value")
    return partitionKeys.map((partitionKey, i) => ({ partitionKey, explicitHashKey: explicitHashKeys?.[i] ?? null }))
  }
}

const engineEnds = (): BridgeError => new BridgeError('ILLEGAL_STATE', 'The engine ends.')

const isListOf = (list: readonly unknown[] | null, check: (item: unknown) => boolean): list is readonly unknown[] =>
  Array.isArray(list) && list.every(item => check(item))
