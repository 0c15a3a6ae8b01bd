/**
 * The AWS Glue Schema Registry, by the AWS SDK. Only jobs that use the registry load this module. Every call has a deadline. A call
 * whose failure may be temporary is made up to four times, like in Amazon's library.
 */
import {
  CreateSchemaCommand,
  GetSchemaByDefinitionCommand,
  GetSchemaCommand,
  GetSchemaVersionCommand,
  GlueClient,
  PutSchemaVersionMetadataCommand,
  RegisterSchemaVersionCommand,
} from '@aws-sdk/client-glue'

import type {
  NewSchema,
  RegisteredSchema,
  SchemaRegistryApi,
  SchemaVersion,
} from '../../../schemas/glue/schema-registry.ts'
import { sleep, unlessAborted } from '../../foundation/clock.ts'
import type { Clock } from '../../foundation/clock.ts'
import { awsOptions } from '../../foundation/config/aws-options.ts'
import { ServiceError, ShardlineError } from '../../foundation/errors.ts'
import { backoffMs } from '../../foundation/retry.ts'
import { InvalidAnswer, optionalText, text } from '../service/answer-checks.ts'
import { connectToAws, endpointOf } from '../service/aws-connection.ts'
import type { AwsConnection, MiddlewareStack } from '../service/aws-connection.ts'
import { parseProxy } from '../http/proxies.ts'
import { SdkHttpHandler } from '../http/sdk-http-handler.ts'
import { readSdkAnswer } from '../service/sdk-answer.ts'
import type { SdkAnswer } from '../service/sdk-answer.ts'
import { describe, sdkError } from '../service/service-errors.ts'
import type { Attempted } from '../service/service-errors.ts'
import type { GlueClientOptions } from '../../../schemas/glue/glue-client-options.ts'

const ATTEMPTS = 4
const BASE_DELAY_MS = 200
const MAX_DELAY_MS = 20_000
/** The deadline of one attempt. A call of Glue takes about 50 ms. */
export const CALL_TIMEOUT_MS = 30_000
const CONNECTION_TIMEOUT_MS = 10_000

export class GlueSchemaRegistryClient implements SchemaRegistryApi {
  readonly #connection: AwsConnection
  readonly #client: GlueClient
  readonly #clock: Clock
  /** For `proxyUrl`, which applies to the registry alone. */
  readonly #proxied: SdkHttpHandler | null
  readonly #closed = new AbortController()

