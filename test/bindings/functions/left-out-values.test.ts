import t from 'tap'

import { merged, without } from '../../../bindings/functions/left-out-values.ts'
import { RecordBatch } from '../../../core/foundation/record-batch/record-batch.ts'

const left = [
  { i: 1, message: 'a' },
  { i: 3, message: 'b' },
]

t.test('the other values of a bundle stay in their order', async t => {
  t.same(without(RecordBatch.ofValues([0, 1, 2, 3, 4]), left).values(), [0, 2, 4])
})

t.test('what the host names is named by its place in the whole bundle', async t => {
  t.same(
    merged(5, left, [
      { i: 0, message: 'c' },
      { i: 2, message: 'd' },
    ]),
    [
      { i: 0, message: 'c' },
      { i: 1, message: 'a' },
      { i: 3, message: 'b' },
      { i: 4, message: 'd' },
    ],
  )
})
