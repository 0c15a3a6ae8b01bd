import t from 'tap'

import { parseTarget } from '../../../bindings/cli/checkpoint.ts'
import { restoreHint } from '../../../bindings/cli/restore-hint.ts'
import { chooseJob } from '../../../bindings/cli/running-jobs.ts'
import type { RunningJob } from '../../../bindings/cli/running-jobs.ts'
import { parseStopArguments } from '../../../bindings/cli/stop.ts'

const job = (jobId: string, name: string): RunningJob =>
  ({ jobId: jobId.padEnd(32, '0'), name, engine: { pid: 7 } }) as unknown as RunningJob

t.test('a job is chosen by name, id, beginning of an id, or because it is the only one', async t => {
  const jobs = [job('abc1', 'flights'), job('abd2', 'orders'), job('99', 'ab')]
  const name = (wanted: string | null, of = jobs): string => chooseJob(of, wanted).name
  t.equal(name('flights'), 'flights')
  t.equal(name('abd'), 'orders')
  t.equal(name('99'.padEnd(32, '0')), 'ab')
  t.equal(name('ab'), 'ab', 'a name goes before the beginning of an id')
  t.equal(name(null, jobs.slice(0, 1)), 'flights')
  t.throws(() => name(null), {
    message: /^3 jobs run here: name one of them\.\n {2}abc10000 {2}flights {2}\(pid 7\)\n/,
  })
  t.throws(() => name('nobody'), { message: /^there is no job 'nobody'\.\n {2}abc10000/ })
  t.throws(() => name('ab', jobs.slice(0, 2)), { message: /^'ab' matches 2 jobs\./ })
  t.throws(() => name('x', []), { message: 'no job of yours runs on this machine.' })
  t.throws(() => name('twin', [job('1', 'twin'), job('2', 'twin')]), { message: /'twin' matches 2 jobs/ })
})

t.test('stop: the directory of the savepoint may be left out', async t => {
  for (const [args, expected] of [
    [[], { job: null, now: false, savepoint: undefined }],
    [['flights'], { job: 'flights', savepoint: undefined }],
    [['--now'], { now: true }],
    [['--savepoint'], { job: null, savepoint: null }],
    [['--savepoint', 'flights'], { job: 'flights', savepoint: null }],
    [['flights', '--savepoint'], { job: 'flights', savepoint: null }],
    [['flights', '--savepoint', 'out'], { job: 'flights', savepoint: 'out' }],
    [['--savepoint=out', 'flights'], { job: 'flights', savepoint: 'out' }],
    [['--savepoint', 's3://b/out', 'flights'], { job: 'flights', savepoint: 's3://b/out' }],
    [['--savepoint', './out'], { job: null, savepoint: './out' }],
  ] as const)
    t.match(parseStopArguments(args), expected, args.join(' '))
  t.throws(() => parseStopArguments(['--now', '--savepoint']), { message: /--now does not drain/ })
  t.throws(() => parseStopArguments(['--savepoint=']), { message: /takes a directory/ })
  t.throws(() => parseStopArguments(['a', 'b']), { message: /unexpected argument 'b'/ })
  t.throws(() => parseStopArguments(['--frobnicate']), { message: /frobnicate/ })
})

t.test('where a rewind goes', async t => {
  const nowMs = Date.parse('2026-03-01T00:00:00Z')
  const time = (timestampMs: number) => ({ type: 'time', timestampMs })
  t.same(parseTarget(['2026-01-31T12:00:00Z'], nowMs), time(Date.UTC(2026, 0, 31, 12)))
  t.same(parseTarget(['1700000000.5'], nowMs), time(1_700_000_000_500))
  t.same(parseTarget(['trim-horizon'], nowMs), { type: 'trim-horizon' })
  t.same(parseTarget(['shardId-0=12', 'shardId-1=13'], nowMs), {
    type: 'sequence-numbers',
    sequenceNumbers: new Map([
      ['shardId-0', '12'],
      ['shardId-1', '13'],
    ]),
  })
  for (const [texts, message] of [
    [[], /takes --to/],
    [['yesterday'], /'yesterday' is not a time/],
    [['2026-01-31T12:00:00'], /with a zone/],
    [['1700000000000'], /is in the future. A number is in epoch seconds/],
    [['trim-horizon', 'trim-horizon'], /may be repeated only with/],
    [['shardId-0=x'], /is not SHARD=SEQUENCE/],
    [['shardId-0=1', 'trim-horizon'], /'trim-horizon' is not SHARD=SEQUENCE/],
    [['shardId-0=1', 'shardId-0=2'], /names shardId-0 twice/],
  ] as const)
    t.throws(() => parseTarget(texts, nowMs), { message }, texts.join(' '))
})

t.test('how a job goes on is a command where the script is known', async t => {
  t.match(
    restoreHint([`${process.cwd()}/my job.py`, '--fast'], '/chk'),
    /\n {2}shardline run --restore \/chk 'my job.py' --fast$/,
  )
  t.match(restoreHint(['/elsewhere/job.py'], '/chk'), /--restore \/chk \/elsewhere\/job.py$/)
  t.match(restoreHint(['/jobs/job.mjs'], '/chk'), /with execution.state-recovery.path: \/chk$/)
  t.match(restoreHint(null, '/chk'), /with execution.state-recovery.path: \/chk$/)
})
