/** Provides the schemas of a job with functions of the program and with registries. Equal configurations share a registry. */
import type { Clock } from '../../foundation/clock.ts'
import type { LocalFunction } from '../../operators/job-facilities.ts'
import type { GlueDataFormat, SchemaRegistry } from '../../../schemas/glue/schema-registry.ts'
import type { GlueConfigs, ValueFunctionSpec } from '../../../schemas/contracts/schema-spec.ts'
import type { SchemaServices } from '../../../schemas/glue/schema-services.ts'

export type LoadFunction = (spec: ValueFunctionSpec) => Promise<LocalFunction>

interface OpenRegistry {
  readonly registry: SchemaRegistry
  readonly close: () => void
}

export class JobSchemas implements SchemaServices {
  readonly loadFunction: LoadFunction
  readonly #clock: Clock
  readonly #warn: (message: string) => void
  readonly #registries = new Map<string, Promise<OpenRegistry>>()

  constructor(loadFunction: LoadFunction, clock: Clock, warn: (message: string) => void) {
    this.loadFunction = loadFunction
    this.#clock = clock
    this.#warn = warn
  }

  async glueRegistry(configs: GlueConfigs, format: GlueDataFormat): Promise<SchemaRegistry> {
    const key = JSON.stringify([format, Object.entries(configs).sort()])
    let open = this.#registries.get(key)
    if (open === undefined) {
      open = this.#open(configs, format)
      this.#registries.set(key, open)
    }
    return (await open).registry
  }

  /** Closes all registries. */
  close(): void {
    for (const open of this.#registries.values())
      open.then(
        ({ close }) => close(),
        () => undefined,
      )
    this.#registries.clear()
  }

  /** The SDK's client is loaded when a job needs it. */
  async #open(configs: GlueConfigs, format: GlueDataFormat): Promise<OpenRegistry> {
    const [{ parseGlueConfigs }, { SchemaRegistry }, { GlueSchemaRegistryClient }] = await Promise.all([
      import('../../../schemas/glue/glue-configs.ts'),
      import('../../../schemas/glue/schema-registry.ts'),
      import('../../aws/glue/glue-client.ts'),
    ])
    const { client: options, registry, warnings } = parseGlueConfigs(configs, format)
    warnings.forEach(this.#warn)
    const client = new GlueSchemaRegistryClient(options, this.#clock)
    return {
      registry: new SchemaRegistry(client, registry, this.#clock, this.#warn),
      close: () => client.close(),
    }
  }
}
