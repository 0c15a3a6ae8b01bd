/** The requests from the engine to the driver other than function calls: shard assignment, credentials, and dead letters. */
import { ResponseError } from 'vscode-jsonrpc/node'
import type { MessageConnection } from 'vscode-jsonrpc/node'

import { CREDENTIALS_PREFIX } from '../../core/foundation/config/aws-options.ts'
import { FunctionError } from '../../core/foundation/errors.ts'
import { operatorKinds } from '../../core/runtime/operator-kinds.ts'
import type { JobGraph } from '../../core/graph/job-graph.ts'
import { namesModule, registerCredentialsProvider } from '../../core/aws/credentials/custom-credentials.ts'
import type { AwsCredentials } from '../../core/aws/credentials/refreshing-credentials.ts'
import type { DeadLetter } from '../../core/operators/dead-letter.ts'
import type { ShardAssignerContext, ShardToAssign } from '../../core/operators/shard-assigner.ts'
import { ENGINE_ERROR } from './driver-protocol.ts'
import type {
  AssignShardsParams,
  AssignShardsResult,
  CredentialsParams,
  CredentialsResult,
  DeadLettersParams,
} from './driver-protocol.ts'

/** The maximum size of the data in one request. As base64 it fits into a message. A larger dead letter is sent alone. */
const MAX_DATA_BYTES = 16 * 1024 * 1024

export class DriverRequests {
  readonly #connection: MessageConnection

  constructor(connection: MessageConnection) {
    this.#connection = connection
  }

  async assignShards(
    pickle: string,
    shards: readonly ShardToAssign[],
    { parallelism, assigned }: ShardAssignerContext,
  ): Promise<readonly number[]> {
    const asked = shards.map(({ streamArn, shardId, parentShardIds, startingHashKey, endingHashKey }) => ({
      streamArn,
      shardId,
      parentShardIds,
      startingHashKey,
      endingHashKey,
    }))
    const params: AssignShardsParams = { pickle, shards: asked, parallelism, assigned }
    return (await this.#connection.sendRequest<AssignShardsResult>('driver/assignShards', params)).subtasks
  }

  /** Resolves when the handler has taken them all. @throws FunctionError if it raises */
  async deadLetters(pickle: string, deadLetters: readonly DeadLetter[]): Promise<void> {
    for (let from = 0; from < deadLetters.length;) {
      let to = from + 1
      let bytes = deadLetters[from]!.data.length
      while (to < deadLetters.length && (bytes += deadLetters[to]!.data.length) <= MAX_DATA_BYTES) to++
      const letters = deadLetters
        .slice(from, to)
        .map(({ data, ...rest }) => ({ ...rest, data: data.toString('base64') }))
      const params: DeadLettersParams = { pickle, letters }
      try {
        await this.#connection.sendRequest<object>('driver/deadLetters', params)
      } catch (cause) {
        throw cause instanceof ResponseError && cause.code === ENGINE_ERROR ? handlerError(cause) : cause
      }
      from = to
    }
  }

  /** Registers the providers of the driver that the graph's `custom.class` keys name. @returns a function that unregisters them */
  registerCredentials(graph: JobGraph): () => void {
    const names = new Set(customClasses(graph).filter(name => !namesModule(name)))
    const forget = [...names].map(name =>
      registerCredentialsProvider(name, configuration => () => this.#credentials(name, configuration)),
    )
    return () => {
      for (const f of forget) f()
    }
  }

  async #credentials(name: string, configuration: Readonly<Record<string, string>>): Promise<AwsCredentials> {
    const params: CredentialsParams = { name, configuration }
    const answer = await this.#connection.sendRequest<CredentialsResult>('driver/credentials', params)
    const { sessionToken, expiration, ...keys } = answer
    return {
      ...keys,
      ...(sessionToken === null ? {} : { sessionToken }),
      ...(expiration === null ? {} : { expiration: new Date(expiration) }),
    }
  }
}

function handlerError(cause: ResponseError<unknown>): FunctionError {
  const { traceback = null } = (cause.data ?? {}) as { readonly traceback?: string | null }
  return new FunctionError('FUNCTION_FAILED', `The dead letter handler failed: ${cause.message}`, {
    cause,
    details: { traceback },
    remoteStack: traceback ?? undefined,
  })
}

/** Every value of a `...custom.class` key, at whatever depth of roles. */
function customClasses({ configuration, transformations }: JobGraph): string[] {
  const own = transformations.flatMap(t => operatorKinds.of(t).configurations?.(t) ?? [])
  return [configuration, ...own].flatMap(c =>
    Object.entries(c).flatMap(([key, value]) =>
      key.startsWith(CREDENTIALS_PREFIX) && key.endsWith('.custom.class') ? [value] : [],
    ),
  )
}
