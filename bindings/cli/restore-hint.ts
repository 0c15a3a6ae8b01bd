/** The command that continues a job from a checkpoint. */
import path from 'node:path'

import { executionOptions } from '../../core/foundation/config/execution-options.ts'
import { shellWord } from './figures.ts'

/** @param program the path of the script and its arguments; `null` when it is unknown */
export function restoreHint(program: readonly string[] | null, checkpointPath: string): string {
  const [script, ...args] = program ?? []
  if (script?.endsWith('.py') !== true)
    return `To go on from there, start the job with ${executionOptions.restorePath.key}: ${checkpointPath}`
  const relative = path.relative(process.cwd(), script)
  const words = [relative.startsWith('..') ? script : relative, ...args].map(shellWord).join(' ')
  return `To go on from there, with its other options as before:\n  shardline run --restore ${shellWord(checkpointPath)} ${words}`
}

/** A path relative to this process's working directory as an absolute path, because the engine may have another directory. */
export const absolutePlace = (place: string): string =>
  /^[a-z][a-z0-9+.-]*:/i.test(place) ? place : path.resolve(place)
