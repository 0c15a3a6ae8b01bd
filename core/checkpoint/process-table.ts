/** Which process this is, and whether another of the same machine still lives. */
import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import os from 'node:os'

import type { LeaseHolder } from './lease-store.ts'

export type ProcessIdentity = Pick<LeaseHolder, 'host' | 'machine' | 'pid' | 'processStarted'>

export interface ProcessTable {
  readonly self: ProcessIdentity
  /** Null if this process cannot find it out. */
  lives(process: ProcessIdentity): boolean | null
}

export const systemProcesses: ProcessTable = {
  get self() {
    return { host: os.hostname(), machine: machineId(), pid: process.pid, processStarted: startOf(process.pid) }
  },

  lives({ host, machine, pid, processStarted }) {
    if (host !== os.hostname() || machine !== machineId()) return null
    try {
      process.kill(pid, 0)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    }
    const started = startOf(pid)
    // A zombie has ended; a process that started at another time only has the same number.
    if (started === 'ended') return false
    return processStarted === null || started === null ? null : started === processStarted
  },
}

/** Of this boot, and of the process ids that this process sees: containers of one host may share a host name. */
function machineId(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return os.platform()
  }
}

/** `ended` for a zombie; null if it is not known. */
function startOf(pid: number): string | null {
  if (os.platform() === 'linux')
    try {
      // The second field, the command's name in parentheses, may hold anything. Then come the state, and as 22nd field the start.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? null)
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'ended' : null
    }
  if (os.platform() === 'win32') return null
  try {
    const found = execFileSync('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return found.startsWith('Z') ? 'ended' : found.replace(/^\S+\s+/, '')
  } catch {
    return null
  }
}