  /** @throws ConfigurationError */
  constructor({ configuration, proxyUrl, userAgent }: GlueClientOptions, clock: Clock) {
    this.#clock = clock
    const proxy = proxyUrl === null ? null : parseProxy('proxyUrl', proxyUrl)
    this.#connection = connectToAws(
      configuration,
      null,
      clock,
      "or AWS_DEFAULT_REGION, or 'region' of the schema's configuration",
    )
    const { network } = this.#connection
    this.#proxied =
      proxy === null
        ? null
        : new SdkHttpHandler(
            { tls: () => network.tls(), proxyFor: () => proxy },
            {
              connectionTimeoutMs: CONNECTION_TIMEOUT_MS,
              socketTimeoutMs: configuration.get(awsOptions.readTimeoutMs),
            },
          )
    this.#client = new GlueClient({
      ...this.#connection.clientOptions(1),
      ...(this.#proxied === null ? {} : { requestHandler: this.#proxied }),
    })
    const stack = this.#client.middlewareStack as unknown as MiddlewareStack
    this.#connection.adopt(stack)
    addToUserAgent(stack, userAgentSuffix(userAgent))
  }

  get region(): string {
    return this.#connection.region
  }

  async getSchemaByDefinition(schemaName: string, registryName: string, definition: string): Promise<SchemaVersion> {
    const command = new GetSchemaByDefinitionCommand({
      SchemaId: { SchemaName: schemaName, RegistryName: registryName },
      SchemaDefinition: definition,
    })
    const attempted = { operation: 'GetSchemaByDefinition', stream: schemaName, kind: 'schema' } as const
    return this.#call(
      attempted,
      signal => this.#client.send(command, { abortSignal: signal }),
      answer => toVersion(answer),
    )
  }

  async schemaExists(schemaName: string, registryName: string): Promise<boolean> {
    const command = new GetSchemaCommand({ SchemaId: { SchemaName: schemaName, RegistryName: registryName } })
    const attempted = { operation: 'GetSchema', stream: schemaName, kind: 'schema' } as const
    try {
      await this.#call(
        attempted,
        signal => this.#client.send(command, { abortSignal: signal }),
        answer => text(answer.SchemaName, 'SchemaName'),
      )
      return true
    } catch (error) {
      if (error instanceof ShardlineError && error.code === 'SCHEMA_NOT_FOUND') return false
      throw error
    }
  }

  async registerSchemaVersion(schemaName: string, registryName: string, definition: string): Promise<SchemaVersion> {
    const command = new RegisterSchemaVersionCommand({
      SchemaId: { SchemaName: schemaName, RegistryName: registryName },
      SchemaDefinition: definition,
    })
    const attempted = { operation: 'RegisterSchemaVersion', stream: schemaName, kind: 'schema' } as const
    return this.#call(
      attempted,
      signal => this.#client.send(command, { abortSignal: signal }),
      answer => toVersion(answer),
    )
  }

  async createSchema(schema: NewSchema): Promise<SchemaVersion> {
    const command = new CreateSchemaCommand({
      RegistryId: { RegistryName: schema.registryName },
      SchemaName: schema.schemaName,
      DataFormat: schema.dataFormat,
      Compatibility: schema.compatibility,
      Description: schema.description,
      Tags: { ...schema.tags },
      SchemaDefinition: schema.definition,
    })
    const attempted = { operation: 'CreateSchema', stream: schema.schemaName, kind: 'schema' } as const
    return this.#call(
      attempted,
      signal => this.#client.send(command, { abortSignal: signal }),
      ({ SchemaVersionId, SchemaVersionStatus }) => toVersion({ SchemaVersionId, Status: SchemaVersionStatus }),
    )
  }

  async getSchemaVersion(versionId: string): Promise<RegisteredSchema & SchemaVersion> {
    const command = new GetSchemaVersionCommand({ SchemaVersionId: versionId })
    const attempted = { operation: 'GetSchemaVersion', stream: versionId, kind: 'schema version' } as const
    return this.#call(
      attempted,
      signal => this.#client.send(command, { abortSignal: signal }),
      answer => {
        const version = toVersion(answer)
        if (version.versionId.toLowerCase() !== versionId.toLowerCase())
          throw new InvalidAnswer(`it describes another version, ${version.versionId}`)
        return {
          ...version,
          definition: text(answer.SchemaDefinition, 'SchemaDefinition'),
          dataFormat: text(answer.DataFormat, 'DataFormat'),
          // arn:aws:glue:eu-west-1:123456789012:schema/registry/schema
          schemaName: optionalText(answer.SchemaArn, 'SchemaArn')?.split('/').at(-1) ?? '',
        }
      },
    )
  }

  async putSchemaVersionMetadata(versionId: string, key: string, value: string): Promise<void> {
    const command = new PutSchemaVersionMetadataCommand({
      SchemaVersionId: versionId,
      MetadataKeyValue: { MetadataKey: key, MetadataValue: value },
    })
    const attempted = { operation: 'PutSchemaVersionMetadata', stream: versionId, kind: 'schema version' } as const
    await this.#call(
      attempted,
      signal => this.#client.send(command, { abortSignal: signal }),
      () => undefined,
    )
  }

  /** Rejects the calls in flight. */
  close(): void {
    this.#closed.abort(Object.assign(new Error('the client is closed'), { code: 'the client is closed' }))
    this.#connection.close()
    this.#client.destroy()
    this.#proxied?.destroy()
  }

  /** `read` returns what is needed of the answer, and throws `InvalidAnswer` when that is missing. */
  async #call<A extends SdkAnswer, T>(
    attempted: Attempted,
    call: (signal: AbortSignal) => Promise<A>,
    read: (answer: A) => T,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await readSdkAnswer(await this.#attempt(attempted, call), read, attempted, () => this.#endpoint())
      } catch (error) {
        if (attempt === ATTEMPTS || !(error instanceof ShardlineError) || !error.retryable) throw error
        if (this.#closed.signal.aborted) throw error
        await sleep(this.#clock, backoffMs(attempt, BASE_DELAY_MS, MAX_DELAY_MS), this.#closed.signal).catch(() => {
          throw error
        })
      }
    }
  }

  async #attempt<T>(attempted: Attempted, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController()
    const cancel = this.#clock.schedule(CALL_TIMEOUT_MS, () => late.abort())
    const signal = AbortSignal.any([late.signal, this.#closed.signal])
    try {
      // A credentials provider may not answer either, and takes no signal.
      await unlessAborted(this.#connection.credentials(), signal)
      return await unlessAborted(call(signal), signal)
    } catch (cause) {
      if (this.#closed.signal.aborted) throw await this.#error(this.#closed.signal.reason, attempted)
      if (late.signal.aborted)
        throw new ServiceError(
          'REQUEST_TIMED_OUT',
          `${describe(attempted)} failed: no answer within ${CALL_TIMEOUT_MS} ms. It is tried again.`,
          { cause, details: { ...attempted } },
        )
      throw await this.#error(cause, attempted)
    } finally {
      cancel()
    }
  }

  #endpoint(): Promise<URL> {
    return endpointOf(GetSchemaVersionCommand, this.#client.config)
  }

  async #error(cause: unknown, attempted: Attempted): Promise<ShardlineError> {
    const error = await sdkError(cause, attempted, () => this.#endpoint())
    if (error.code !== 'CREDENTIALS_MISSING') return error
    const { code, message, details } = error
    const where = 'The schema registry takes these keys from the configuration of the schema.'
    return new ServiceError(code, `${message} ${where}`, { cause: error, details })
  }
}

function toVersion({ SchemaVersionId, Status }: { SchemaVersionId?: unknown; Status?: unknown }): SchemaVersion {
  return { versionId: text(SchemaVersionId, 'SchemaVersionId'), status: optionalText(Status, 'Status') }
}

function userAgentSuffix({
  autoRegistration,
  compression,
  secondaryDeserializer,
  app,
}: GlueClientOptions['userAgent']): string {
  const bit = (set: boolean): string => (set ? '1' : '0')
  return `autoreg/${bit(autoRegistration)}:compress/${bit(compression)}:secdeser/${bit(secondaryDeserializer)}:app/${app.replace(/[^\x21-\x7e]/g, '-')}`
}

/** Without the middleware the SDK would replace the colons by dashes. */
function addToUserAgent(stack: MiddlewareStack, suffix: string): void {
  stack.add(
    next => async args => {
      const { headers } = args.request as { readonly headers?: Record<string, string> }
      if (headers !== undefined) headers['user-agent'] = `${headers['user-agent'] ?? ''} ${suffix}`.trim()
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'high', name: 'shardlineGlueUserAgent' },
  )
}
