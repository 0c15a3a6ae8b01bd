import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import t from 'tap'

import { KinesisEmulator } from '../../../emulator/index.ts'

const engine = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../engine/shardline.mjs')
if (!existsSync(engine)) t.bailout(`${engine} is missing: npm run build`)

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Running {
  readonly ended: Promise<Ended>
  /** Resolves when stdout holds this. */
  says(text: RegExp): Promise<string>
  interrupt(signal: NodeJS.Signals): void
}

function shardline(...args: string[]): Running {
  const child = spawn(process.execPath, [engine, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let [stdout, stderr] = ['', '']
  const listeners = new Set<() => void>()
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    for (const listener of listeners) listener()
  })
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<Ended>(resolve => child.once('close', code => resolve({ code, stdout, stderr })))
  return {
    ended,
    says: text =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (text.test(stdout)) resolve(stdout)
        }
        listeners.add(look)
        look()
        void ended.then(e => reject(new Error(`it ended without saying ${String(text)}: ${e.stderr}`)))
      }),
    interrupt: signal => child.kill(signal),
  }
}

t.test('help and version', async t => {
  const help = await shardline('--help').ended
  t.equal(help.code, 0)
  for (const verb of ['run', 'local', 'ps', 'status', 'explain', 'stop', 'savepoint', 'checkpoint', 'rpc'])
    t.match(help.stdout, new RegExp(`^  ${verb} `, 'm'))
  t.match(help.stdout, /Exit codes:\n  0 +the command succeeded\n/)
  const version = await shardline('--version').ended
  t.equal(version.code, 0)
  t.match(version.stdout, /^shardline \d+\.\d+\.\d+ \(build [0-9a-f]{12}\), Node \d+/)
  for (const verb of ['run', 'local', 'ps', 'status', 'explain', 'stop', 'savepoint', 'checkpoint', 'rpc']) {
    const own = await shardline(verb, '--help').ended
    t.equal(own.code, 0)
    t.match(own.stdout, new RegExp(`^Usage: shardline ${verb}`))
  }
})

t.test('wrong usage is exit code 2, with a sentence', async t => {
  for (const [args, message] of [
    [[], /^$/],
    [['dance'], /there is no command 'dance'. Commands: run, local, ps/],
    [['run'], /run takes the script/],
    [['run', '/no/such/job.py'], /there is no file '\/no\/such\/job.py'/],
    [['local', '--port', 'x'], /--port: 'x' is not a port/],
    [['local', '--stream', 'a:0'], /--stream: 'a:0'/],
    [['local', '--frobnicate'], /frobnicate/],
    [['rpc', 'now'], /rpc takes no arguments/],
    [['engine'], /--control-fd/],
  ] as const) {
    const { code, stderr } = await shardline(...args).ended
    t.equal(code, 2, args.join(' '))
    t.match(stderr, message)
    t.notMatch(stderr, /\n    at /, 'and no stack')
  }
})

t.test('a script without a Python to run it is exit code 3', async t => {
  const { code, stderr } = await shardline(
    'run',
    '--python',
    '/no/such/python',
    fileURLToPath(import.meta.url).replace(/[^/]*$/, ''),
  ).ended
  t.equal(code, 3)
  t.match(stderr, /No Python to run the script with: '\/no\/such\/python' cannot be run/)
})

t.test('local: prints how to reach it, and Ctrl-C ends it with 0', async t => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const local = shardline('local', '--port', '0', '--stream', 'flights:2', '--stream', 'out')
    const said = await local.says(/AWS_SECRET_ACCESS_KEY/)
    t.match(said, /Kinesis is ready at http:\/\/127\.0\.0\.1:\d+\./)
    t.match(said, /stream\/flights\n.*stream\/out\n/)
    t.match(said, /^export AWS_ENDPOINT_URL_KINESIS=http/m)
    local.interrupt(signal)
    t.equal((await local.ended).code, 0)
  }
})

t.test('local: a port that is taken is one sentence and exit code 1', async t => {
  const kinesis = await KinesisEmulator.start()
  t.teardown(() => kinesis.close())
  const { code, stderr } = await shardline('local', '--port', String(kinesis.port)).ended
  t.equal(code, 1)
  t.match(stderr, new RegExp(String(kinesis.port)))
  t.notMatch(stderr, /\n    at /)
})
