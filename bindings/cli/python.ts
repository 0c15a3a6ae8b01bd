/** Finds the Python that runs a script: one that is new enough and has the shardline package. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'

import { engineVersion } from '../build-info.ts'
import { EnvironmentError } from './exit-codes.ts'

const MINIMUM = [3, 10] as const
/** `npm run package` makes it. */
const wheel = `shardline-${engineVersion}-py3-none-any.whl`
const PROBE =
  'import sys, importlib.util; print(*sys.version_info[:3], importlib.util.find_spec("shardline") is not None)'

/** `--python`, SHARDLINE_PYTHON, the active virtual environment, `.venv` here or beside the engine, `python3`. */
export function findPython(explicit: string | undefined, engineRoot: string): string {
  const chosen = explicit ?? process.env['SHARDLINE_PYTHON']
  if (chosen !== undefined) return check(chosen) ?? missing(`'${chosen}' cannot be run.`)
  const environments = [process.env['VIRTUAL_ENV'], path.resolve('.venv'), path.join(engineRoot, '.venv')]
  const candidates = [
    ...environments
      .filter(e => e !== undefined)
      .map(e => path.join(e, 'bin', 'python'))
      .filter(existsSync),
    'python3',
    'python',
  ]
  const problems: string[] = []
  for (const candidate of candidates) {
    try {
      const found = check(candidate)
      if (found !== null) return found
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error
      problems.push(error.message)
    }
  }
  return missing(problems[0] ?? 'there is no python3 on the PATH.')
}

/** `null` when there is no such program. @throws EnvironmentError if it cannot run the script */
function check(python: string): string | null {
  const { status, stdout, error } = spawnSync(python, ['-c', PROBE], { encoding: 'utf8', timeout: 20_000 })
  if (error !== undefined || status !== 0) return null
  const [major, minor, patch, installed] = stdout.trim().split(' ')
  const version = `${major ?? '?'}.${minor ?? '?'}.${patch ?? '?'}`
  if (Number(major) < MINIMUM[0] || (Number(major) === MINIMUM[0] && Number(minor) < MINIMUM[1]))
    throw new EnvironmentError(`${python} is Python ${version}; Python ${MINIMUM.join('.')} or newer is needed.`)
  if (installed !== 'True')
    throw new EnvironmentError(
      `${python} (Python ${version}) has no package 'shardline'. Install the wheel of this release into it, ${python} -m pip install ${wheel}, or name another Python with --python.`,
    )
  return python
}

function missing(why: string): never {
  throw new EnvironmentError(
    `No Python to run the script with: ${why} Install Python ${MINIMUM.join('.')} or newer and the wheel of this release into it (pip install ${wheel}), or name another with --python or SHARDLINE_PYTHON.`,
  )
}
