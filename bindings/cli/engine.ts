/**
 * `shardline engine --control-fd N --function-fd M [--progress-fd P] [--program JSON]`: the engine as a child of a driver. It uses
 * two inherited socket pairs, and writes the progress of its jobs to P. `--program` is the driver's script and its arguments, which
 * control clients can query. The script owns stdout, so output of this process goes to stderr.
 */
import net from 'node:net'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'

import { ControlSocket } from '../../core/control/control-socket.ts'
import { BridgeError } from '../../core/foundation/errors.ts'
import { buildHash, engineVersion } from '../build-info.ts'
import { FunctionChannel } from '../functions/function-channel.ts'
import { EngineServer } from '../stdio/engine-server.ts'
import { keepStdoutClean } from '../stdio/stdout.ts'
import { UsageError } from './exit-codes.ts'
import { ProgressDisplay, progressOutput } from './progress.ts'

export function run(args: readonly string[]): Promise<number> {
  keepStdoutClean()
  const { values } = parseArgs({
    args: [...args],
    options: {
      'control-fd': { type: 'string' },
      'function-fd': { type: 'string' },
      'progress-fd': { type: 'string' },
      program: { type: 'string' },
    },
  })
  const control = openSocket(values['control-fd'], 'control-fd')
  const functions = openSocket(values['function-fd'], 'function-fd')
  const program = values.program === undefined ? null : programOf(JSON.parse(values.program) as string[])
  const progressFd = values['progress-fd']
  const display = progressFd === undefined ? null : new ProgressDisplay(progressOutput(Number(progressFd)))
  // The driver handles Ctrl-C.
  process.on('SIGINT', () => undefined)
  return new Promise(resolve => {
    const server = new EngineServer(
      createMessageConnection(new StreamMessageReader(control), new StreamMessageWriter(control)),
      {
        functions: new FunctionChannel(functions, driverLost),
        program,
        controlSocket: new ControlSocket({ program, build: { engineVersion, buildHash } }),
        onJob: job => display?.show(job),
        exit: code => {
          display?.close()
          resolve(code)
          process.exit(code)
        },
      },
    )
    // A service manager signals every process at once. The driver drains its jobs before it ends, and needs the engine for that.
    process.on('SIGTERM', () => void server.drain())
  })
}

export const driverLost = (): BridgeError =>
  new BridgeError('DRIVER_LOST', 'The Python program that runs the functions has ended.')

/** The program with an absolute path, which is valid in every working directory. */
export const programOf = ([script = '', ...args]: readonly string[]): string[] => [path.resolve(script), ...args]

function openSocket(text: string | undefined, option: string): net.Socket {
  const fd = Number(text)
  if (text === undefined || !Number.isInteger(fd))
    throw new UsageError(`--${option} takes the number of an inherited descriptor.`)
  return new net.Socket({ fd, readable: true, writable: true })
}
