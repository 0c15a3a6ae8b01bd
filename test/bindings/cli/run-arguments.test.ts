import t from 'tap'

import { parseRunArguments } from '../../../bindings/cli/run-arguments.ts'

t.test('a script and its own arguments, whatever they look like', async t => {
  t.match(parseRunArguments(['job.py', '--restore', 'x', '-h', '--conf']), {
    script: 'job.py',
    scriptArguments: ['--restore', 'x', '-h', '--conf'],
    help: false,
    configuration: {},
    progress: false,
    logLevel: 'warning',
  })
})

t.test('options before the script are ours', async t => {
  t.match(
    parseRunArguments([
      '--restore',
      'latest',
      '--stop-at=latest',
      '--conf',
      'parallelism.default=2',
      '--conf',
      'a=b=c',
      '--progress',
      '--log-level',
      'debug',
      '--python',
      '/usr/bin/python3',
      'job.py',
      'arg',
    ]),
    {
      script: 'job.py',
      scriptArguments: ['arg'],
      python: '/usr/bin/python3',
      progress: true,
      logLevel: 'debug',
      configuration: {
        'execution.state-recovery.path': 'latest',
        'shardline.source.stop-at': 'latest',
        'parallelism.default': '2',
        a: 'b=c',
      },
    },
  )
})

t.test('an option wins over --conf for the same key', async t => {
  t.match(parseRunArguments(['--conf', 'shardline.source.stop-at=never', '--stop-at', 'latest', 'job.py']), {
    configuration: { 'shardline.source.stop-at': 'latest' },
  })
})

t.test('state that nobody claims may be left behind, as `flink run` has it', async t => {
  t.match(parseRunArguments(['--allow-non-restored-state', '--restore', 'latest', 'job.py']), {
    script: 'job.py',
    configuration: {
      'execution.state-recovery.path': 'latest',
      'execution.state-recovery.ignore-unclaimed-state': 'true',
    },
  })
  t.notOk('execution.state-recovery.ignore-unclaimed-state' in parseRunArguments(['job.py']).configuration)
})

t.test('help needs no script', async t => {
  t.match(parseRunArguments(['--help']), { help: true })
  t.match(parseRunArguments(['-h']), { help: true })
})

t.test('what is wrong is said', async t => {
  for (const [args, message] of [
    [[], /takes the script/],
    [['--progress'], /takes the script/],
    [['--conf', 'novalue', 'job.py'], /--conf takes KEY=VALUE, not 'novalue'/],
    [['--conf', 'some.secretkey hush', 'job.py'], /--conf takes KEY=VALUE, not 'some.secretkey...'/],
    [['--conf', '=x', 'job.py'], /KEY=VALUE/],
    [['--log-level', 'loud', 'job.py'], /--log-level takes one of debug, info, warning, error/],
    [['--frobnicate', 'job.py'], /frobnicate/],
    [['--restore'], /restore/],
  ] as const)
    t.throws(() => parseRunArguments([...args]), { message }, args.join(' '))
})
