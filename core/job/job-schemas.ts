/** What the schemas of a job ask for: functions of the program, and registries, one for all that are configured alike. */
import { ConfigurationError } from '../errors.ts'
import type { LocalFunction } from '../operators/local-function-operator.ts'
import type { SchemaRegistry } from '../../schemas/glue/schema-registry.ts'
import type { GlueConfigs, ValueFunctionSpec } from '../../schemas/schema-spec.ts'
import type { SchemaServices } from '../../schemas/schema-services.ts'

export type LoadFunction = (spec: ValueFunctionSpec) => Promise<LocalFunction>

export class JobSchemas implements SchemaServices {
  readonly loadFunction: LoadFunction
  readonly #registries = new Map<string, Promise<SchemaRegistry>>()

  constructor(loadFunction: LoadFunction) {
    this.loadFunction = loadFunction
  }

  glueRegistry(configs: GlueConfigs): Promise<SchemaRegistry> {
    const key = JSON.stringify(Object.entries(configs).sort())
    let registry = this.#registries.get(key)
    if (registry === undefined) {
      registry = Promise.reject(new ConfigurationError('No Glue yet.'))
      this.#registries.set(key, registry)
    }
    return registry
  }
}
