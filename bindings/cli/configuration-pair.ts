import { UsageError } from './exit-codes.ts'

/** The key and the value of `--conf KEY=VALUE`. @throws UsageError without a value that may be a secret */
export function configurationPair(pair: string): readonly [key: string, value: string] {
  const at = pair.indexOf('=')
  if (at < 1) throw new UsageError(`--conf takes KEY=VALUE, not '${beginningOf(pair)}'.`)
  return [pair.slice(0, at), pair.slice(at + 1)]
}

/** What looks like a key at the beginning of a malformed pair. The rest may be a secret. */
function beginningOf(pair: string): string {
  const key = /^[\w.-]*/.exec(pair)![0]
  return key === pair ? key : `${key}...`
}
