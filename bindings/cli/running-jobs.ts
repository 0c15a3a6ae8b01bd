/** Finds the user's running jobs on this machine and chooses one of them. Removes the sockets that ended processes left. */
import { statSync, unlinkSync } from 'node:fs'

import { socketDirectories, controlEnvironment, socketsIn } from '../../core/control/control-directory.ts'
import type { ControlEnvironment } from '../../core/control/control-directory.ts'
import type { JobSummary } from '../../core/control/control-protocol.ts'
import { BridgeError } from '../../core/foundation/errors.ts'
import { UsageError } from './exit-codes.ts'
import { ControlClient } from './control-client.ts'

/** A socket without a listener is not removed before this age, because its process may be about to listen. */
const YOUNG_MS = 5000

export interface RunningJob extends JobSummary {
  readonly engine: ControlClient
  readonly program: readonly string[] | null
}

export interface RunningJobs {
  readonly jobs: readonly RunningJob[]
  /** A message for each engine that could not be queried. */
  readonly problems: readonly string[]
  /** Closes the connections to all engines. */
  close(): void
}

export async function findRunningJobs(environment: ControlEnvironment = controlEnvironment()): Promise<RunningJobs> {
  const problems: string[] = []
  const sockets = socketDirectories(environment).flatMap(directory => {
    try {
      return socketsIn(directory, environment.uid)
    } catch (error) {
      problems.push(`${(error as Error).message}. The sockets in it are ignored.`)
      return []
    }
  })
  const found = await Promise.all(
    sockets.map(async ({ pid, socketPath }): Promise<{ engine: ControlClient; jobs: RunningJob[] } | null> => {
      let engine: ControlClient | null = null
      try {
        engine = await ControlClient.connect(pid, socketPath)
        const { jobs, program } = await engine.jobs()
        const connected = engine
        return { engine, jobs: jobs.map(job => ({ ...job, engine: connected, program })) }
      } catch (error) {
        engine?.close()
        const { code } = error as { code?: string }
        if (code === 'ENOENT') return null
        if (code !== 'ECONNREFUSED' && code !== 'ENOTSOCK') problems.push((error as Error).message)
        else if (isLeftOver(pid, socketPath)) remove(socketPath)
        return null
      }
    }),
  )
  const engines = found.filter(f => f !== null)
  return {
    jobs: engines.flatMap(e => e.jobs).sort((a, b) => a.startTimeMs - b.startTimeMs),
    problems,
    close: () => engines.forEach(e => e.engine.close()),
  }
}

/**
 * @param wanted an id, the beginning of an id, or a name; `null` for the only running job
 * @throws UsageError that lists the jobs; BridgeError when no job runs
 */
export function chooseJob(jobs: readonly RunningJob[], wanted: string | null): RunningJob {
  const fitting =
    wanted === null ? jobs : jobs.filter(j => j.jobId === wanted || j.name === wanted || j.jobId.startsWith(wanted))
  // A name has precedence over the beginning of an id.
  const exact = wanted === null ? [] : fitting.filter(j => j.jobId === wanted || j.name === wanted)
  const chosen = exact.length > 0 ? exact : fitting
  if (chosen.length === 1) return chosen[0]!
  if (jobs.length === 0) throw new BridgeError('ILLEGAL_STATE', 'no job of yours runs on this machine.')
  const why =
    wanted === null
      ? `${jobs.length} jobs run here: name one of them`
      : chosen.length === 0
        ? `there is no job '${wanted}'`
        : `'${wanted}' matches ${chosen.length} jobs`
  const list = (chosen.length === 0 ? jobs : chosen).map(j => `\n  ${shortId(j)}  ${j.name}  (pid ${j.engine.pid})`)
  throw new UsageError(`${why}.${list.join('')}`)
}

export const shortId = ({ jobId }: { readonly jobId: string }): string => jobId.slice(0, 8)

/** Runs `work` on the chosen job and closes the connections. */
export async function withJob<R>(wanted: string | null, work: (job: RunningJob) => Promise<R>): Promise<R> {
  const running = await findRunningJobs()
  try {
    for (const problem of running.problems) process.stderr.write(`shardline: ${problem}\n`)
    return await work(chooseJob(running.jobs, wanted))
  } finally {
    running.close()
  }
}

function isLeftOver(pid: number, socketPath: string): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true
  }
  const stat = statSync(socketPath, { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs > YOUNG_MS
}

function remove(file: string): void {
  try {
    unlinkSync(file)
  } catch {
    // Another command has removed it.
  }
}
