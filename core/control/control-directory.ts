/**
 * The directory of control sockets: a socket `<pid>.sock` for each process, in a directory that only its user can access. A
 * directory that another user owns or can write to is not used, because that user could put a socket there that poses as a job.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { ConfigurationError } from '../foundation/errors.ts'

/** `sun_path` takes 104 bytes on macOS and 108 on Linux, with the zero at its end. */
const MAX_SOCKET_PATH_BYTES = 103

export interface ControlEnvironment {
  readonly runtimeDirectory: string | undefined
  readonly tmpDirectory: string
  readonly uid: number
}

export const controlEnvironment = (): ControlEnvironment => ({
  runtimeDirectory: process.env['XDG_RUNTIME_DIR'],
  tmpDirectory: os.tmpdir(),
  uid: process.getuid?.() ?? -1,
})

/**
 * The directories in which commands look for sockets. An engine uses the first. There are two because a service and a login shell
 * may have different environments.
 */
export function socketDirectories({ runtimeDirectory, tmpDirectory, uid }: ControlEnvironment): string[] {
  const shared = path.join(tmpDirectory, `shardline-${uid}`)
  return runtimeDirectory !== undefined && isOwnDirectory(runtimeDirectory, uid)
    ? [path.join(runtimeDirectory, 'shardline'), shared]
    : [shared]
}

/** Creates and checks the directory. @returns the path of the process's socket @throws ConfigurationError, Error of the file system */
export function prepareSocketPath(directory: string, pid: number, uid: number): string {
  const socketPath = path.join(directory, `${pid}.sock`)
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES)
    throw new ConfigurationError(
      `the path ${socketPath} is too long for a socket: set XDG_RUNTIME_DIR to a directory with a shorter path`,
    )
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  checkDirectory(directory, uid)
  return socketPath
}

/** @throws ConfigurationError if another user owns the directory or can write to it */
export function checkDirectory(directory: string, uid: number): void {
  const { mode, uid: owner, ...entry } = statOf(directory)
  if (!entry.isDirectory) throw new ConfigurationError(`${directory} is not a directory`)
  if (owner !== uid) throw new ConfigurationError(`${directory} belongs to the user ${owner}, not to ${uid}`)
  if ((mode & 0o022) !== 0)
    throw new ConfigurationError(`other users can write to ${directory}: change its mode to 0700`)
  if ((mode & 0o077) !== 0) chmodSync(directory, 0o700)
}

/** The sockets in the directory. Empty when there is no such directory. @throws ConfigurationError if it cannot be trusted */
export function socketsIn(directory: string, uid: number): { readonly pid: number; readonly socketPath: string }[] {
  let names: string[]
  try {
    names = readdirSync(directory)
  } catch {
    return []
  }
  if (names.length > 0) checkDirectory(directory, uid)
  return names.flatMap(name => {
    const pid = /^(\d+)\.sock$/.exec(name)?.[1]
    return pid === undefined ? [] : [{ pid: Number(pid), socketPath: path.join(directory, name) }]
  })
}

/** Does not follow a symbolic link. */
function statOf(file: string): { readonly mode: number; readonly uid: number; readonly isDirectory: boolean } {
  const stat = lstatSync(file)
  return { mode: stat.mode, uid: stat.uid, isDirectory: stat.isDirectory() }
}

function isOwnDirectory(directory: string, uid: number): boolean {
  if (!path.isAbsolute(directory)) return false
  const stat = statSync(directory, { throwIfNoEntry: false })
  return stat?.isDirectory() === true && stat.uid === uid
}
