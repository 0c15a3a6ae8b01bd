/**
 * One sink that a client writes to without a job. A write is answered when the service has acknowledged every record of it,
 * or the dead letters have it. A client has credits, which bound the records that have no answer.
 */
import { systemClock } from '../../core/foundation/clock.ts'
import { Configuration } from '../../core/foundation/config/configuration.ts'
import { invalid } from '../../core/control/job-requests.ts'
import { asShardlineError, BridgeError, GraphError } from '../../core/foundation/errors.ts'
import { JobSchemas } from '../../core/runtime/assembly/job-schemas.ts'
import { loadModuleFunction } from '../../core/runtime/assembly/module-function.ts'
import type { KinesisStreamsSinkSpec } from '../../core/connectors/kinesis/kinesis-streams-sink-spec.ts'
import type { StartContext } from '../../core/aws/service/stream-readiness.ts'
import { RecordBatch } from '../../core/foundation/record-batch/record-batch.ts'
import type { DeadLetterFunction } from '../../core/operators/dead-letter.ts'
import type { EntrySinkWriter } from '../../core/connectors/entries/entry-sink-writer.ts'
import { KinesisStreamsSinkConnector } from '../../core/connectors/kinesis/sink/kinesis-streams-sink-connector.ts'
import { JsonFormError, valuesFromJson } from '../../schemas/json-values.ts'
import type { FromJson } from '../../schemas/json-values.ts'
import type { SchemaSpec } from '../../schemas/contracts/schema-spec.ts'
import type { SinkWriteParams } from './driver-protocol.ts'

const NAME = 'sink/open'

interface RecordKey {
  readonly partitionKey: string
  readonly explicitHashKey: string | null
}

const NO_KEYS: readonly RecordKey[] = []

type Settle = { readonly resolve: () => void; readonly reject: (error: unknown) => void }

export class OpenSink {
  readonly credits: number
  readonly #schema: SchemaSpec['type']
  readonly #schemas: JobSchemas
  readonly #fromJson: FromJson
  /** Whether each write has the keys of its records. */
  readonly #keyed: boolean
  readonly #writer: EntrySinkWriter
  readonly #unanswered = new Set<Settle>()
  #outstanding = 0
  #failure: unknown = null
  /** The keys of the batch that is given to the writer now. The writer asks for them one by one. */
  #keys: Iterator<RecordKey> = NO_KEYS.values()
  /**
   * Resolves when the last batch is in the buffer. The next batch is given after it, so that batches stay in their order.
   */
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

  /** @throws GraphError, ConfigurationError or ServiceError when the sink can not be opened */
  static async open(spec: KinesisStreamsSinkSpec, context: StartContext): Promise<OpenSink> {
    const { warn } = context
    const generator = spec.partitionKeyGenerator
    const services = await sinkServices(spec, warn)
    const sinkOf = (keys: (() => unknown) | null): KinesisStreamsSinkConnector =>
      new KinesisStreamsSinkConnector(
        generator.type === 'key_by' ? { ...spec, partitionKeyGenerator: { type: 'local', localId: NAME } } : spec,
        new Configuration(),
        systemClock,
        { ...services, key: services.key ?? keys },
      )
    try {
      await sinkOf(null).validate(context)
      return new OpenSink(spec, services.schemas, await valuesFromJson(spec.serializationSchema), (keys, fail) =>
        sinkOf(keys).createWriter({ subtask: 0, parallelism: 1, restored: [], fail, warn }),
      )
    } catch (error) {
      services.schemas.close()
      throw error
    }
  }

  /** Resolves when the service has acknowledged every record, or the dead letters have it. */
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
            // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the error is passed on unchanged
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

  /** Resolves when every record that was given is written or has failed. */
  async flush(): Promise<void> {
    await this.#given
    if (this.#failure !== null) throw asShardlineError(this.#failure)
    await this.#writer.flush()
  }

  /** Flushes and closes the sink. */
  async drain(): Promise<void> {
    try {
      await this.flush()
    } finally {
      this.close()
    }
  }

  /** Closes the sink without sending the records that wait. Their writes fail. */
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

interface SinkServices {
  readonly key: ((value: unknown) => unknown) | null
  readonly deadLetters: DeadLetterFunction | null
  readonly schemas: JobSchemas
}

/** Loads the functions of a sink, which are exports of modules. */
async function sinkServices(
  { partitionKeyGenerator: generator, deadLetters: handler }: KinesisStreamsSinkSpec,
  warn: (message: string) => void,
): Promise<SinkServices> {
  if (generator.type === 'local' || handler?.type === 'local' || handler?.type === 'python') throw notOfModule()
  const key =
    generator.type === 'module' ? ((await loadModuleFunction(generator, NAME)) as (value: unknown) => unknown) : null
  const deadLetters =
    handler?.type === 'module' ? ((await loadModuleFunction(handler, NAME)) as unknown as DeadLetterFunction) : null
  const schemas = new JobSchemas(
    named => {
      if (named.type === 'local') throw notOfModule()
      return loadModuleFunction(named, NAME)
    },
    systemClock,
    warn,
  )
  return { key, deadLetters, schemas }
}

const notOfModule = (): GraphError =>
  new GraphError('The functions of a sink without a job must be exports of modules.')

const isListOf = (list: readonly unknown[] | null, check: (item: unknown) => boolean): list is readonly unknown[] =>
  Array.isArray(list) && list.every(item => check(item))
