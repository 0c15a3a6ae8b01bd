import t from 'tap'

import { gatherCheckpoint, namesOf } from '../../../core/checkpoint/checkpoint-gathering.ts'
import type { CheckpointedSubtask } from '../../../core/checkpoint/checkpoint-gathering.ts'
import type { OperatorState } from '../../../core/checkpoint/operator-state.ts'

const state = (json: unknown): OperatorState => ({ type: 'x', version: 1, json, bytes: null })
const subtaskOf = (subtask: number, states: Record<string, OperatorState>): CheckpointedSubtask => ({
  subtask,
  nameWithSubtask: `Map (${subtask + 1}/2)`,
  checkpoint: async () => new Map(Object.entries(states)),
  notifyCheckpointComplete: () => undefined,
})
const operator = { operatorId: 'a', name: 'a', parallelism: 2, maxParallelism: 128, enumerator: null }
const description = { checkpointId: 7, jobName: 'flights', jobId: 'id', timestampMs: 0 }

t.test('each operator gets the states of its subtasks, null where a subtask has none', async t => {
  const subtasks = [subtaskOf(1, { a: state('second') }), subtaskOf(0, { other: state('first') })]
  const missing = new Set(subtasks)
  const attempt = { operators: () => [operator], subtasks, failing: false }
  t.match(await gatherCheckpoint(attempt, description, missing), {
    checkpointId: 7,
    operators: [{ operatorId: 'a', subtasks: [null, { json: 'second' }] }],
  })
  t.equal(missing.size, 0)
})

t.test('a subtask whose state has not come is missing', async t => {
  const never = { ...subtaskOf(0, {}), checkpoint: () => new Promise<never>(() => undefined) }
  const subtasks = [never, subtaskOf(1, {})]
  const missing = new Set(subtasks)
  void gatherCheckpoint({ operators: () => [operator], subtasks, failing: false }, description, missing)
  await new Promise(resolve => setImmediate(resolve))
  t.equal(namesOf(missing), 'Map (1/2)')
})

t.test('messages name a few subtasks and count the others', async t => {
  const subtasks = new Set(Array.from({ length: 7 }, (_, i) => subtaskOf(i, {})))
  t.match(namesOf(subtasks), /^Map \(1\/2\), .*Map \(5\/2\) and 2 more$/)
})
