/** The commands of `shardline` and its help. Converts errors to messages and exit codes. */
import { ShardlineError } from '../../core/foundation/errors.ts'
import { buildHash, engineVersion } from '../build-info.ts'
import { exitCodes, UsageError } from './exit-codes.ts'

interface Verb {
  readonly summary: string
  readonly load: () => Promise<{ run(args: readonly string[]): Promise<number> }>
}

const verbs: Readonly<Record<string, Verb>> = {
  run: { summary: 'run a PyFlink script: shardline run [options] job.py [arguments]', load: () => import('./run.ts') },
  local: {
    summary: 'start a Kinesis emulator: shardline local --port 4567 --stream flights:4',
    load: () => import('./local.ts'),
  },
  ps: { summary: 'list the running jobs on this machine', load: () => import('./ps.ts') },
  status: { summary: 'show the state of a job: shardline status [JOB]', load: () => import('./status.ts') },
  explain: {
    summary: 'show the subtask and position of each shard, and why a shard is not read',
    load: () => import('./explain.ts'),
  },
  stop: { summary: 'drain and end a job: shardline stop [JOB] [--savepoint[=DIR]]', load: () => import('./stop.ts') },
  savepoint: {
    summary: 'store the state of a running job: shardline savepoint [JOB] [DIR]',
    load: () => import('./savepoint.ts'),
  },
  checkpoint: {
    summary: 'inspect, rewind, sign, list or prune checkpoints: shardline checkpoint inspect|rewind|sign|list|prune',
    load: () => import('./checkpoint.ts'),
  },
  rpc: { summary: 'serve JSON-RPC 2.0 on stdin and stdout, for other languages', load: () => import('./rpc.ts') },
}

/** Not part of the help. The Python package starts its engine with it. */
const hidden: Readonly<Record<string, Verb>> = {
  engine: { summary: '', load: () => import('./engine.ts') },
}

export async function runCommand(argv: readonly string[]): Promise<void> {
  const [name, ...args] = argv
  try {
    if (name === '--version' || name === '-V') {
      process.stdout.write(
        `shardline ${engineVersion}${buildHash === null ? '' : ` (build ${buildHash.slice(0, 12)})`}, Node ${process.versions.node}\n`,
      )
      return
    }
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      process.stdout.write(help())
      process.exitCode = name === undefined ? exitCodes.usage : exitCodes.ok
      return
    }
    const verb = verbs[name] ?? hidden[name]
    if (verb === undefined)
      throw new UsageError(`there is no command '${name}'. Commands: ${Object.keys(verbs).join(', ')}.`)
    const loaded = await verb.load()
    process.exitCode = await loaded.run(args)
  } catch (error) {
    process.stderr.write(`shardline: ${error instanceof Error ? error.message : String(error)}\n`)
    if (error instanceof UsageError)
      process.stderr.write(`See 'shardline ${name !== undefined && name in verbs ? `${name} ` : ''}--help'.\n`)
    else if (!(error instanceof ShardlineError) && error instanceof Error)
      process.stderr.write(`${error.stack ?? ''}\n`)
    process.exitCode = error instanceof UsageError ? exitCodes.usage : exitCodes.failed
  }
  if (process.exitCode !== exitCodes.ok) process.exit(process.exitCode)
}

const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [exitCodes.ok, 'the command succeeded'],
  [exitCodes.failed, 'the script, the job or the command failed'],
  [exitCodes.usage, 'the command line is invalid'],
  [exitCodes.environment, 'of run: Python is missing or too old, or the parts are of different builds'],
  [exitCodes.alarm, 'of explain and status: an alarm, such as a shard that is not read'],
  [exitCodes.interrupted, 'interrupted; jobs were drained first'],
  [exitCodes.terminated, 'terminated; jobs were drained first'],
]

function help(): string {
  const rows = Object.entries(verbs).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}\n`)
  const codes = EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning}\n`)
  return `shardline ${engineVersion}: Amazon Kinesis Data Streams with Apache Flink's semantics, without a JVM.

Commands (each has --help):
${rows.join('')}
Options: --help, --version

Exit codes:
${codes.join('')}`
}
