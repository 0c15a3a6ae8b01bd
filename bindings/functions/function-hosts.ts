/**
 * Chooses where a chain of Python functions runs: in the driver, over its channel, or in a host process that the engine
 * starts for it with the interpreter of the driver. When a host dies, its functions fail, and the restart strategy of the
 * job decides what follows.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Duplex } from 'node:stream'

import { FunctionError, GraphError } from '../../core/foundation/errors.ts'
import type { FunctionRuntime, OpenFunction, RemoteFunction } from '../../core/operators/function-runtime.ts'
import { FunctionChannel } from './function-channel.ts'

/** How to start a host. It is the way in which the driver was started. */
export interface HostCommand {
  readonly executable: string
  /** Added to the environment of this process. */
  readonly environment: Readonly<Record<string, string>>
}

const EXIT_GRACE_MS = 3000
/** How long the end of an attempt waits for a function that hangs. It is Flink's `task.cancellation.timeout`. */
const CLOSE_LIMIT_MS = 180_000

/** The hosts that run. A host exits when its channel ends, but not while a function hangs. */
const alive = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

export class FunctionHosts implements FunctionRuntime {
  readonly #driver: FunctionChannel | null
  readonly #command: HostCommand | null
  readonly #children = new Set<ChildProcess>()

  constructor(driver: FunctionChannel | null, command: HostCommand | null) {
    this.#driver = driver
    this.#command = command
  }

  async open(request: OpenFunction): Promise<RemoteFunction> {
    if (request.mode === 'process') return this.#openInHost(request)
    if (this.#driver === null)
      throw new GraphError(
        `Operator '${request.operators[0]?.name ?? ''}' is a Python function, but no Python program is connected.`,
      )
    return this.#driver.open(request)
  }

  /** Ends every host that still runs. */
  close(): void {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  async #openInHost(request: OpenFunction): Promise<RemoteFunction> {
    const child = this.#spawn()
    let exit = 'closed its channel'
    child.once(
      'exit',
      (code, signal) => (exit = signal === null ? `exited with code ${String(code)}` : `was ended by ${signal}`),
    )
    const channel = new FunctionChannel(
      child.stdio[3] as Duplex,
      () =>
        new FunctionError(
          'FUNCTION_HOST_LOST',
          `The Python process ${String(child.pid)} that runs '${request.taskName}' ${exit}.`,
        ),
    )
    const stop = (): void => {
      channel.close()
      const killer = setTimeout(() => child.kill('SIGKILL'), EXIT_GRACE_MS)
      killer.unref()
      child.once('exit', () => clearTimeout(killer))
    }
    try {
      const opened = await channel.open(request)
      let closed: Promise<void> | null = null
      return {
        ...opened,
        close: () => {
          if (closed !== null) return closed
          const limit = setTimeout(() => child.kill('SIGKILL'), CLOSE_LIMIT_MS)
          limit.unref()
          closed = opened.close().finally(() => {
            clearTimeout(limit)
            stop()
          })
          return closed
        },
      }
    } catch (error) {
      stop()
      throw error
    }
  }

  #spawn(): ChildProcess {
    if (this.#command === null)
      throw new GraphError('Function hosts need a Python driver, which names the interpreter.')
    const { executable, environment } = this.#command
    // Options may hold secrets. `shardline._overrides` removes them in the same way.
    const { SHARDLINE_CONF: _, ...inherited } = process.env
    // The output of functions goes to the same place as the output of the driver.
    const child = spawn(executable, ['-m', 'shardline._host'], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
      env: { ...inherited, ...environment },
    })
    const forget = (): void => {
      this.#children.delete(child)
      alive.delete(child)
    }
    this.#children.add(child)
    alive.add(child)
    child.once('exit', forget)
    child.once('error', forget)
    return child
  }
}
