/** Where a program sends records that cannot be read or can never be written: to a function, a file, or another stream. */
import { awsOptions } from '../foundation/config/aws-options.ts'
import { Configuration } from '../foundation/config/configuration.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import type { DeadLettersSpec } from '../connectors/dead-letters/dead-letters-spec.ts'
import { parseStreamArn } from '../aws/service/arn.ts'
import type { DeadLetterFunction } from '../operators/dead-letter.ts'
import type { RegisterLocal } from './schemas/schema.ts'

type DeadLetterTarget = DeadLettersSpec & { readonly type: 'file' | 'kinesis-streams' }

/** A function that stores the dead letters before it returns or its promise resolves, or a handler of `DeadLetterHandler`. */
export type DeadLetterHandler = DeadLetterFunction | DeadLetterTarget

export const DeadLetterHandler = {
  /** Appends a line of JSON for each dead letter, with `data` in base64. The file is synced before a checkpoint completes. */
  file: (path: string): DeadLetterTarget => ({ type: 'file', path }),
  /**
   * Writes a record to another stream for each dead letter, with the content of a line of the file. Client properties that are not
   * given here are those of the sink. @throws ConfigurationError
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

/** @throws ConfigurationError if the value is no handler */
export function checkDeadLetterHandler(handler: DeadLetterHandler, of: string): void {
  if (typeof handler === 'function' || typeof (handler as { type?: unknown } | null)?.type === 'string') return
  throw new ConfigurationError(
    `${of}: setDeadLetterHandler takes a function, DeadLetterHandler.file(path) or DeadLetterHandler.stream(name), not ${JSON.stringify(handler)}.`,
  )
}

export function deadLettersSpecOf(handler: DeadLetterHandler | null, register: RegisterLocal): DeadLettersSpec | null {
  return typeof handler === 'function' ? { type: 'local', localId: register(handler) } : handler
}
