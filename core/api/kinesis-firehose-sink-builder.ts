/** Builds a Firehose sink. The setters and defaults are Flink's. An invalid value is an error of the setter or of `build`. */
import type { Configuration } from '../foundation/config/configuration.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import type { KinesisFirehoseSinkSpec } from '../connectors/firehose/kinesis-firehose-sink-spec.ts'
import { checkFirehoseSpec } from '../connectors/firehose/kinesis-firehose-sink-connector.ts'
import { AsyncSinkBuilder } from './async-sink-builder.ts'
import type { RegisterLocal } from './schemas/schema.ts'
import { sinkContracts } from '../connectors/async-sink/sink-contracts.ts'

export class KinesisFirehoseSink {
  readonly toSpec: (register: RegisterLocal) => KinesisFirehoseSinkSpec

  constructor(toSpec: (register: RegisterLocal) => KinesisFirehoseSinkSpec) {
    this.toSpec = toSpec
  }

  static builder(): KinesisFirehoseSinkBuilder {
    return new KinesisFirehoseSinkBuilder()
  }
}

export class KinesisFirehoseSinkBuilder extends AsyncSinkBuilder {
  #deliveryStreamName: string | null = null

  constructor() {
    super('KinesisFirehoseSink', sinkContracts['kinesis-firehose'].defaults)
  }

  setDeliveryStreamName(deliveryStreamName: string): this {
    this.#deliveryStreamName = deliveryStreamName
    return this
  }

  /** `aws.*` keys; see docs/reference/options.md. The endpoint is that of Firehose. @throws ConfigurationError */
  setFirehoseClientProperties(properties: Configuration | Readonly<Record<string, string>>): this {
    this.setClientProperties(properties)
    return this
  }

  build(): KinesisFirehoseSink {
    if (!this.#deliveryStreamName)
      throw new ConfigurationError(
        'The delivery stream name must be set when initializing the KDF Sink: call setDeliveryStreamName.',
      )
    const { described, functions } = this.common()
    const spec = {
      type: 'kinesis-firehose' as const,
      deliveryStreamName: this.#deliveryStreamName,
      ...described,
    }
    checkFirehoseSpec(spec)
    return new KinesisFirehoseSink(register => ({ ...spec, ...functions(register) }))
  }
}
