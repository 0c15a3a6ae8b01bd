/**
 * The control socket of this process: a Unix domain socket to which `shardline ps`, `stop`, `savepoint` and `explain` connect to
 * reach the running jobs. It is opened with the first job and closed with the last. It does not keep the process alive and does
 * not delay a job. If it cannot be opened, the jobs run without it and log a warning. There is no control socket on Windows.
 */
import { chmodSync, unlinkSync } from 'node:fs'
import net from 'node:net'

import { systemClock } from '../foundation/clock.ts'
import { Configuration } from '../foundation/config/configuration.ts'
import { executionOptions } from '../foundation/config/execution-options.ts'
import type { Job } from '../runtime/job/job.ts'
import { ControlConnection } from './control-connection.ts'
import type { EngineBuild } from './control-connection.ts'
import { socketDirectories, controlEnvironment, prepareSocketPath } from './control-directory.ts'
import type { ControlEnvironment } from './control-directory.ts'
import { encodeFrame } from './frames.ts'
import { SERVER_BUSY } from './control-protocol.ts'
import { finishedNotification, JobRegistry, jobRequests } from './job-requests.ts'

/** Connections at the same time. A further connection replaces the one that has been idle longest. */
const MAX_CONNECTIONS = 16

export interface ControlSocketOptions {
  /** The path of the program that submitted the jobs, and its arguments. `null` when the program is unknown. */
  readonly program: readonly string[] | null
  readonly build: EngineBuild
  readonly environment?: ControlEnvironment
  readonly pid?: number
}

export class ControlSocket {
  readonly #options: ControlSocketOptions
  readonly #jobs = new JobRegistry()
  readonly #connections = new Set<ControlConnection>()
  #server: net.Server | null = null
  #socketPath: string | null = null
  readonly #onExit = (): void => this.close()

  constructor(options: ControlSocketOptions) {
    this.#options = options
  }

  /** `null` when the socket is closed. */
  get socketPath(): string | null {
    return this.#socketPath
  }

  /** Makes a started job available to control clients until the job ends. Returns at once. */
  register(
    job: Job,
    configuration: Readonly<Record<string, string>>,
    warn: (message: string) => void = () => undefined,
  ): void {
    if (process.platform === 'win32' || !new Configuration(configuration).get(executionOptions.door)) return
    this.#jobs.add(job, systemClock.now())
    this.#open(message =>
      warn(
        `The control socket cannot be opened, so shardline ps does not find this job: ${message}. Set ${executionOptions.door.key}=false to run without a control socket.`,
      ),
    )
    void finishedNotification(job).then(finished => {
      for (const connection of this.#connections) connection.notify('job/finished', finished)
      this.#jobs.delete(job.jobId)
      if (this.#jobs.size === 0) this.close()
    })
  }

  /** Accepts no more connections. Open connections still receive the answers to their requests. Idempotent. */
  close(): void {
    process.off('exit', this.#onExit)
    // Closing the server removes the socket's file.
    this.#server?.close()
    this.#server = null
    this.#socketPath = null
  }

  /** Closes the connection that has been idle longest. @returns false when every connection waits for an answer */
  #closeLongestIdle(): boolean {
    const idle = [...this.#connections].filter(connection => connection.idleSinceMs !== null)
    const [longest] = idle.sort((a, b) => a.idleSinceMs! - b.idleSinceMs!)
    if (longest === undefined) return false
    this.#connections.delete(longest)
    longest.close()
    return true
  }

  #open(warn: (message: string) => void): void {
    if (this.#server !== null) return
    const { environment = controlEnvironment(), pid = process.pid, program, build } = this.#options
    let socketPath: string
    try {
      socketPath = prepareSocketPath(socketDirectories(environment)[0]!, pid, environment.uid)
      // No other process has this process id, so an existing file belongs to a process that has ended.
      removeIfThere(socketPath)
    } catch (error) {
      warn((error as Error).message)
      return
    }
    const handlers = jobRequests(this.#jobs, program)
    const server = net.createServer(socket => {
      if (this.#connections.size >= MAX_CONNECTIONS && !this.#closeLongestIdle()) {
        refuse(socket)
        return
      }
      const connection = new ControlConnection(socket, handlers, build)
      this.#connections.add(connection)
      socket.once('close', () => this.#connections.delete(connection))
    })
    server.on('error', error => {
      warn(error.message)
      if (this.#server === server) this.close()
    })
    server.listen(socketPath, () => {
      try {
        chmodSync(socketPath, 0o600)
      } catch {
        // The socket was closed in the meantime. Only the user can access its directory anyway.
      }
    })
    server.unref()
    process.once('exit', this.#onExit)
    this.#server = server
    this.#socketPath = socketPath
  }
}

function refuse(socket: net.Socket): void {
  const message = `All ${MAX_CONNECTIONS} control connections of this process wait for answers. Try again when one of them has ended.`
  socket.on('error', () => undefined)
  socket.end(encodeFrame({ jsonrpc: '2.0', id: null, error: { code: SERVER_BUSY, message } }))
}

function removeIfThere(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
