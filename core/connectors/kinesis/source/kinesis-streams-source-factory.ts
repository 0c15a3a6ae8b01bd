/** Creates Kinesis sources from their descriptions. */
import { GraphError } from '../../../foundation/errors.ts'
import type { JobFacilities } from '../../../operators/job-facilities.ts'
import { oneByOne } from '../../../operators/shard-assigner.ts'
import type { AssignShards, KinesisShardAssigner } from '../../../operators/shard-assigner.ts'
import type { SourceFactory } from '../../../operators/source-factory.ts'
import { deadLetterFunctionOf } from '../../dead-letters/dead-letter-function.ts'
import { defaultShardAssigner } from './enumerator/uniform-shard-assigner.ts'
import { kinesisStreamsSourceFields } from '../kinesis-streams-source-spec.ts'
import type { KinesisStreamsSourceSpec, ShardAssignerSpec } from '../kinesis-streams-source-spec.ts'
import { KinesisStreamsSourceConnector } from './kinesis-streams-source-connector.ts'

export const kinesisStreamsSourceFactory: SourceFactory<KinesisStreamsSourceSpec> = {
  type: 'kinesis-streams',
  description: 'Reads a Kinesis data stream.',
  fields: kinesisStreamsSourceFields,
  async create(operator, job) {
    const { source, name } = operator.transformation
    return new KinesisStreamsSourceConnector(source, job.configuration, job.clock, {
      warn: job.warn,
      assign: await assignerOf(source.shardAssigner, name, job),
      schemas: job.schemas(name),
      deadLetters: await deadLetterFunctionOf(source.deadLetters, name, job),
      keepsRecords: job.feedsRemoteFunction(operator),
    })
  },
}

/** `null` for the source's own assigner. */
async function assignerOf(spec: ShardAssignerSpec, name: string, job: JobFacilities): Promise<AssignShards | null> {
  switch (spec.type) {
    case 'uniform':
      return null
    case 'default':
      return oneByOne(defaultShardAssigner)
    case 'local':
    case 'module':
      return oneByOne((await job.loadFunction(spec, name)) as unknown as KinesisShardAssigner)
    case 'python': {
      const { assignShards } = job.remote
      if (assignShards === null)
        throw new GraphError(`'${name}' has a shard assigner of Python, but no Python program is connected.`)
      return assignShards(spec.pickle)
    }
  }
}
