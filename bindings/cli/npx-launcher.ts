/**
 * The process of npm that started this one by `npx` or `npm exec`. When that process is killed, no process waits for this one any more,
 * and no signal reaches it: it ends in order, as after a SIGTERM. Without npx nothing is watched, because a shell that started a job
 * in the background may well end before it.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const POLL_MS = 1000
/** npm, a shell, and this process. */
const MAX_ANCESTORS = 4

export function endWithLauncher(end: () => void): void {
  if (process.env['npm_command'] !== 'exec') return
  const launcher = findLauncher()
  if (launcher === null) return
  const timer = setInterval(() => {
    if (isAlive(launcher)) return
    clearInterval(timer)
    end()
  }, POLL_MS)
  timer.unref()
}

/** The nearest ancestor that is npm. `null` if no ancestor is npm. */
function findLauncher(): number | null {
  let pid = process.ppid
  for (let i = 0; i < MAX_ANCESTORS && pid > 1; i++) {
    const found = processOf(pid)
    if (found === null) return null
    if (/\bnp[mx]\b/.test(found.command) && !/\bsh\b\s+-c/.test(found.command)) return pid
    pid = found.parent
  }
  return null
}

interface FoundProcess {
  readonly state: string
  readonly parent: number
  readonly command: string
}

/** `null` when there is no such process, or no way to ask. Slim containers have no `ps`, macOS has no `/proc`. */
function processOf(pid: number): FoundProcess | null {
  try {
    if (process.platform === 'linux') {
      const [, state = '', parent] = /\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))!
      return {
        state,
        parent: Number(parent),
        command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '),
      }
    }
    const columns = ['-o', 'state=', '-o', 'ppid=', '-o', 'args=', '-p', String(pid)]
    const row = execFileSync('ps', columns, { encoding: 'utf8', timeout: 2000, stdio: ['ignore', 'pipe', 'ignore'] })
    const [state = '', parent, ...command] = row.trim().split(/\s+/)
    return { state: state.slice(0, 1), parent: Number(parent), command: command.join(' ') }
  } catch {
    return null
  }
}

/** A process that has ended and that its parent has not waited for does not count. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
  return processOf(pid)?.state !== 'Z'
}
