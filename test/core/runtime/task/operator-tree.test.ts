import t from 'tap'

import { SplitEnd } from '../../../../core/event-time/split-end.ts'
import { Channel } from '../../../../core/runtime/exchange/channel.ts'
import type { ChainNode } from '../../../../core/runtime/plan/job-plan.ts'
import { OperatorTree } from '../../../../core/runtime/task/operator-tree.ts'
import { RoundRobinPartitioner } from '../../../../core/runtime/exchange/round-robin-partitioner.ts'
import { RecordWriter } from '../../../../core/runtime/exchange/record-writer.ts'
import type { Operator, Output } from '../../../../core/operators/operator.ts'
import { textBatch } from '../../fakes/batches.ts'
import { settle } from '../../fakes/manual-clock.ts'

const node = (operatorId: string): ChainNode => ({ operatorId }) as ChainNode

/** Passes everything on when the test lets it. */
class Gate implements Operator {
  readonly log: string[] = []
  output!: Output
  held: (() => void)[] = []
  holding = false

  async open(output: Output): Promise<void> {
    this.output = output
  }
  async process(batch: ReturnType<typeof textBatch>): Promise<void> {
    if (this.holding) await new Promise<void>(resolve => this.held.push(resolve))
    this.log.push(...batch.values().map(String))
    await this.output.emit(batch)
  }
  async advance(time: Parameters<Operator['advance']>[0]): Promise<void> {
    this.log.push(time.type === 'watermark' ? `w${time.timestampMs}` : time.type)
    await this.output.advance(time)
  }
  async snapshot() {
    this.log.push('snapshot')
    return { type: 'gate', version: 1, json: null, bytes: null }
  }
  async finish(): Promise<void> {
    this.log.push('finish')
  }
  async close(): Promise<void> {}
}

const main = (tree: OperatorTree) => ({ tag: null, tree })
const rebalanceTo = (channels: readonly Channel[]): RecordWriter =>
  new RecordWriter(channels, new RoundRobinPartitioner(0, false))

const mailbox = { post: () => undefined }

t.test('a watermark that an operator says by itself does not overtake what it emitted before', async t => {
  const child = new Gate()
  const head = new OperatorTree(node('head'), null, [main(new OperatorTree(node('child'), child, [], []))], [])
  await head.open(mailbox)
  child.holding = true
  void head.emit(textBatch('a'))
  void head.output.advance({ type: 'watermark', timestampMs: 1 })
  void head.emit(textBatch('b'))
  await settle()
  t.same(child.log, [])
  child.holding = false
  child.held[0]!()
  await settle()
  t.same(child.log, ['a', 'w1', 'b'])
})

t.test('a batch that is shared among channels is whole in each before a watermark follows it', async t => {
  const channels = [new Channel(1), new Channel(1)]
  const tree = new OperatorTree(node('head'), null, [], [{ tag: null, writer: rebalanceTo(channels) }])
  await tree.emit(textBatch('a', 'b'))
  void tree.emit(textBatch('c', 'd'))
  void tree.output.advance({ type: 'watermark', timestampMs: 1 })
  const taken = channels.map((): string[] => [])
  for (let i = 0; i < 6; i++) {
    await settle()
    channels.forEach((channel, c) => {
      const e = channel.take()
      if (e !== undefined) taken[c]!.push(e.type === 'batch' ? String(e.batch.value(0)) : e.type)
    })
  }
  t.same(
    taken.map(of => of.at(-1)),
    ['watermark', 'watermark'],
  )
  t.same(taken.flat().sort(), ['a', 'b', 'c', 'd', 'watermark', 'watermark'])
})

t.test('a barrier passes from the head down, and an operator is asked after what is above it', async t => {
  const [parent, child] = [new Gate(), new Gate()]
  const log: string[] = []
  for (const [name, gate] of Object.entries({ parent, child }))
    gate.snapshot = async () => {
      log.push(name)
      return { type: name, version: 1, json: null, bytes: null }
    }
  const tree = new OperatorTree(node('p'), parent, [main(new OperatorTree(node('c'), child, [], []))], [])
  const states = new Map()
  await tree.barrier(1, states)
  t.same(log, ['parent', 'child'])
  t.same([...states.keys()], ['p', 'c'])
})

t.test('the end of a split has passed when it is behind every record in every channel and operator below', async t => {
  const child = new Gate()
  const target = new Gate()
  const channels = [new Channel(10), new Channel(10)]
  const below = new OperatorTree(node('child'), child, [], [])
  const head = new OperatorTree(node('head'), null, [main(below)], [{ tag: null, writer: rebalanceTo(channels) }])
  const far = new OperatorTree(node('target'), target, [], [])
  await Promise.all([head.open(mailbox), far.open(mailbox)])
  let passed = false
  child.holding = true
  void head.emit(textBatch('a', 'b'))
  void head.output.advance(new SplitEnd('s', () => (passed = true)))
  await settle()
  child.held[0]!()
  await settle()
  t.same(child.log, ['a', 'b', 'split-end'])
  t.notOk(passed, 'two copies are still in the channels')
  for (const channel of channels)
    for (let e = channel.take(); e !== undefined; e = channel.take())
      if (e.type === 'batch') await far.receive(e.batch, 0)
      else if (e.type === 'split-end') {
        t.notOk(passed)
        await far.advance(e)
      }
  t.ok(passed)
  t.same(target.log, ['a', 'split-end', 'b', 'split-end'])
})

t.test('a side output has the batches with its tag; watermarks and barriers go to all', async t => {
  const [first, late] = [new Gate(), new Gate()]
  const head = new OperatorTree(
    node('head'),
    null,
    [
      main(new OperatorTree(node('main'), first, [], [])),
      { tag: 'late', tree: new OperatorTree(node('late'), late, [], []) },
    ],
    [],
  )
  await head.open(mailbox)
  await head.output.emit(textBatch('a'))
  await head.output.emit(textBatch('b'), 'late')
  await head.output.emit(textBatch('c'), 'taken by nobody')
  await head.output.advance({ type: 'watermark', timestampMs: 1 })
  await head.barrier(1, new Map())
  t.same(first.log, ['a', 'w1', 'snapshot'])
  t.same(late.log, ['b', 'w1', 'snapshot'])
})
