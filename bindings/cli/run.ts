/**
 * `shardline run job.py`: this process is the engine, the script its child. The script keeps the terminal: stdin, stdout and
 * stderr are its own, and Ctrl-C reaches it directly; control and functions travel on descriptors 3 and 4. On descriptor 5 it
 * reports the signals that it gets.
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

Runs a script that is written for PyFlink: 'import pyflink' gives it Shardline, in this process tree only.

  --restore latest|auto|PATH
                          start from a checkpoint: the job's newest; its newest if there is one, else from the beginning
                          (for supervisors); or the one at PATH. State of Python functions is pickled, and restoring
                          runs it as code: restore only what you trust
  --stop-at WHEN          end of an endless job: never, latest (what is there now), or a time
  --allow-non-restored-state
                          start although the checkpoint holds state of operators that the script no longer has
  --drain-timeout TIME    how long Ctrl-C and SIGTERM let the job drain before it is ended (default: 8 s)
  --conf KEY=VALUE        set an option over what the script sets; may be repeated
  --progress              show records/s, shards and checkpoints on stderr
  --log-level LEVEL       debug, info, warning (default), error
  --python PATH           the interpreter (default: SHARDLINE_PYTHON, VIRTUAL_ENV, .venv, python3)

Exit codes: 0 ok, 1 the script or its job failed, 2 wrong usage, 3 Python is missing or too old, 130 interrupted,
143 terminated; otherwise what the script exits with.
`

export async function run(args: readonly string[]): Promise<number> {
  const options = parseRunArguments(args)
  if (options.help) {
    process.stdout.write(HELP)
    return exitCodes.ok
  }
  if (/\.(?:[cm]?js|[cm]?ts)$/.test(options.script))
    throw new UsageError(
      `'${options.script}' is no Python script. A program that uses the package shardline from JavaScript or TypeScript needs no launcher: node ${options.script}`,
    )
  if (!existsSync(options.script)) throw new UsageError(`there is no file '${options.script}'.`)
  keepStdoutClean()
  // From `dist/engine/chunks`, where the bundler puts this file.
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
  // Options may hold secrets: in the environment, everything that the script starts would inherit them.
  const conf = (child.stdio as readonly unknown[])[6] as Duplex
  conf.on('error', () => undefined)
  conf.end(JSON.stringify(options.configuration))
  Reflect.deleteProperty(process.env, 'SHARDLINE_CONF') // the script has it; function hosts inherit from here
  const display = options.progress ? new ProgressDisplay(progressOutput(process.stderr.fd)) : null
  const control = child.stdio[3] as Duplex
  const jobs: Job[] = []
  const program = programOf([options.script, ...options.scriptArguments])
  new EngineServer(createMessageConnection(new StreamMessageReader(control), new StreamMessageWriter(control)), {
    functions: new FunctionChannel(child.stdio[4] as Duplex, driverLost),
    program,
    controlSocket: new ControlSocket({ program, build: { engineVersion, buildHash } }),
    // The engine's end is this process's end, and that waits for the script.
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
      if (signal !== null && !terminated()) sayKilled(options.script, signal, jobs)
      resolve(signal === null ? (status ?? 1) : 128 + os.constants.signals[signal])
    })
  })
  display?.close()
  process.exit(terminated() ? exitCodes.terminated : code)
}

/** A Ctrl-C reaches the script about when it reaches this process. */
const INTERRUPT_PAUSE_MS = 250

/**
 * A terminal sends Ctrl-C to the script too, a supervisor sends SIGINT to this process alone: it is passed on unless the script
 * reports that it has got one, or drains its jobs already (asyncio takes the reports for itself). SIGTERM is always passed on. The script drains its jobs and ends; a second signal ends it at once.
 * The result tells whether a SIGTERM came.
 */
function forwardSignals(child: ChildProcess, isDraining: () => boolean): () => boolean {
  let terminated = false
  let interruptedAt = -Infinity
  const signals = (child.stdio as unknown as readonly Duplex[])[5]!
  // One byte for each signal, its number: Python's `signal.set_wakeup_fd`.
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

/** The script can say nothing any more. */
function sayKilled(script: string, signal: NodeJS.Signals, jobs: readonly Job[]): void {
  const goOn = jobs.some(job => job.metrics().checkpoints.completed > 0)
    ? ` To go on from the last checkpoint: shardline run --restore latest ${script}`
    : ''
  process.stderr.write(`shardline: ${script} was ended by ${signal}.${goOn}\n`)
}
