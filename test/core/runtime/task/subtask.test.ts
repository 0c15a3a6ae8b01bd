import t from 'tap'

import { systemClock } from '../../../../core/foundation/clock.ts'
import type { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import type { Operator, Output } from '../../../../core/operators/operator.ts'
import type { SourceReader } from '../../../../core/operators/source.ts'
import { Channel } from '../../../../core/runtime/exchange/channel.ts'
import { InputGate } from '../../../../core/runtime/exchange/input-gate.ts'
import type { Chain, ChainNode } from '../../../../core/runtime/plan/job-plan.ts'
import { OperatorTree } from '../../../../core/runtime/task/operator-tree.ts'
import { Subtask } from '../../../../core/runtime/task/subtask.ts'
import { textBatch } from '../../fakes/batches.ts'

const node = (operatorId: string): ChainNode => ({ operatorId }) as ChainNode
const chainOf = (head: ChainNode): Chain => ({ index: 0, head, parallelism: 2, maxParallelism: 128, name: 'Map' })

/** Logs what it is given. */
class LoggingOperator implements Operator {
  readonly log: string[] = []

  async open(_output: Output): Promise<void> {
    this.log.push('open')
  }
  process(batch: RecordBatch): void {
    this.log.push(...batch.values().map(String))
  }
  advance(signal: Parameters<Operator['advance']>[0]): void {
    this.log.push(signal.type)
  }
  async snapshot(checkpointId: number) {
    return { type: 'log', version: 1, json: checkpointId, bytes: null }
  }
  async finish(): Promise<void> {
    this.log.push('finish')
  }
  async close(): Promise<void> {
    this.log.push('close')
  }
}

function channelSubtask() {
  const operator = new LoggingOperator()
  const channel = new Channel(10)
  const gate = new InputGate([{ channel, input: 0 }])
  const head = node('op')
  const tree = new OperatorTree(head, operator, [], [])
  const subtask = new Subtask(chainOf(head), 1, tree, { type: 'channels', gate }, systemClock)
  return { operator, channel, subtask }
}

/** Returns the batches, then waits until it is stopped. */
function readerOf(...batches: string[]): SourceReader {
  let wake: () => void = () => undefined
  let finished = false
  const stopped = new Promise<void>(resolve => (wake = resolve))
  const end = (): void => {
    finished = true
    wake()
  }
  return {
    emitter: null,
    addSplits: () => undefined,
    noMoreSplits: () => undefined,
    poll: () => {
      const text = finished ? undefined : batches.shift()
      return text === undefined ? null : { splitId: 'split', batch: textBatch(text) }
    },
    activeSplits: [],
    pauseOrResumeSplits: () => undefined,
    available: () => stopped,
    get finished() {
      return finished
    },
    stop: end,
    snapshot: checkpointId => ({ type: 'reader', version: 1, json: checkpointId, bytes: null }),
    notifyCheckpointComplete: () => undefined,
    metrics: () => ({ shards: [], numRecordsInErrors: 0 }),
    close: end,
  }
}

function sourceSubtask(...batches: string[]) {
  const operator = new LoggingOperator()
  const head = node('source')
  const tree = new OperatorTree(head, null, [{ tag: null, tree: new OperatorTree(node('op'), operator, [], []) }], [])
  const input = { type: 'source', reader: readerOf(...batches) } as const
  return { operator, subtask: new Subtask(chainOf(head), 0, tree, input, systemClock) }
}

t.test('the elements of channels go to the operator in order, and the end of input finishes it', async t => {
  const { operator, channel, subtask } = channelSubtask()
  t.equal(subtask.nameWithSubtask, 'Map (2/2)')
  await subtask.open()
  const running = subtask.run()
  await channel.put({ type: 'batch', batch: textBatch('a') })
  await channel.put({ type: 'watermark', timestampMs: 5 })
  const checkpoint = subtask.checkpoint(1)
  await channel.put({ type: 'barrier', checkpointId: 1 })
  t.match((await checkpoint).get('op'), { json: 1 })
  await channel.put({ type: 'end' })
  await running
  t.same(operator.log, ['open', 'a', 'watermark', 'finish'])
})

t.test('a subtask that has finished answers later checkpoints with its final state', async t => {
  const { channel, subtask } = channelSubtask()
  await subtask.open()
  await channel.put({ type: 'end' })
  await subtask.run()
  t.match((await subtask.checkpoint(7)).get('op'), { type: 'log', json: Number.MAX_SAFE_INTEGER })
})

t.test('a source takes its snapshot between two batches, and its reader is part of it', async t => {
  const { operator, subtask } = sourceSubtask('a', 'b')
  await subtask.open()
  const running = subtask.run()
  const states = await subtask.checkpoint(3)
  t.match([...states.keys()], ['source', 'op'])
  t.match(states.get('source'), { type: 'reader', json: 3 })
  subtask.stop()
  await running
  t.notOk(operator.log.includes('watermark'), 'event time does not end when the input is ended early')
})

t.test('an action that an operator posts runs in the loop of the subtask', async () => {
  const { subtask } = sourceSubtask()
  await subtask.open()
  const running = subtask.run()
  await new Promise<void>(resolve => subtask.post(resolve))
  subtask.stop()
  await running
})

t.test('an abort rejects the loop and pending checkpoints, and closes the operators', async t => {
  const { operator, subtask } = channelSubtask()
  await subtask.open()
  const reason = new Error('another subtask failed')
  const running = t.rejects(subtask.run(), reason)
  const checkpoint = t.rejects(subtask.checkpoint(1), reason)
  await subtask.abort(reason)
  await Promise.all([running, checkpoint])
  await t.rejects(subtask.checkpoint(2), reason)
  t.equal(operator.log.at(-1), 'close')
})
