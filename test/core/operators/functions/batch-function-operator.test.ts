import t from 'tap'

import { sourceBatch, textBatch } from '../../fakes/batches.ts'
import { operatorOf } from '../../fakes/operators.ts'
import { NotedOutput } from '../../fakes/outputs.ts'

async function opened(kind: string, fn: (value: never) => unknown) {
  const output = new NotedOutput()
  const operator = await operatorOf(kind, fn, { name: 'the operator' })
  await operator.open(output, output)
  return { operator, values: () => output.values, out: output.batches }
}

t.test('map, filter and flat_map are what they say', async t => {
  const map = await opened('map', (v: string) => v.length)
  await map.operator.process(textBatch('a', 'bb'), 0)
  t.same(map.values(), [1, 2])
  const filter = await opened('filter', (v: string) => v !== 'b')
  await filter.operator.process(textBatch('a', 'b', 'c'), 0)
  t.same(filter.values(), ['a', 'c'])
  const flat = await opened('flat_map', (v: string) => v.split(' '))
  await flat.operator.process(textBatch('a b', '', 'c'), 0)
  t.same(flat.values(), ['a', 'b', '', 'c'])
})

t.test('a filter that keeps all passes the batch on, one that keeps none emits nothing', async t => {
  const batch = textBatch('a', 'b')
  const all = await opened('filter', () => true)
  await all.operator.process(batch, 0)
  t.equal(all.out[0], batch)
  const none = await opened('filter', () => false)
  await none.operator.process(batch, 0)
  t.same(none.out, [])
})

t.test('collect gets whole batches, emits nothing, and may take its time', async t => {
  let release = (): void => undefined
  const seen: unknown[] = []
  const collect = await opened('collect', (values: unknown[]) => {
    seen.push(values)
    return new Promise<void>(resolve => (release = resolve))
  })
  const taken = collect.operator.process(textBatch('a', 'b'), 0)
  t.same(seen, [['a', 'b']])
  release()
  await taken
  t.same(collect.out, [])
})

t.test('a failure names the operator and the record, whatever was thrown', async t => {
  const source = sourceBatch('a', 'b', 'c')
  for (const [operation, thrown, type] of [
    ['map', new RangeError('no'), 'RangeError'],
    ['filter', 'just text', 'Error'],
    ['flat_map', undefined, 'Error'],
  ] as const) {
    let calls = 0
    const { operator } = await opened(operation, () => {
      if (++calls === 2) throw thrown
      return []
    })
    t.throws(() => void operator.process(source, 0), {
      code: 'FUNCTION_FAILED',
      message: new RegExp(
        `Operator 'the operator' failed on the record at stream flights, .*sequence number 49.*1, value "b": ${type}: `,
      ),
    })
  }
})

t.test('a flat_map that gives nothing to iterate is a failure', async t => {
  const { operator } = await opened('flat_map', () => undefined)
  t.throws(() => void operator.process(textBatch('a'), 0), { message: /TypeError/ })
})

t.test('a collector that fails later is a failure too', async t => {
  const { operator } = await opened('collect', () => Promise.reject(new Error('full')))
  await t.rejects(Promise.resolve(operator.process(textBatch('a'), 0)), { code: 'FUNCTION_FAILED', message: /full/ })
})

t.test("an error of what follows is not the function's", async t => {
  const operator = await operatorOf('map', (v: never) => v, { name: 'innocent' })
  const output = new NotedOutput(() => {
    throw new Error('downstream')
  })
  await operator.open(output, output)
  t.throws(() => void operator.process(textBatch('a'), 0), { message: 'downstream' })
})
