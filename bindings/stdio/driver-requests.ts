/** What the engine asks of the driver beside function calls: its shard assigners, and its credentials providers. */
import type { MessageConnection } from 'vscode-jsonrpc/node'

import { CREDENTIALS_PREFIX } from '../../core/config/aws-options.ts'
import type { JobGraph } from '../../core/job-graph/job-graph.ts'
import { namesModule, registerCredentialsProvider } from '../../core/kinesis/credentials/custom-credentials.ts'
import type { AwsCredentials } from '../../core/kinesis/credentials/refreshing-credentials.ts'
import type { ShardAssignerContext, ShardToAssign } from '../../core/source/enumerator/shard-assigner.ts'
import type { AssignShardsParams, AssignShardsResult, CredentialsParams, CredentialsResult } from './protocol.ts'

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

/** Every value of a `...custom.class` key, at whatever depth of roles. */
function customClasses({ configuration, transformations }: JobGraph): string[] {
  const own = transformations.flatMap(t => {
    if (t.kind === 'source' && t.source.type === 'kinesis-streams') return [t.source.configuration]
    return t.kind === 'sink' && t.sink.type === 'kinesis-streams' ? [t.sink.configuration] : []
  })
  return [configuration, ...own].flatMap(c =>
    Object.entries(c).flatMap(([key, value]) =>
      key.startsWith(CREDENTIALS_PREFIX) && key.endsWith('.custom.class') ? [value] : [],
    ),
  )
}
