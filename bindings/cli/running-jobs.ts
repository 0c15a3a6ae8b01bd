/** The jobs that run on this machine, and which of them is meant. Sockets that dead processes left are removed on the way. */
import { statSync, unlinkSync } from 'node:fs'

import { doorDirectories, doorEnvironment, socketsIn } from '../../core/control/control-directory.ts'
import type { DoorEnvironment } from '../../core/control/control-directory.ts'
import type { JobSummary } from '../../core/control/control-protocol.ts'
import { BridgeError, messageOf } from '../../core/foundation/errors.ts'
import { UsageError } from './exit-codes.ts'
import { Visitor } from './control-client.ts'

/** A socket at which nobody listens yet is left alone this long: its process may be about to. */
const YOUNG_MS = 5000

export interface RunningJob extends JobSummary {
  readonly engine: Visitor
  readonly program: readonly string[] | null
}

export interface RunningJobs {
  readonly jobs: readonly RunningJob[]
  /** Sentences about engines that could not be asked. */
  readonly troubles: readonly string[]
  leave(): void
}

export async function findRunningJobs(environment: DoorEnvironment = doorEnvironment()): Promise<RunningJobs> {
  const troubles: string[] = []
  const sockets = doorDirectories(environment).flatMap(directory => {
    try {
      return socketsIn(directory, environment.uid)
    } catch (error) {
      troubles.push(`${messageOf(error)}: what is in it is not trusted.`)
      return []
    }
  })
  const found = await Promise.all(
    sockets.map(async ({ pid, socketPath }): Promise<{ engine: Visitor; jobs: RunningJob[] } | null> => {
      let engine: Visitor | null = null
      try {
        engine = await Visitor.enter(pid, socketPath)
        const { jobs, program } = await engine.jobs()
        const entered = engine
        return { engine, jobs: jobs.map(job => ({ ...job, engine: entered, program })) }
      } catch (error) {
        engine?.leave()
        const { code } = error as { code?: string }
        if (code === 'ENOENT') return null
        if (code !== 'ECONNREFUSED' && code !== 'ENOTSOCK') troubles.push(messageOf(error))
        else if (isLeftOver(pid, socketPath)) remove(socketPath)
        return null
      }
    }),
  )
  const engines = found.filter(f => f !== null)
  return {
    jobs: engines.flatMap(e => e.jobs).sort((a, b) => a.startTimeMs - b.startTimeMs),
    troubles,
    leave: () => engines.forEach(e => e.engine.leave()),
  }
}

/** By id, beginning of an id, or name; null: the only one. @throws UsageError that lists the jobs; BridgeError where there is none */
export function chooseJob(jobs: readonly RunningJob[], wanted: string | null): RunningJob {
  const fitting =
    wanted === null ? jobs : jobs.filter(j => j.jobId === wanted || j.name === wanted || j.jobId.startsWith(wanted))
  // A name goes before the beginning of an id.
  const exact = wanted === null ? [] : fitting.filter(j => j.jobId === wanted || j.name === wanted)
  const chosen = exact.length > 0 ? exact : fitting
  if (chosen.length === 1) return chosen[0]!
  if (jobs.length === 0) throw new BridgeError('ILLEGAL_STATE', 'no job of yours runs on this machine.')
  const why =
    wanted === null
      ? `${jobs.length} jobs run here: say which one`
      : chosen.length === 0
        ? `there is no job '${wanted}'`
        : `'${wanted}' may be any of ${chosen.length} jobs`
  const list = (chosen.length === 0 ? jobs : chosen).map(j => `\n  ${shortId(j)}  ${j.name}  (pid ${j.engine.pid})`)
  throw new UsageError(`${why}.${list.join('')}`)
}

export const shortId = ({ jobId }: { readonly jobId: string }): string => jobId.slice(0, 8)

/** Runs `work` on the job that is meant, and leaves. */
export async function withJob<R>(wanted: string | null, work: (job: RunningJob) => Promise<R>): Promise<R> {
  const running = await findRunningJobs()
  try {
    for (const trouble of running.troubles) process.stderr.write(`shardline: ${trouble}\n`)
    return await work(chooseJob(running.jobs, wanted))
  } finally {
    running.leave()
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
    // Somebody else did.
  }
}
