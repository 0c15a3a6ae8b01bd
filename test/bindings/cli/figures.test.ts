import t from 'tap'

import { byteSize, duration, lag, sequenceEnd, shellWord, table } from '../../../bindings/cli/figures.ts'

t.test('durations have their two greatest units', async t => {
  for (const [ms, text] of [
    [0, '0 s'],
    [499, '0 s'],
    [59_000, '59 s'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h'],
    [7_440_000, '2 h 4 min'],
    [86_400_000 + 5000, '1 d'],
    [90_000_000, '1 d 1 h'],
  ] as const)
    t.equal(duration(ms), text)
})

t.test('lag, sizes, sequence numbers', async t => {
  t.same([lag(-1), lag(120.4), lag(1500), lag(5, true)], ['starting', '120 ms behind', '1.5 s behind', 'ended'])
  t.same([byteSize(999), byteSize(1500), byteSize(2_500_000)], ['999 bytes', '1.5 KB', '2.5 MB'])
  t.same([sequenceEnd('12'), sequenceEnd('1'.repeat(56))], ['12', `..${'1'.repeat(12)}`])
})

t.test('a table’s columns are as wide as they must be', async t => {
  t.equal(
    table(
      ['A', 'N'],
      [
        ['long', '1'],
        ['b', '22'],
      ],
      [1],
    ),
    'A      N\nlong   1\nb     22\n',
  )
})

t.test('words are quoted where a shell would take them apart', async t => {
  t.same(['job.py', 's3://b/x', 'a b', "it's", ''].map(shellWord), ['job.py', 's3://b/x', "'a b'", "'it'\\''s'", "''"])
})
