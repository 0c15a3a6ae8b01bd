/**
 * `shardline run job.py`: this process is the engine, and the script is its child. The script inherits stdin, stdout and stderr,
 * and receives Ctrl-C directly. Descriptor 3 carries the control protocol, and descriptor 4 the function calls. On descriptor 5 the
 * script reports the signals that it receives.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'

import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'

import { ControlSocket } from '../../core/control/control-socket.ts'
import type { Job } from '../../core/runtime/job/job.ts'
import { buildHash, engineVersion } from '../build-info.ts'
import { FunctionChannel } from '../functions/function-channel.ts'
import { EngineServer } from '../stdio/engine-server.ts'
import { keepStdoutClean } from '../stdio/stdout.ts'
import { driverLost, programOf } from './engine.ts'
import { EnvironmentError, exitCodes, UsageError } from './exit-codes.ts'
import { ProgressDisplay, progressOutput } from './progress.ts'
import { findPython } from './python.ts'
import { parseRunArguments } from './run-arguments.ts'
import { endWithLauncher } from './npx-launcher.ts'

const HELP = `Usage: shardline run [options] job.py [arguments of the script]

Runs a PyFlink script. In this process and its children, 'import pyflink' imports Shardline.

  --restore latest|auto|PATH
                          start from a checkpoint: the newest of the job (latest), the newest if there is one and else from
                          the beginning (auto, for supervisors), or the one at PATH. The state of Python functions is pickled.
                          Restoring it runs code, so restore only checkpoints that you trust
  --stop-at WHEN          where an unbounded source ends: never, latest (the newest records at the start), or a time
  --allow-non-restored-state
                          start although the checkpoint has state of operators that the script does not have
  --drain-timeout TIME    how long the job may drain after Ctrl-C or SIGTERM before it is ended (default: 8 s)
  --conf KEY=VALUE        set an option; it has precedence over the script; can be repeated
  --progress              show records/s, shards and checkpoints on stderr
  --log-level LEVEL       debug, info, warning (default), error
  --python PATH           the interpreter (default: SHARDLINE_PYTHON, VIRTUAL_ENV, .venv, python3)

Exit codes: 0 ok, 1 the script or its job failed, 2 invalid usage, 3 Python is missing or too old, 130 interrupted,
143 terminated; otherwise the exit code of the script.
`

export async function run(args: readonly string[]): Promise<number> {
  const options = parseRunArguments(args)
  if (options.help) {
    process.stdout.write(HELP)
    return exitCodes.ok
  }
  if (/\.(?:[cm]?js|[cm]?ts)$/.test(options.script))
    throw new UsageError(
      `'${options.script}' is not a Python script. Run a JavaScript or TypeScript program without this command: node ${options.script}`,
    )
  if (!existsSync(options.script)) throw new UsageError(`there is no file '${options.script}'.`)
  keepStdoutClean()
  // The bundler puts this file into `dist/engine/chunks`.
  const engineRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..')
  let python: string
  try {
    python = findPython(options.python, engineRoot)
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error
    process.stderr.write(`shardline: ${error.message}\n`)
    return exitCodes.environment
  }
  const child = spawn(python, ['-u', '-m', 'shardline._launch', options.script, ...options.scriptArguments], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      SHARDLINE_ENGINE_FDS: '3,4',
      SHARDLINE_SIGNAL_FD: '5',
      SHARDLINE_CONF_FD: '6',
      SHARDLINE_LOG_LEVEL: options.logLevel,
    },
  })
  // Options may hold secrets. In the environment, every process that the script starts would inherit them.
  const conf = (child.stdio as readonly unknown[])[6] as Duplex
  conf.on('error', () => undefined)
  conf.end(JSON.stringify(options.configuration))
  Reflect.deleteProperty(process.env, 'SHARDLINE_CONF') // The script has it already. Function hosts inherit this environment.
  const display = options.progress ? new ProgressDisplay(progressOutput(process.stderr.fd)) : null
  const control = child.stdio[3] as Duplex
  const jobs: Job[] = []
  const program = programOf([options.script, ...options.scriptArguments])
  new EngineServer(createMessageConnection(new StreamMessageReader(control), new StreamMessageWriter(control)), {
    functions: new FunctionChannel(child.stdio[4] as Duplex, driverLost),
    program,
    controlSocket: new ControlSocket({ program, build: { engineVersion, buildHash } }),
    // This process ends when the script has ended.
    exit: () => undefined,
    onJob: job => {
      jobs.push(job)
      display?.show(job)
    },
  })
  const terminated = forwardSignals(child, () => jobs.some(job => job.status.state === 'CANCELLING'))
  endWithLauncher(() => process.kill(process.pid, 'SIGTERM'))
  const code = await new Promise<number>(resolve => {
    child.once('error', error => {
      process.stderr.write(`shardline: ${python} could not be started: ${error.message}\n`)
      resolve(exitCodes.environment)
    })
    child.once('exit', (status, signal) => {
      if (signal !== null && !terminated()) reportKilled(options.script, signal, jobs)
      resolve(signal === null ? (status ?? 1) : 128 + os.constants.signals[signal])
    })
  })
  display?.close()
  process.exit(terminated() ? exitCodes.terminated : code)
}

/** Ctrl-C reaches the script within this time of reaching this process. */
const INTERRUPT_PAUSE_MS = 250

/**
 * Forwards signals to the script, which drains its jobs and ends. A second signal ends it at once. A terminal sends Ctrl-C to the
 * script too, but a supervisor sends SIGINT to this process only. So SIGINT is forwarded unless the script reports that it has
 * received one, or drains its jobs already (asyncio suppresses the reports). SIGTERM is always forwarded.
 * @returns whether this process has received SIGTERM
 */
function forwardSignals(child: ChildProcess, isDraining: () => boolean): () => boolean {
  let terminated = false
  let interruptedAt = -Infinity
  const signals = (child.stdio as unknown as readonly Duplex[])[5]!
  // Python's `signal.set_wakeup_fd` writes the number of each signal as one byte.
  signals.on('data', (numbers: Buffer) => {
    if (numbers.includes(os.constants.signals.SIGINT)) interruptedAt = performance.now()
  })
  signals.on('error', () => undefined)
  process.on('SIGINT', () => {
    const at = performance.now()
    setTimeout(() => {
      if (interruptedAt < at - INTERRUPT_PAUSE_MS && !isDraining()) child.kill('SIGINT')
    }, INTERRUPT_PAUSE_MS)
  })
  process.on('SIGTERM', () => {
    child.kill(terminated ? 'SIGKILL' : 'SIGTERM')
    terminated = true
  })
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  return () => terminated
}

/** Reports the end of a script that was killed and cannot report it itself. */
function reportKilled(script: string, signal: NodeJS.Signals, jobs: readonly Job[]): void {
  const goOn = jobs.some(job => job.metrics().checkpoints.completed > 0)
    ? ` To go on from the last checkpoint: shardline run --restore latest ${script}`
    : ''
  process.stderr.write(`shardline: ${script} was ended by ${signal}.${goOn}\n`)
}
