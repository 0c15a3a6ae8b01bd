/** `key_by`: adds the key of each value to the stream. */
import { KeyColumn } from '../../foundation/record-batch/key-column.ts'
import { KeyWriter } from '../../../schemas/contracts/key-codec.ts'
import { functionKind } from './function-kind.ts'

export const keyByKind = functionKind({
  kind: 'key_by',
  description: 'Adds to each value the key that the function returns for it. Edges from it go by key.',
  rule: { parallelism: 'input', givesKeys: true },
  run(batch, fn, progress) {
    const { count } = batch
    const [offset, length] = [new Uint32Array(count), new Uint32Array(count)]
    const writer = new KeyWriter()
    for (let i = 0; i < count; i++) {
      progress.index = i
      offset[i] = writer.position
      writer.write(fn(batch.value(i)))
      length[i] = writer.position - offset[i]!
    }
    return batch.withKeys(new KeyColumn(writer.finish(), offset, length))
  },
})
