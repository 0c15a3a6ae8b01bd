/** What a schema asks of those who know the program and the way to AWS. */
import { ConfigurationError } from '../../core/foundation/errors.ts'
import type { GlueDataFormat, SchemaRegistry } from './schema-registry.ts'
import type { GlueConfigs, ValueFunctionSpec } from '../contracts/schema-spec.ts'

export interface SchemaServices {
  /** @throws GraphError */
  loadFunction(spec: ValueFunctionSpec): Promise<(...args: never[]) => unknown>
  /** The same registry, with its caches, for the same configuration. */
  glueRegistry(configs: GlueConfigs, format: GlueDataFormat): Promise<SchemaRegistry>
}

/** For schemas that ask for nothing. */
export const NO_SCHEMA_SERVICES: SchemaServices = {
  loadFunction: () => Promise.reject(new ConfigurationError('No functions of the program are known here.')),
  glueRegistry: () => Promise.reject(new ConfigurationError('No Glue Schema Registry is known here.')),
}

/** A class, or a function that makes the object. @throws ConfigurationError if what comes of it has no such method */
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
      `A schema of the program is a class with a method ${method}, or what makes such an object.`,
    )
  return schema
}
