import fc from 'fast-check'
import t from 'tap'

import { SplitEnd } from '../../../../core/event-time/split-end.ts'
import { Channel } from '../../../../core/runtime/exchange/channel.ts'
import { InputGate } from '../../../../core/runtime/exchange/input-gate.ts'
import type { StreamElement } from '../../../../core/runtime/exchange/stream-element.ts'
import { RecordBatch } from '../../../../core/foundation/record-batch/record-batch.ts'
import { settle } from '../../fakes/manual-clock.ts'

const batch = (value: unknown): StreamElement => ({ type: 'batch', batch: RecordBatch.ofValues([value]) })
const barrier = (checkpointId: number): StreamElement => ({ type: 'barrier', checkpointId })
const watermark = (timestampMs: number): StreamElement => ({ type: 'watermark', timestampMs })
const end: StreamElement = { type: 'end' }

function nameOf(element: StreamElement): string {
  switch (element.type) {
    case 'batch':
      return String(element.batch.value(0))
    case 'barrier':
      return `|${element.checkpointId}`
    case 'watermark':
      return `w${element.timestampMs}`
    case 'status':
      return element.idle ? 'idle' : 'active'
    case 'split-end':
      return `end of ${element.splitId}`
    case 'end':
      return 'end'
  }
}

function gateOf(inputs: number) {
  const channels = Array.from({ length: inputs }, () => new Channel(1000))
  const gate = new InputGate(channels.map(channel => ({ channel, input: 0 })))
  const seen: string[] = []
  const pump = async (): Promise<void> => {
    for (;;) {
      const e = gate.poll()
      if (e === null) {
        await gate.available()
        continue
      }
      seen.push(nameOf(e))
      if (e.type === 'end') return
    }
  }
  const put = (input: number, ...elements: StreamElement[]): void => {
    for (const e of elements) void channels[input]!.put(e)
  }
  return { seen, put, pumping: pump() }
}

t.test('a channel that delivered its barrier waits until all others have', async t => {
  const g = gateOf(2)
  g.put(0, batch('a1'), barrier(1), batch('a2'))
  await settle()
  t.same(g.seen, ['a1'])
  g.put(1, batch('b1'))
  await settle()
  t.same(g.seen, ['a1', 'b1'])
  g.put(1, barrier(1), batch('b2'))
  await settle()
  t.same(g.seen.slice(0, 3), ['a1', 'b1', '|1'])
  t.same(g.seen.slice(3).sort(), ['a2', 'b2'])
})

t.test('a channel that ended counts as if it had delivered every barrier', async t => {
  const g = gateOf(3)
  g.put(0, barrier(1), batch('a'))
  g.put(1, barrier(1))
  await settle()
  t.same(g.seen, [])
  g.put(2, batch('c'), end)
  await settle()
  t.same(g.seen, ['c', '|1', 'a'])
  g.put(0, barrier(2), end)
  g.put(1, barrier(2), end)
  await settle()
  t.same(g.seen, ['c', '|1', 'a', '|2', 'end'])
})

t.test('a watermark is the least over the channels, and only ever grows', async t => {
  const g = gateOf(2)
  g.put(0, watermark(10))
  await settle()
  t.same(g.seen, [])
  g.put(1, watermark(5))
  await settle()
  t.same(g.seen, ['w5'])
  g.put(1, watermark(20))
  await settle()
  t.same(g.seen, ['w5', 'w10'])
  g.put(0, end)
  await settle()
  t.same(g.seen, ['w5', 'w10', 'w20'], 'who ended holds nobody back')
})

t.test('an idle channel holds nobody back, and counts again once it has caught up', async t => {
  const g = gateOf(2)
  const idle = (is: boolean): StreamElement => ({ type: 'status', idle: is })
  g.put(0, watermark(10))
  g.put(1, idle(true))
  await settle()
  t.same(g.seen, ['w10'])
  g.put(1, idle(false), watermark(5), batch('late'))
  await settle()
  g.put(0, watermark(20))
  await settle()
  t.same(g.seen, ['w10', 'late', 'w20'], 'who is behind what was said does not count')
  g.put(1, watermark(21))
  await settle()
  g.put(0, watermark(30))
  await settle()
  t.same(g.seen.slice(3), ['w21'])
  g.put(0, idle(true))
  g.put(1, idle(true))
  await settle()
  t.same(g.seen.slice(4), ['w30', 'idle'], 'the greatest, and then nothing')
  g.put(0, idle(false), watermark(40))
  g.put(1, end)
  await settle()
  t.same(g.seen.slice(6), ['active', 'w40'])
})

