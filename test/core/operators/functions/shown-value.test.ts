import t from 'tap'

import { shownValue } from '../../../../core/operators/functions/shown-value.ts'

t.test('values are shown on one line, as a program writes them', async t => {
  for (const [value, text] of [
    ['a "word"\n', '"a \\"word\\"\\n"'],
    [{ flight: 'AA 1', delay: 7 }, "{ flight: 'AA 1', delay: 7 }"],
    [null, 'null'],
    [12n, '12n'],
    [Buffer.from('text'), '"text"'],
    [Buffer.of(0xff, 0xfe), 'the bytes fffe'],
  ] as const)
    t.equal(shownValue(value), text)
  t.match(shownValue('x'.repeat(1000)), /^"x{119}\.\.\. \(1002 characters\)$/)
})

t.test('what looks like a secret is not shown', async t => {
  for (const value of [
    '{"user":"a","password":"hunter2","n":1}',
    { token: 'hunter2', n: 1 },
    { api_key: 'hunter2' },
    'secret=hunter2&n=1',
    'Authorization: hunter2',
    'postgres://me:hunter2@db/x',
    { aws: 'AKIAHUNTER2HUNTER2XX', secretAccessKey: 'hunter2' },
  ]) {
    const shown = shownValue(value)
    t.notMatch(shown, /hunter2|HUNTER2/i, shown)
    t.match(shown, /\*\*\*/)
  }
  t.equal(shownValue({ passenger: 'a', n: 1 }), "{ passenger: 'a', n: 1 }")
})

t.test('a value that cannot be shown is named by its type', async t => {
  const value = new Proxy(
    {},
    {
      get: () => {
        throw new Error('no')
      },
      ownKeys: () => {
        throw new Error('no')
      },
    },
  )
  t.doesNotThrow(() => shownValue(value))
})
