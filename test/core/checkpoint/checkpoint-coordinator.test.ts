import t from 'tap'

import type { CoordinatorOptions } from '../../../core/checkpoint/checkpoint-coordinator.ts'
import type { CheckpointedAttempt, CheckpointedSubtask } from '../../../core/checkpoint/checkpoint-gathering.ts'
import { CheckpointCoordinator } from '../../../core/checkpoint/checkpoint-coordinator.ts'
import { CheckpointError } from '../../../core/foundation/errors.ts'
import type { OperatorState } from '../../../core/checkpoint/operator-state.ts'
import { ManualClock, settle } from '../fakes/manual-clock.ts'
import { MemoryCheckpointStorage } from '../fakes/memory-checkpoint-storage.ts'

type States = ReadonlyMap<string, OperatorState | null>

const stateOf = (json: unknown): OperatorState => ({ type: 'test', version: 1, json, bytes: null })

class FakeSubtask implements CheckpointedSubtask {
  readonly subtask: number
  readonly operatorId: string
  readonly nameWithSubtask: string
  readonly triggered: number[] = []
  readonly completed: number[] = []
  #waiting: { resolve: (s: States) => void; reject: (e: unknown) => void }[] = []

  constructor(operatorId: string, subtask: number) {
    this.operatorId = operatorId
    this.subtask = subtask
    this.nameWithSubtask = `${operatorId} (${subtask + 1})`
  }

