/** A client of the Glue Schema Registry against a scripted server. */
import { CALL_TIMEOUT_MS, GlueSchemaRegistryClient } from '../../../core/aws/glue/glue-client.ts'
import type { GlueClientOptions } from '../../../schemas/glue/glue-client-options.ts'
import { parseGlueConfigs } from '../../../schemas/glue/glue-configs.ts'
import { SchemaRegistry } from '../../../schemas/glue/schema-registry.ts'
import { ManualClock } from './manual-clock.ts'
import { scriptedServer } from './scripted-server.ts'
import type { ScriptedRequest } from './scripted-server.ts'

export const ID = '123e4567-e89b-12d3-a456-426614174000'
export const ok = (json: unknown) => ({ status: 200, json })
export const failure = (name: string, message: string, status = 400) => ({ status, json: { __type: name, message } })
export const NO_SCHEMA = failure(
  'EntityNotFoundException',
  'Schema is not found. RegistryName: default-registry, SchemaName: f',
)
export const NO_VERSION = failure('EntityNotFoundException', 'Schema version is not found. SchemaName: f')
/** An answer to any operation. */
export const available = ok({ SchemaName: 'f', SchemaVersionId: ID, Status: 'AVAILABLE' })
export const operationOf = ({ headers }: ScriptedRequest): string =>
  String(headers['x-amz-target']).replace('AWSGlue.', '')

export const configs = (endpoint: string, more: Record<string, unknown> = {}) => ({
  region: 'eu-west-1',
  endpoint,
  'aws.credentials.provider.basic.accesskeyid': 'test',
  'aws.credentials.provider.basic.secretkey': 'test',
  schemaAutoRegistrationEnabled: 'true',
  ...more,
})

/** Deadlines never come, delays are short. */
export class ImpatientClock extends ManualClock {
  override schedule(delayMs: number, action: () => void): () => void {
    if (delayMs >= CALL_TIMEOUT_MS) return () => undefined
    const timer = setTimeout(action, 1)
    return () => clearTimeout(timer)
  }
}

export async function glue(t: { teardown(end: () => unknown): void }, more: Record<string, unknown> = {}) {
  const server = await scriptedServer(t, () => available)
  const settings = parseGlueConfigs(configs(server.url, more), 'AVRO')
  const client = new GlueSchemaRegistryClient(settings.client, new ImpatientClock())
  t.teardown(() => client.close())
  const operations = (): string[] => server.requests.map(operationOf)
  return {
    server,
    client,
    settings,
    operations,
    registry: new SchemaRegistry(client, settings.registry, new QuickClock()),
  }
}

/** Waits are over at once. */
export class QuickClock extends ManualClock {
  override schedule(_delayMs: number, action: () => void): () => void {
    const timer = setImmediate(action)
    return () => clearImmediate(timer)
  }
}

export const schema = { schemaName: 'f', dataFormat: 'AVRO', definition: '"int"', transportName: 'stream' } as const

export function options(): GlueClientOptions {
  return parseGlueConfigs({ region: 'eu-west-1' }, 'AVRO').client
}
