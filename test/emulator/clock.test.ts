import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import t from 'tap'

import { SystemClock, VirtualClock } from '../../emulator/clock.ts'

t.test('a virtual clock stands still until it is advanced', async t => {
  const clock = new VirtualClock(1000)
  t.equal(clock.now(), 1000)
  clock.advance(5)
  t.equal(clock.now(), 1005)
})

t.test('callbacks run in order of time, each at its own time, also those made on the way', async t => {
  const clock = new VirtualClock(0)
  const seen: string[] = []
  clock.after(20, () => seen.push(`late ${clock.now()}`))
  clock.after(10, () => {
    seen.push(`early ${clock.now()}`)
    clock.after(5, () => seen.push(`nested ${clock.now()}`))
  })
  t.equal(clock.waiting, 2)
  clock.advance(30)
  t.same(seen, ['early 10', 'nested 15', 'late 20'])
  t.equal(clock.now(), 30)
})

t.test('a cancelled callback does not run', async t => {
  const clock = new VirtualClock(0)
  const cancel = clock.after(10, () => t.fail('must not run'))
  cancel()
  clock.advance(100)
  t.equal(clock.waiting, 0)
})

t.test('the system clock tells the time and calls back', async t => {
  const clock = new SystemClock()
  t.ok(Math.abs(clock.now() - Date.now()) < 1000)
  const keepAlive = setInterval(() => undefined, 1000)
  await new Promise<void>(resolve => clock.after(0, resolve))
  clearInterval(keepAlive)
  clock.after(60_000, () => t.fail('must not run'))()
})

t.test('nothing in the emulator but the clock asks the machine for the time', async t => {
  const folder = fileURLToPath(new URL('../../../emulator', import.meta.url))
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
  t.ok(files.length > 50)
  const asking = files.filter(name =>
    /Date\.now|new Date\(\)|setTimeout|setInterval|performance\.|hrtime/.test(
      readFileSync(path.join(folder, name), 'utf8'),
    ),
  )
  t.same(asking, ['clock.ts'])
})