  checkpoint(checkpointId: number): Promise<States> {
    this.triggered.push(checkpointId)
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  notifyCheckpointComplete(checkpointId: number): void {
    this.completed.push(checkpointId)
  }

  answer(): void {
    const state = stateOf(`${this.operatorId}/${this.subtask}`)
    for (const { resolve } of this.#waiting.splice(0)) resolve(new Map([[this.operatorId, state]]))
  }

  fail(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}

function coordinating(overrides: Partial<CoordinatorOptions> = {}, firstId = 1) {
  const clock = new ManualClock()
  const storage = new MemoryCheckpointStorage()
  const heard = { completed: 0, failures: [] as unknown[], warnings: [] as string[], refusal: null as Error | null }
  const subtasks = [new FakeSubtask('source', 0), new FakeSubtask('sink', 0), new FakeSubtask('sink', 1)]
  const operator = { name: '', maxParallelism: 128, enumerator: null }
  const attempt = {
    failing: false as boolean,
    subtasks,
    operators: () => [
      { ...operator, operatorId: 'source', parallelism: 1 },
      { ...operator, operatorId: 'sink', parallelism: 2 },
    ],
  } satisfies CheckpointedAttempt
  const coordinator = new CheckpointCoordinator({
    job: { jobName: 'flights', jobId: 'id' },
    firstId,
    storage,
    options: { intervalMs: 1000, timeoutMs: 60_000, minPauseMs: 0, tolerableFailures: 0, retained: 1, ...overrides },
    clock,
    listener: {
      completed: () => heard.completed++,
      beforeComplete: async () => {
        if (heard.refusal !== null) throw heard.refusal
      },
      warn: message => heard.warnings.push(message),
      failed: error => heard.failures.push(error),
    },
  })
  const answerAll = async (): Promise<void> => {
    for (const s of subtasks) s.answer()
    await settle()
  }
  return { clock, storage, heard, subtasks, attempt, coordinator, answerAll }
}

t.test('a checkpoint is stored when every subtask has answered, and then everybody is told', async t => {
  const c = coordinating({}, 5)
  c.coordinator.start(c.attempt)
  await c.clock.pass(999)
  t.same(c.subtasks[0]?.triggered, [])
  await c.clock.pass(1)
  t.same(
    c.subtasks.map(s => s.triggered),
    [[5], [5], [5]],
  )
  c.subtasks[0]!.answer()
  c.subtasks[2]!.answer()
  await settle()
  t.equal(c.storage.stored.size, 0)
  c.subtasks[1]!.answer()
  await settle()
  t.match(c.storage.stored.get(5), {
    checkpointId: 5,
    jobName: 'flights',
    jobId: 'id',
    timestampMs: c.clock.now(),
    operators: [
      { operatorId: 'source', subtasks: [{ json: 'source/0' }] },
      { operatorId: 'sink', subtasks: [{ json: 'sink/0' }, { json: 'sink/1' }] },
    ],
  })
  t.same(
    c.subtasks.map(s => s.completed),
    [[5], [5], [5]],
  )
  t.equal(c.heard.completed, 1)
  t.match(c.coordinator.statistics, { completed: 1, failed: 0, lastCheckpointId: 5, lastPath: 'memory/chk-5' })
  c.coordinator.stop()
})

t.test('nobody is told of a checkpoint before it is safe', async t => {
  const c = coordinating()
  let stored = (): void => undefined
  c.storage.gate = new Promise(resolve => (stored = resolve))
  c.coordinator.start(c.attempt)
  await c.clock.pass(1000)
  await c.answerAll()
  t.same(c.subtasks[0]?.completed, [])
  stored()
  await settle()
  t.same(c.subtasks[0]?.completed, [1])
  c.coordinator.stop()
})

t.test('one at a time: a slow one delays the next', async t => {
  const c = coordinating({ minPauseMs: 300 })
  c.coordinator.start(c.attempt)
  await c.clock.pass(1000)
  await c.clock.pass(5000, 500)
  t.same(c.subtasks[0]?.triggered, [1])
  await c.answerAll()
  await c.clock.pass(299)
  t.same(c.subtasks[0]?.triggered, [1])
  await c.clock.pass(1)
  t.same(c.subtasks[0]?.triggered, [1, 2])
  c.coordinator.stop()
})

t.test('one that takes too long is given up, and what comes late for it is ignored', async t => {
  const c = coordinating({ timeoutMs: 2000, tolerableFailures: 1 })
  c.coordinator.start(c.attempt)
  await c.clock.pass(1000)
  c.subtasks[0]!.answer()
  await c.clock.pass(2000)
  t.equal(c.coordinator.statistics.failed, 1)
  t.equal(c.storage.stored.size, 0)
  t.same(c.heard.failures, [])
  await c.clock.pass(1000)
  t.same(c.subtasks[0]?.triggered, [1, 2])
  c.subtasks[1]!.answer() // for both
  c.subtasks[2]!.answer()
  await settle()
  t.equal(c.storage.stored.has(1), false)
  c.subtasks[0]!.answer()
  await settle()
  t.equal(c.storage.stored.has(2), true)
  c.coordinator.stop()
})

t.test(
  'more failures in a row than are tolerable fail the job; a success in between starts the count anew',
  async t => {
    const c = coordinating({ tolerableFailures: 1 })
    c.coordinator.start(c.attempt)
    const next = async (ok: boolean): Promise<void> => {
      await c.clock.pass(1000)
      c.storage.storeError = ok ? null : new Error('disk full')
      await c.answerAll()
    }
    await next(false)
    await next(true)
    await next(false)
    t.same(c.heard.failures, [])
    await next(false)
    t.match(c.heard.failures, [{ message: 'disk full' }])
    await next(true)
    t.equal(c.coordinator.statistics.completed, 1, 'and no more are taken')
    c.coordinator.stop()
  },
)

t.test('the count of failures begins anew with each attempt', async t => {
  const c = coordinating({ tolerableFailures: 1 })
  for (let attempt = 0; attempt < 3; attempt++) {
    c.coordinator.start(c.attempt)
    await c.clock.pass(1000)
    c.subtasks[0]!.fail(new Error('x'))
    await settle()
    c.coordinator.stop()
    await c.coordinator.settle()
  }
  t.same(c.heard.failures, [])
})

t.test('that an attempt fails is no failure of its checkpoints', async t => {
  const c = coordinating()
  c.coordinator.start(c.attempt)
  await c.clock.pass(1000)
  c.attempt.failing = true
  c.subtasks[0]!.fail(new Error('the attempt is over'))
  await settle()
  t.same(c.heard.failures, [])
  c.coordinator.stop()
})

t.test('it keeps as many as the option says, and removes only what is older and its own', async t => {
  const c = coordinating({ retained: 2 }, 10)
  c.storage.stored.set(9, { ...(c.storage.stored.get(9) ?? {}) } as never)
  c.coordinator.start(c.attempt)
  for (let i = 0; i < 4; i++) {
    await c.clock.pass(1000)
    await c.answerAll()
  }
  t.same([...c.storage.stored.keys()], [9, 12, 13])
  c.coordinator.stop()
  await c.coordinator.removeAll()
  t.same([...c.storage.stored.keys()], [9])
})

t.test('a checkpoint that cannot be removed fails nothing, and is tried again', async t => {
  const c = coordinating()
  c.coordinator.start(c.attempt)
  c.storage.removeError = new Error('busy')
  for (let i = 0; i < 3; i++) {
    await c.clock.pass(1000)
    await c.answerAll()
  }
  t.same(c.heard.failures, [])
  t.match(c.coordinator.statistics, { completed: 3, failed: 0 })
  c.storage.removeError = null
  await c.clock.pass(1000)
  await c.answerAll()
  t.same([...c.storage.stored.keys()], [4])
  c.coordinator.stop()
  c.storage.removeError = new Error('busy')
  await c.coordinator.removeAll()
  t.equal(c.storage.stored.size, 1)
})

t.test('one can be asked for, and waits for the one that is under way', async t => {
  const c = coordinating({ intervalMs: null })
  c.coordinator.start(c.attempt)
  t.same(c.clock.armed, [])
  const first = c.coordinator.trigger(c.attempt)
  const second = c.coordinator.trigger(c.attempt)
  await settle()
  t.same(c.subtasks[0]?.triggered, [1])
  await c.answerAll()
  t.equal(await first, 'memory/chk-1')
  await c.answerAll()
  t.equal(await second, 'memory/chk-2')
})

t.test('stopped, it takes none; the one under way can be waited for', async t => {
  const c = coordinating()
  c.coordinator.start(c.attempt)
  await c.clock.pass(1000)
  c.coordinator.stop()
  let settled = false
  void c.coordinator.settle().then(() => (settled = true))
  await settle()
  t.equal(settled, false)
  await c.answerAll()
  t.equal(settled, true)
  t.equal(c.storage.stored.size, 1, 'it counts all the same')
  await c.clock.pass(10_000, 1000)
  t.same(c.subtasks[0]?.triggered, [1])
})

t.test('an operator that has no answer of a subtask has no state there', async t => {
  const c = coordinating()
  const taken = c.coordinator.trigger({ ...c.attempt, subtasks: [c.subtasks[0]!, c.subtasks[2]!] })
  await c.answerAll()
  await taken
  t.match(c.storage.stored.get(1)?.operators[1]?.subtasks, [null, { json: 'sink/1' }])
})

t.test('a checkpoint that takes too long names the subtasks that gave no state, once a minute', async t => {
  const c = coordinating({ timeoutMs: 2000, tolerableFailures: 100 })
  c.coordinator.start(c.attempt)
  await c.clock.pass(1000)
  c.subtasks[0]!.answer()
  await settle()
  await c.clock.pass(2000)
  t.same(c.heard.warnings, [
    'Checkpoint 1 did not complete within 2000 ms (execution.checkpointing.timeout): no state came from sink (1), sink (2). 1 of 1 checkpoints have failed. None has completed yet.',
  ])
  await c.clock.pass(40_000, 1000)
  t.equal(c.heard.warnings.length, 1)
  await c.clock.pass(30_000, 1000)
  t.match(
    c.heard.warnings[1],
    /no state came from source \(1\), sink \(1\), .* [12]\d more have failed since the last warning/,
  )
  c.coordinator.stop()
})

t.test('a write that hangs is given up, no other is started meanwhile, and what it writes late is removed', async t => {
  const c = coordinating({ timeoutMs: 2000, tolerableFailures: 100 })
  let written = (): void => undefined
  c.storage.gate = new Promise(resolve => (written = resolve))
  c.coordinator.start(c.attempt)
  await c.clock.pass(1000)
  await c.answerAll()
  await c.clock.pass(2000)
  t.match(c.heard.warnings, [/^Checkpoint 1 did not .*: its state is still being written to memory\./])
  await c.clock.pass(1000)
  await t.rejects(c.coordinator.trigger(c.attempt), {
    code: 'CHECKPOINT_FAILED',
    message: /was not started: an earlier one is still being written to memory/,
  })
  t.same(c.subtasks[0]?.triggered, [1])
  c.storage.gate = null
  written()
  await settle()
  t.equal(c.storage.stored.size, 0)
  await c.clock.pass(1000)
  await c.answerAll()
  t.equal(c.storage.stored.size, 1)
  c.coordinator.stop()
})

t.test('a job that may not write any more completes no checkpoint', async t => {
  const c = coordinating()
  c.heard.refusal = new CheckpointError('CHECKPOINTS_IN_USE', 'taken over')
  c.coordinator.start(c.attempt)
  await c.clock.pass(1000)
  await c.answerAll()
  t.equal(c.storage.stored.size, 0)
  t.same(c.subtasks[0]?.completed, [])
  t.match(c.heard.failures, [{ code: 'CHECKPOINTS_IN_USE' }])
  // A savepoint lies in a folder of its own.
  const savepoint = c.coordinator.savepoint(c.attempt, null)
  await settle()
  await c.answerAll()
  t.equal(await savepoint, 'memory/savepoint')
  c.coordinator.stop()
})
