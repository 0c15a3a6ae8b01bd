/** Parses the arguments of the commands for running jobs: `[JOB]` and options. */
import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'

import { UsageError } from './exit-codes.ts'
import { messageOf } from '../../core/foundation/errors.ts'

type Options = NonNullable<ParseArgsConfig['options']>
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>
>

export const HELP_OPTION = { help: { type: 'boolean', short: 'h', default: false } } as const
export const JSON_OPTION = { json: { type: 'boolean', default: false } } as const

/** @throws UsageError on unknown options and on more than `most` other arguments */
export function parseVerb<const T extends Options>(
  args: readonly string[],
  options: T,
  most: number,
): Pick<Parsed<T>, 'values' | 'positionals'> {
  let parsed: Parsed<T>
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
  const tooMany = parsed.positionals[most]
  if (tooMany !== undefined) throw new UsageError(`unexpected argument '${tooMany}'.`)
  return parsed
}

export const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
