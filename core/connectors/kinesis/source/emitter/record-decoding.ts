/** Makes what turns the records of a source into values: the schema's deserializer, and the handling of records it cannot read. */
import type { Deserializer } from '../../../../../schemas/contracts/batch-codec.ts'
import { deserializerOf } from '../../../../../schemas/deserialization.ts'
import type { SchemaServices } from '../../../../../schemas/glue/schema-services.ts'
import { KinesisStreamProxy } from '../../../../aws/kinesis/kinesis-stream-proxy.ts'
import type { StartContext } from '../../../../aws/service/stream-readiness.ts'
import type { Clock } from '../../../../foundation/clock.ts'
import type { Configuration } from '../../../../foundation/config/configuration.ts'
import { kinesisSourceOptions } from '../../../../foundation/config/kinesis-source-options.ts'
import type { KinesisStreamsSourceSpec } from '../../kinesis-streams-source-spec.ts'
import type { DeadLetterDestination } from '../../../dead-letters/dead-letter-destination.ts'
import type { DeadLetterFunction } from '../../../../operators/dead-letter.ts'
import { destinationOf } from '../../../dead-letters/destination-of-spec.ts'
import { PoisonedRecords } from './poisoned-records.ts'
import type { PoisonedRecordsOptions } from './poisoned-records.ts'
import { RecordEmitter } from './record-emitter.ts'
import type { RecordLosses } from './record-losses.ts'

export interface RecordDecodingServices {
  readonly clock: Clock
  readonly schemas: SchemaServices
  /** The dead letter handler, if it is a function. */
  readonly deadLetterHandler: DeadLetterFunction | null
  /** A function outside the source completes the schema, and must be able to show the record that it cannot read. */
  readonly keepsRecords: boolean
  readonly losses: RecordLosses
  readonly warn: (message: string) => void
}

export class RecordDecoding {
  readonly #spec: Pick<KinesisStreamsSourceSpec, 'deserializationSchema' | 'deadLetters'>
  readonly #configuration: Configuration
  readonly #services: RecordDecodingServices

  constructor(
    spec: Pick<KinesisStreamsSourceSpec, 'deserializationSchema' | 'deadLetters'>,
    configuration: Configuration,
    services: RecordDecodingServices,
  ) {
    this.#spec = spec
    this.#configuration = configuration
    this.#services = services
  }

  /** Opens the schema and checks the destination of dead letters. @throws ShardlineError */
  async validate(context: StartContext): Promise<void> {
    const deserializer = this.#deserializer()
    const deadLetters = this.#deadLetters()
    try {
      await deserializer.open()
      await deadLetters?.validate(context)
    } finally {
      deserializer.close()
      await deadLetters?.close()
    }
  }

  createEmitter(): RecordEmitter {
    return new RecordEmitter(this.#deserializer(), this.#poisonedRecordsOptions())
  }

  /** For a function that completes the schema. `null` when a record that it cannot read fails the job. */
  createPoisonedRecords(): PoisonedRecords | null {
    return this.#poisonedRecordsFailTheJob ? null : new PoisonedRecords(this.#poisonedRecordsOptions())
  }

  get #poisonedRecordsFailTheJob(): boolean {
    return this.#spec.deadLetters === null && this.#configuration.get(kinesisSourceOptions.poisonRecords) === 'fail'
  }

  #deserializer(): Deserializer {
    const { schemas, keepsRecords } = this.#services
    return deserializerOf(this.#spec.deserializationSchema, schemas, keepsRecords && !this.#poisonedRecordsFailTheJob)
  }

  #poisonedRecordsOptions(): PoisonedRecordsOptions {
    return {
      poisonRecords: this.#configuration.get(kinesisSourceOptions.poisonRecords),
      deadLetters: this.#deadLetters(),
      losses: this.#services.losses,
    }
  }

  #deadLetters(): DeadLetterDestination | null {
    const { deadLetters: spec } = this.#spec
    const { clock, warn, deadLetterHandler } = this.#services
    if (spec === null) return null
    return destinationOf(spec, {
      clock,
      random: Math.random,
      warn,
      handler: deadLetterHandler,
      proxyOf: stream => new KinesisStreamProxy(stream, this.#configuration.with(stream.configuration), clock),
    })
  }
}
