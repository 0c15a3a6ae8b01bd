/**
 * Whether a stream can be used, asked when a job starts. A stream that is being created is waited for; a stream that is being
 * deleted is an error. A sink needs no permission for this check: where the service refuses to describe the stream, the sink
 * starts without it, and its first request finds out.
 */
import { sleep } from '../../foundation/clock.ts'
import type { Clock } from '../../foundation/clock.ts'
import { ServiceError, ShardlineError } from '../../foundation/errors.ts'

export interface StartContext {
  /** Something that a user should read. */
  readonly warn: (message: string) => void
  /** Aborts when the job is cancelled before it runs. */
  readonly signal: AbortSignal
}

export const NO_START_CONTEXT: StartContext = { warn: () => undefined, signal: new AbortController().signal }

/** The service makes a stream within a minute. */
export const CREATION_WAIT_MS = 600_000
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5000

/** `CREATING_FAILED` and `SUSPENDED` exist only at Firehose. */
const UNUSABLE: ReadonlySet<string> = new Set(['DELETING', 'CREATING_FAILED'])

/**
 * What `describe` answers once the stream is no longer CREATING.
 *
 * @param what how messages name the stream, such as `The sink's stream orders`
 * @throws ServiceError; the reason of the signal
 */
export async function whenCreated<T extends { readonly status: string }>(
  what: string,
  describe: () => Promise<T>,
  { warn, signal }: StartContext,
  clock: Clock,
): Promise<T> {
  let described = await describe()
  const startedAt = clock.monotonic()
  for (
    let pauseMs = FIRST_PAUSE_MS;
    described.status === 'CREATING';
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
  ) {
    if (pauseMs === FIRST_PAUSE_MS)
      warn(
        `${what} is being created. The job waits until it is ACTIVE, for ${CREATION_WAIT_MS / 60_000} minutes at most.`,
      )
    if (clock.monotonic() - startedAt >= CREATION_WAIT_MS)
      throw new ServiceError(
        'SERVICE_FAILED',
        `${what} is still CREATING after ${CREATION_WAIT_MS / 60_000} minutes. Start the job again when it is ACTIVE.`,
      )
    await sleep(clock, pauseMs, signal)
    described = await describe().catch((error: unknown) => {
      if (error instanceof ShardlineError && error.retryable) return described
      throw error
    })
  }
  if (UNUSABLE.has(described.status))
    throw new ServiceError(
      'STREAM_NOT_FOUND',
      described.status === 'DELETING'
        ? `${what} is being deleted. Use another stream, or create it again when it is gone.`
        : `${what} has the status ${described.status}. Use another one, or create it again.`,
    )
  return described
}

/** The check of a sink: left out where the service does not let it describe the stream. @throws as `whenCreated` does */
export async function checkDestination(
  what: string,
  describe: () => Promise<{ readonly status: string }>,
  context: StartContext,
  clock: Clock,
): Promise<void> {
  try {
    await whenCreated(what, describe, context, clock)
  } catch (error) {
    const leftOut = error instanceof ServiceError && (error.code === 'ACCESS_DENIED' || error.code === 'THROTTLED')
    if (!leftOut) throw error
  }
}
