/**
 * The door to the jobs that run in this process: a Unix domain socket at which `shardline ps`, `stop`, `savepoint` and `explain`
 * knock. It opens with the first job and closes with the last. It never keeps the process alive, never delays a job, and where
 * it cannot be opened the jobs run without one, and say so. Windows has none.
 */
import { chmodSync, unlinkSync } from 'node:fs'
import net from 'node:net'

import { systemClock } from '../foundation/clock.ts'
import { Configuration } from '../foundation/config/configuration.ts'
import { executionOptions } from '../foundation/config/execution-options.ts'
import type { Job } from '../runtime/job/job.ts'
import { DoorConnection } from './control-connection.ts'
import type { EngineBuild } from './control-connection.ts'
import { doorDirectories, doorEnvironment, prepareSocketPath } from './control-directory.ts'
import type { DoorEnvironment } from './control-directory.ts'
import { encodeFrame } from './frames.ts'
import { SERVER_BUSY } from './control-protocol.ts'
import { JobRegistry, jobRequests, lastWord } from './job-requests.ts'
import { messageOf } from '../foundation/errors.ts'

/** Connections at once. One more takes the place of the connection that has been idle longest. */
const MAX_VISITORS = 16

export interface DoorOptions {
  /** The program that the jobs are of, by its path, and its arguments; null: it is not known. */
  readonly program: readonly string[] | null
  readonly build: EngineBuild
  readonly environment?: DoorEnvironment
  readonly pid?: number
}

export class Door {
  readonly #options: DoorOptions
  readonly #jobs = new JobRegistry()
  readonly #visitors = new Set<DoorConnection>()
  #server: net.Server | null = null
  #socketPath: string | null = null
  readonly #onExit = (): void => this.close()

  constructor(options: DoorOptions) {
    this.#options = options
  }

  /** null: it is closed. */
  get socketPath(): string | null {
    return this.#socketPath
  }

  /** Lets visitors see a job that was started, until it has ended. Returns at once. */
  admit(
    job: Job,
    configuration: Readonly<Record<string, string>>,
    warn: (message: string) => void = () => undefined,
  ): void {
    if (process.platform === 'win32' || !new Configuration(configuration).get(executionOptions.door)) return
    this.#jobs.add(job, systemClock.now())
    this.#open(message =>
      warn(
        `This job cannot be seen from outside (shardline ps): ${message}. ${executionOptions.door.key}=false says that it need not be.`,
      ),
    )
    void lastWord(job).then(word => {
      for (const visitor of this.#visitors) visitor.notify('job/finished', word)
      this.#jobs.delete(job.jobId)
      if (this.#jobs.size === 0) this.close()
    })
  }

  /** Whoever is inside gets the answers to what was asked. Idempotent. */
  close(): void {
    process.off('exit', this.#onExit)
    // The file goes with it.
    this.#server?.close()
    this.#server = null
    this.#socketPath = null
  }

  /** False: every connection waits for an answer. */
  #closeIdlest(): boolean {
    const idle = [...this.#visitors].filter(visitor => visitor.idleSinceMs !== null)
    const [idlest] = idle.sort((a, b) => a.idleSinceMs! - b.idleSinceMs!)
    if (idlest === undefined) return false
    this.#visitors.delete(idlest)
    idlest.close()
    return true
  }

  #open(warn: (message: string) => void): void {
    if (this.#server !== null) return
    const { environment = doorEnvironment(), pid = process.pid, program, build } = this.#options
    let socketPath: string
    try {
      socketPath = prepareSocketPath(doorDirectories(environment)[0]!, pid, environment.uid)
      // No other process has this number: what lies there was left by one that is dead.
      removeIfThere(socketPath)
    } catch (error) {
      warn(messageOf(error))
      return
    }
    const handlers = jobRequests(this.#jobs, program)
    const server = net.createServer(socket => {
      if (this.#visitors.size >= MAX_VISITORS && !this.#closeIdlest()) {
        refuse(socket)
        return
      }
      const visitor = new DoorConnection(socket, handlers, build)
      this.#visitors.add(visitor)
      socket.once('close', () => this.#visitors.delete(visitor))
    })
    server.on('error', error => {
      warn(error.message)
      if (this.#server === server) this.close()
    })
    server.listen(socketPath, () => {
      try {
        chmodSync(socketPath, 0o600)
      } catch {
        // It was closed at once; its folder is the user's alone anyway.
      }
    })
    server.unref()
    process.once('exit', this.#onExit)
    this.#server = server
    this.#socketPath = socketPath
  }
}

function refuse(socket: net.Socket): void {
  const message = `${MAX_VISITORS} commands wait for answers of this process. Try again when one of them has ended.`
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
