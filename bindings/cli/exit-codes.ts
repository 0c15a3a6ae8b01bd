/** The exit codes of `shardline`. */
export const exitCodes = {
  ok: 0,
  /** The job or the script failed. */
  failed: 1,
  /** Wrong command or option. */
  usage: 2,
  /** Node or Python is missing or too old, or the parts are of different builds. */
  environment: 3,
  /** Of `explain` and `status`: a shard is not read, or a sink cannot write. */
  alarm: 3,
  interrupted: 130,
  terminated: 143,
} as const

export class UsageError extends Error {}
export class EnvironmentError extends Error {}
