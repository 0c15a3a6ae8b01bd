/** Creates sources of values that the program brings along. They run with parallelism 1. */
import { described, list, text } from '../../foundation/shape/shape.ts'
import type { InferFields } from '../../foundation/shape/shape.ts'
import type { SourceFactory } from '../../operators/source-factory.ts'
import { CollectionSource } from './collection-source.ts'

const fields = {
  values: described(
    "Text as it is; bytes and pickles in base64. With the output 'object': one id of a list in the process that runs the engine.",
    list(text),
  ),
}
export type CollectionSourceSpec = { readonly type: 'collection' } & InferFields<typeof fields>

export const collectionSourceFactory: SourceFactory<CollectionSourceSpec> = {
  type: 'collection',
  description: 'A bounded list of values.',
  fields,
  parallelism: 1,
  async create({ transformation: { source, output, name } }, job) {
    const { values } = source
    switch (output) {
      case 'text':
        return new CollectionSource(values, output)
      case 'object':
        return new CollectionSource(job.localValue(values[0]!, name) as readonly unknown[], output)
      default:
        return new CollectionSource(
          values.map(v => Buffer.from(v, 'base64')),
          output,
        )
    }
  },
}
