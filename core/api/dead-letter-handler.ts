/** Who gets records that cannot be read, or never be written, as a program says it: a function, a file, or another stream. */
import { awsOptions } from '../foundation/config/aws-options.ts'
import { Configuration } from '../foundation/config/configuration.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import type { DeadLettersSpec } from '../graph/job-graph.ts'
import { parseStreamArn } from '../aws/service/arn.ts'
import type { DeadLetterFunction } from '../connectors/dead-letters/dead-letter-destination.ts'
import type { RegisterLocal } from './schemas/schema.ts'

type DeadLetterTarget = DeadLettersSpec & { readonly type: 'file' | 'kinesis-streams' }

/** A function of the letters, which may be asynchronous: they are safe when it has returned. Or one of `DeadLetterHandler`'s. */
export type DeadLetterHandler = DeadLetterFunction | DeadLetterTarget

export const DeadLetterHandler = {
  /** A line of JSON for each letter, `data` in base64, at the end of the file; synced before a checkpoint completes. */
  file: (path: string): DeadLetterTarget => ({ type: 'file', path }),
  /**
   * A record of another stream for each letter, with what a line of the file has. Client properties are the sink's, but for
   * those that are given here. @throws ConfigurationError
   */
  stream: (
    arnOrName: string,
    clientProperties: Configuration | Readonly<Record<string, string>> = {},
  ): DeadLetterTarget => {
    const read = clientProperties instanceof Configuration ? clientProperties : new Configuration(clientProperties)
    for (const option of Object.values(awsOptions)) read.find<unknown>(option)
    const isArn = arnOrName.startsWith('arn:')
    return {
      type: 'kinesis-streams',
      streamArn: isArn ? parseStreamArn(arnOrName).arn : null,
      streamName: isArn ? null : arnOrName,
      configuration: read.toObject(),
    }
  },
} as const

/** @throws ConfigurationError unless it is one */
export function checkDeadLetterHandler(handler: DeadLetterHandler, of: string): void {
  if (typeof handler === 'function' || typeof (handler as { type?: unknown } | null)?.type === 'string') return
  throw new ConfigurationError(
    `${of}: setDeadLetterHandler takes a function, DeadLetterHandler.file(path) or DeadLetterHandler.stream(name), not ${JSON.stringify(handler)}.`,
  )
}

export function deadLettersSpecOf(handler: DeadLetterHandler | null, register: RegisterLocal): DeadLettersSpec | null {
  return typeof handler === 'function' ? { type: 'local', localId: register(handler) } : handler
}
