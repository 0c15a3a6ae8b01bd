/**
 * Prepares errors for the program. The stack has the lines of the program only, because those of the engine help only with
 * defects of the engine. Node prints neither the details nor the objects of clients. A program can still read `error.details`.
 * `SHARDLINE_LOG_LEVEL=debug` leaves errors unchanged.
 */
import { ShardlineError } from '../foundation/errors.ts'

const MAX_CAUSES = 8
const OWN_FOLDER = new URL('..', import.meta.url).href

/** @param calledFrom made where the program called the engine */
export function programError(error: unknown, calledFrom: Error): unknown {
  if (!(error instanceof ShardlineError) || process.env['SHARDLINE_LOG_LEVEL'] === 'debug') return error
  if (error.code === 'INTERNAL' || error.code === 'PROTOCOL_VIOLATED') return error
  shorten(error, programFrames(calledFrom.stack))
  return error
}

function shorten(error: ShardlineError, frames: readonly string[], depth = 0): void {
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n')
  for (const name of ['details', 'remoteStack'] as const) Object.defineProperty(error, name, { enumerable: false })
  if (error.cause instanceof ShardlineError && depth < MAX_CAUSES) shorten(error.cause, [], depth + 1)
  // The cause of a function's failure is the program's own error.
  else if (error.code !== 'FUNCTION_FAILED') delete error.cause
}

/** Lines of a stack that belong neither to the engine nor to Node. */
function programFrames(stack = ''): string[] {
  return stack
    .split('\n')
    .filter(line => /^ +at /.test(line) && !line.includes(OWN_FOLDER) && !/[( ]node:|\(<anonymous>\)/.test(line))
}
