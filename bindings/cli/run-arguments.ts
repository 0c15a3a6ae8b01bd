/** Parses the arguments of `shardline run`. Options before the script belong to the command, all arguments after it to the script. */
import { parseArgs } from 'node:util'

import { executionOptions } from '../../core/foundation/config/execution-options.ts'
import { kinesisSourceOptions } from '../../core/foundation/config/kinesis-source-options.ts'
import { configurationPair } from './configuration-pair.ts'
import { UsageError } from './exit-codes.ts'
import { messageOf } from '../../core/foundation/errors.ts'

export interface RunArguments {
  readonly help: boolean
  readonly script: string
  readonly scriptArguments: readonly string[]
  readonly python: string | undefined
  readonly progress: boolean
  readonly logLevel: string
  /** The configuration that the options set. */
  readonly configuration: Readonly<Record<string, string>>
}

const LOG_LEVELS = ['debug', 'info', 'warning', 'error']

export function parseRunArguments(args: readonly string[]): RunArguments {
  const { values, positionals, tokens } = parse(args)
  const first = tokens.find(t => t.kind === 'positional')
  if (first === undefined && !values.help) throw new UsageError('run takes the script to run.')
  const configuration: Record<string, string> = {}
  for (const pair of values.conf ?? []) {
    const [key, value] = configurationPair(pair)
    configuration[key] = value
  }
  if (values.restore !== undefined) configuration[executionOptions.restorePath.key] = values.restore
  if (values['allow-non-restored-state']) configuration[executionOptions.ignoreUnclaimedState.key] = 'true'
  if (values['drain-timeout'] !== undefined) configuration[executionOptions.drainTimeout.key] = values['drain-timeout']
  if (values['stop-at'] !== undefined) configuration[kinesisSourceOptions.stopAt.key] = values['stop-at']
  const logLevel = values['log-level'] ?? 'warning'
  if (!LOG_LEVELS.includes(logLevel))
    throw new UsageError(`--log-level takes one of ${LOG_LEVELS.join(', ')}, not '${logLevel}'.`)
  return {
    help: values.help,
    script: positionals[0] ?? '',
    scriptArguments: first === undefined ? [] : args.slice(first.index + 1),
    python: values.python,
    progress: values.progress,
    logLevel,
    configuration,
  }
}

function parse(args: readonly string[]) {
  const options = {
    restore: { type: 'string' },
    'allow-non-restored-state': { type: 'boolean', default: false },
    'stop-at': { type: 'string' },
    'drain-timeout': { type: 'string' },
    conf: { type: 'string', multiple: true },
    progress: { type: 'boolean', default: false },
    'log-level': { type: 'string' },
    python: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  } as const
  try {
    // Only the arguments up to the script are parsed, because the script has options of its own.
    const upTo = scriptIndex(args, options)
    return parseArgs({ args: args.slice(0, upTo + 1), options, allowPositionals: true, tokens: true })
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}

function scriptIndex(args: readonly string[], options: Readonly<Record<string, { readonly type: string }>>): number {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (!arg.startsWith('-')) return i
    if (!arg.includes('=') && options[arg.replace(/^--?/, '')]?.type === 'string') i++
  }
  return args.length
}
