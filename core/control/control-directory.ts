/**
 * Where the doors of this machine's engines are: a socket `<pid>.sock` for each process, in a folder that is the user's alone.
 * A folder that somebody else owns, or may write to, is never used: whoever puts a socket there would be taken for a job.
 */
import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

import { ConfigurationError } from '../foundation/errors.ts'

/** `sun_path` takes 104 bytes on macOS and 108 on Linux, with the zero at its end. */
const MAX_SOCKET_PATH_BYTES = 103

export interface DoorEnvironment {
  readonly runtimeDirectory: string | undefined
  readonly tmpDirectory: string
  readonly uid: number
}

export const doorEnvironment = (): DoorEnvironment => ({
  runtimeDirectory: process.env['XDG_RUNTIME_DIR'],
  tmpDirectory: os.tmpdir(),
  uid: process.getuid?.() ?? -1,
})

/** Folders to look into; an engine takes the first. A service and a login shell may have different environments. */
export function doorDirectories({ runtimeDirectory, tmpDirectory, uid }: DoorEnvironment): string[] {
  const shared = path.join(tmpDirectory, `shardline-${uid}`)
  return runtimeDirectory !== undefined && isOwnFolder(runtimeDirectory, uid)
    ? [path.join(runtimeDirectory, 'shardline'), shared]
    : [shared]
}

/** The path of this process's socket, its folder made and checked. @throws ConfigurationError, Error of the file system */
export function prepareSocketPath(directory: string, pid: number, uid: number): string {
  const socketPath = path.join(directory, `${pid}.sock`)
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES)
    throw new ConfigurationError(
      `the path ${socketPath} is too long for a socket: set XDG_RUNTIME_DIR to a shorter folder`,
    )
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  checkDirectory(directory, uid)
  return socketPath
}

/** @throws ConfigurationError if it is not the user's alone */
export function checkDirectory(directory: string, uid: number): void {
  const { mode, uid: owner, ...entry } = statOf(directory)
  if (!entry.isFolder) throw new ConfigurationError(`${directory} is not a folder`)
  if (owner !== uid) throw new ConfigurationError(`${directory} belongs to the user ${owner}, not to ${uid}`)
  if ((mode & 0o022) !== 0) throw new ConfigurationError(`others may write to ${directory}: make its mode 0700`)
  if ((mode & 0o077) !== 0) chmodSync(directory, 0o700)
}

/** Sockets in a folder that may be trusted; none where there is no folder. @throws ConfigurationError */
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

/** Not followed, if it is a link. */
function statOf(file: string): { readonly mode: number; readonly uid: number; readonly isFolder: boolean } {
  const stat = lstatSync(file)
  return { mode: stat.mode, uid: stat.uid, isFolder: stat.isDirectory() }
}

function isOwnFolder(directory: string, uid: number): boolean {
  if (!path.isAbsolute(directory)) return false
  const stat = statSync(directory, { throwIfNoEntry: false })
  return stat?.isDirectory() === true && stat.uid === uid
}
