/** What schemas need from the job: functions of the program, and the Glue Schema Registry. */
import { ConfigurationError } from '../../core/foundation/errors.ts'
import type { GlueDataFormat, SchemaRegistry } from './schema-registry.ts'
import type { GlueConfigs, ValueFunctionSpec } from '../contracts/schema-spec.ts'

export interface SchemaServices {
  /** @throws GraphError */
  loadFunction(spec: ValueFunctionSpec): Promise<(...args: never[]) => unknown>
  /** Returns the same registry, with its caches, for the same configuration. */
  glueRegistry(configs: GlueConfigs, format: GlueDataFormat): Promise<SchemaRegistry>
}

/** For schemas that need no services. */
export const NO_SCHEMA_SERVICES: SchemaServices = {
  loadFunction: () => Promise.reject(new ConfigurationError('Functions of the program are not available here.')),
  glueRegistry: () => Promise.reject(new ConfigurationError('The Glue Schema Registry is not available here.')),
}

/** Instantiates the program's class, or calls its function. @throws ConfigurationError when the result does not have the method */
export async function loadSchemaOfProgram(
  spec: ValueFunctionSpec,
  services: SchemaServices,
  method: 'deserialize' | 'serialize',
): Promise<unknown> {
  const made: unknown = await services.loadFunction(spec)
  const hasMethod = (it: unknown): boolean =>
    typeof (it as Record<string, unknown> | null | undefined)?.[method] === 'function'
  const isClass = hasMethod((made as { prototype?: unknown }).prototype)
  const schema: unknown = isClass ? new (made as new () => unknown)() : (made as () => unknown)()
  if (!hasMethod(schema))
    throw new ConfigurationError(
      `A schema of the program must be a class with a method ${method}, or a function that returns such an object.`,
    )
  return schema
}
