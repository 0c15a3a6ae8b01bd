/** Where the values of a stream come from: an output of a transformation, and how its next operator is reached. */
import type { PayloadType } from '../foundation/record-batch/payload-type.ts'
import type { PartitionerSpec } from '../graph/partitioner-spec.ts'
import type { Edge, Transformation } from '../graph/transformation.ts'
import type { Mutable } from './graph-assembler.ts'

export interface StreamOrigin {
  readonly transformation: Mutable<Transformation>
  /** How the values are carried. */
  readonly output: PayloadType
  /** A side output. `null` for the main output. */
  readonly tag: string | null
  readonly partitioner: PartitionerSpec | null
}

export const originOf = (transformation: Mutable<Transformation>, output: PayloadType = 'object'): StreamOrigin => ({
  transformation,
  output,
  tag: null,
  partitioner: null,
})

export const edgeOf = ({ transformation, tag, partitioner }: StreamOrigin, input = 0): Edge => ({
  from: transformation.id,
  tag,
  input,
  partitioner,
})
