import xterm from '@xterm/headless'
import t from 'tap'

import { StatusLines } from '../../../bindings/cli/status-lines.ts'

/** A terminal that is drawn by xterm.js, which we did not write. */
function terminal(columns = 40, rows = 10) {
  const screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true })
  let written = Promise.resolve()
  const write = (text: string): void => {
    written = written.then(() => new Promise<void>(resolve => screen.write(text, resolve)))
  }
  const rowsOf = (from: number, to: number): string[] =>
    Array.from({ length: to - from }, (_, i) => screen.buffer.active.getLine(from + i)?.translateToString(true) ?? '')
  return {
    write,
    lines: new StatusLines({
      get columns() {
        return screen.cols
      },
      get rows() {
        return screen.rows
      },
      write,
    }),
    resize: (c: number, r: number) => {
      written = written.then(() => screen.resize(c, r))
    },
    /** What is on the screen, without the empty rows at its end. */
    shown: async (): Promise<string[]> => {
      await written
      const { baseY } = screen.buffer.active
      return rowsOf(baseY, baseY + screen.rows)
    },
    everything: async (): Promise<string[]> => {
      await written
      return rowsOf(0, screen.buffer.active.length).filter(line => line !== '')
    },
  }
}

t.test('what is printed scrolls above the lines, and nothing of it is lost', async t => {
  const { lines, write, shown, everything } = terminal()
  write('before\n')
  for (let i = 0; i < 20; i++) {
    lines.draw([`status ${i}`, `shard ${i}`])
    write(`printed ${i}\n`)
  }
  const rows = await shown()
  t.same(rows.slice(-2), ['status 19', 'shard 19'])
  t.same(rows.slice(-5, -2), ['printed 18', 'printed 19', ''])
  lines.close(['the last status'])
  write('after\n')
  t.same(
    (await everything()).filter(line => !/^(status|shard) /.test(line)),
    ['before', ...Array.from({ length: 20 }, (_, i) => `printed ${i}`), 'the last status', 'after'],
  )
})

t.test('the number of lines changes with the shards, and their length is that of the terminal', async t => {
  const { lines, write, shown } = terminal(20, 8)
  lines.draw(['one'])
  write('a\n')
  lines.draw(['one', 'two', 'x'.repeat(50)])
  write('b\n')
  const rows = await shown()
  t.same(rows.slice(-3), ['one', 'two', 'x'.repeat(19)])
  t.same(rows.slice(0, 2), ['a', 'b'])
  lines.draw(['one'])
  write('c\n')
  t.same(
    (await shown()).filter(row => row !== ''),
    ['a', 'b', 'c', 'one'],
  )
})

t.test('a terminal that is too low keeps half of its rows for what scrolls', async t => {
  const { lines, write, shown } = terminal(20, 4)
  lines.draw(['one', 'two', 'three', 'four', 'five'])
  write('a\n')
  t.same(await shown(), ['a', '', 'one', 'two'])
})

t.test('after the terminal has changed its size the lines are at its bottom', async t => {
  const { lines, write, resize, shown } = terminal(40, 10)
  lines.draw(['one', 'two'])
  write('a\n')
  await shown()
  resize(40, 6)
  await shown()
  lines.draw(['one', 'two'])
  write('b\n')
  const rows = await shown()
  t.equal(rows.length, 6)
  t.same(rows.slice(-2), ['one', 'two'])
  t.ok(rows.includes('a') && rows.includes('b'), rows.join('|'))
})
