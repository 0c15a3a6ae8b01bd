/** What the engine asks of the driver beside function calls: shard assigners, credentials providers, handlers of dead letters. */
import { ResponseError } from 'vscode-jsonrpc/node'
import type { MessageConnection } from 'vscode-jsonrpc/node'

import { CREDENTIALS_PREFIX } from '../../core/foundation/config/aws-options.ts'
import { FunctionError } from '../../core/foundation/errors.ts'
import type { JobGraph } from '../../core/graph/job-graph.ts'
import { namesModule, registerCredentialsProvider } from '../../core/aws/credentials/custom-credentials.ts'
import type { AwsCredentials } from '../../core/aws/credentials/refreshing-credentials.ts'
import type { DeadLetter } from '../../core/connectors/dead-letters/dead-letter.ts'
import type {
  ShardAssignerContext,
  ShardToAssign,
} from '../../core/connectors/kinesis/source/enumerator/shard-assigner.ts'
import { ENGINE_ERROR } from './driver-protocol.ts'
import type {
  AssignShardsParams,
  AssignShardsResult,
  CredentialsParams,
  CredentialsResult,
  DeadLettersParams,
} from './driver-protocol.ts'

/** Data of the letters in one request; as base64 it is well within a message. A larger letter goes alone. */
const LETTER_BYTES = 16 * 1024 * 1024

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
  async deadLetters(pickle: string, letters: readonly DeadLetter[]): Promise<void> {
    for (let from = 0; from < letters.length;) {
      let to = from + 1
      let bytes = letters[from]!.data.length
      while (to < letters.length && (bytes += letters[to]!.data.length) <= LETTER_BYTES) to++
      const some = letters.slice(from, to).map(({ data, ...letter }) => ({ ...letter, data: data.toString('base64') }))
      const params: DeadLettersParams = { pickle, letters: some }
      try {
        await this.#connection.sendRequest<object>('driver/deadLetters', params)
      } catch (cause) {
        throw cause instanceof ResponseError && cause.code === ENGINE_ERROR ? handlerError(cause) : cause
      }
      from = to
    }
  }

  /** Lets the graph's `custom.class` keys name providers of the driver; calling the answer takes that back. */
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
  const own = transformations.flatMap(t => {
    if (t.kind === 'source' && t.source.type === 'kinesis-streams') return [t.source.configuration]
    if (t.kind !== 'sink' || !('deadLetters' in t.sink)) return []
    const { configuration, deadLetters } = t.sink
    return deadLetters?.type === 'kinesis-streams' ? [configuration, deadLetters.configuration] : [configuration]
  })
  return [configuration, ...own].flatMap(c =>
    Object.entries(c).flatMap(([key, value]) =>
      key.startsWith(CREDENTIALS_PREFIX) && key.endsWith('.custom.class') ? [value] : [],
    ),
  )
}