t.test('an end may complete a barrier, then let event time go on', async t => {
  const g = gateOf(2)
  g.put(0, watermark(50), barrier(1))
  g.put(1, watermark(10), end)
  await settle()
  t.same(g.seen, ['w10', '|1', 'w50'])
})

t.test('channels that always have something have their turn', async t => {
  const g = gateOf(2)
  g.put(0, ...Array.from({ length: 10 }, (_, i) => batch(`a${i}`)))
  g.put(1, ...Array.from({ length: 10 }, (_, i) => batch(`b${i}`)))
  await settle()
  t.same(
    g.seen
      .slice(0, 4)
      .map(s => s[0])
      .sort(),
    ['a', 'a', 'b', 'b'],
  )
})

t.test('between two barriers comes exactly what each channel delivered between them, in its order', async t => {
  // Each channel: records tagged with the number of barriers before them, then its end after some barrier or the last.
  const channelPlan = fc.record({
    perEpoch: fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 4 }),
    endsAfter: fc.integer({ min: 0, max: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(channelPlan, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 60, size: 'max' }),
      async (plans, turns) => {
        const g = gateOf(plans.length)
        const queues = plans.map(({ perEpoch, endsAfter }, c) => {
          const elements: StreamElement[] = []
          for (let epoch = 0; epoch <= endsAfter; epoch++) {
            for (let i = 0; i < perEpoch[epoch]!; i++) elements.push(batch(`${c}:${epoch}:${i}`))
            if (epoch < endsAfter) elements.push(barrier(epoch + 1))
          }
          elements.push(end)
          return elements
        })
        for (const turn of turns) {
          const c = turn % plans.length
          const next = queues[c]!.shift()
          if (next !== undefined) g.put(c, next)
          if (turn % 3 === 0) await settle()
        }
        queues.forEach((rest, c) => g.put(c, ...rest))
        await g.pumping
        let epoch = 0
        const last = new Map<string, number>()
        for (const s of g.seen) {
          if (s === 'end') continue
          if (s.startsWith('|')) {
            if (Number(s.slice(1)) !== ++epoch) throw new Error(`barrier ${s} after ${epoch - 1}: ${g.seen.join(' ')}`)
            continue
          }
          const [c, e, i] = s.split(':') as [string, string, string]
          if (Number(e) !== epoch) throw new Error(`${s} in epoch ${epoch}: ${g.seen.join(' ')}`)
          const at = Number(e) * 10 + Number(i)
          if (at <= (last.get(c) ?? -1)) throw new Error(`out of order: ${g.seen.join(' ')}`)
          last.set(c, at)
        }
        const records = g.seen.filter(s => s.includes(':')).length
        const expected = plans.reduce((n, p) => n + p.perEpoch.slice(0, p.endsAfter + 1).reduce((a, b) => a + b, 0), 0)
        if (records !== expected) throw new Error(`${records} of ${expected} records`)
      },
    ),
    { numRuns: 150 },
  )
  t.pass('held')
})

t.test('the end of a split goes on from one channel alone, in its place, and waits for no other', async t => {
  const { seen, put } = gateOf(2)
  put(0, batch('a'), new SplitEnd('s', () => undefined), batch('b'))
  await settle()
  t.same(seen, ['a', 'end of s', 'b'])
})

t.test('a batch comes with the input of its channel, and a barrier waits for all inputs', async t => {
  const channels = [0, 1, 1].map(input => ({ channel: new Channel(10), input }))
  const gate = new InputGate(channels)
  channels.forEach(({ channel }, i) => void channel.put(batch(i)))
  const seen: unknown[] = []
  for (let e = gate.poll(); e !== null; e = gate.poll()) seen.push([nameOf(e), gate.batchInput])
  t.same(seen.sort(), [
    ['0', 0],
    ['1', 1],
    ['2', 1],
  ])
  void channels[0]!.channel.put(barrier(1))
  void channels[1]!.channel.put(barrier(1))
  t.equal(gate.poll(), null)
  void channels[2]!.channel.put(barrier(1))
  t.match(gate.poll(), barrier(1))
})
