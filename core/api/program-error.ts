/**
 * Errors as the program gets them: the message says what to do, and where the engine was at the time helps only with its own
 * defects. So the stack has the program's lines, and Node prints neither details nor objects of clients. The details stay
 * readable as `error.details`. `SHARDLINE_LOG_LEVEL=debug` leaves errors as they are.
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
