/** The text of a value for error messages. It has a limited length and one line, and what looks like a secret is masked. */
import { isUtf8 } from 'node:buffer'
import { inspect } from 'node:util'

const MAX_CHARACTERS = 120

/** `password: x`, `"token": "x"`, `api_key=x`; quoted values whole, others up to the next separator. */
const NAMED_SECRET =
  /((?:password|passwd|secret|token|api[_-]?key|authorization|credential|private[_-]?key)[\w-]*["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&)}\]]+)/gi
const ACCESS_KEY = /\b((?:AKIA|ASIA))[0-9A-Z]{12,}\b/g
const USER_INFO = /(\/\/)[^/\s@]+@/g

export function shownValue(value: unknown): string {
  const text = masked(describe(value))
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)}... (${text.length} characters)`
}

function masked(text: string): string {
  return text.replace(NAMED_SECRET, '$1***').replace(ACCESS_KEY, '$1***').replace(USER_INFO, '$1***@')
}

function bytes(value: Buffer): string {
  const shown = value.subarray(0, MAX_CHARACTERS)
  return isUtf8(value) ? JSON.stringify(masked(value.toString('utf8'))) : `the bytes ${shown.toString('hex')}`
}

function describe(value: unknown): string {
  // Masked before it is quoted: quotes within it would be escaped.
  if (typeof value === 'string') return JSON.stringify(masked(value))
  if (value instanceof Uint8Array) return bytes(Buffer.from(value.buffer, value.byteOffset, value.byteLength))
  try {
    return inspect(value, { depth: 3, breakLength: Infinity, maxStringLength: 200, maxArrayLength: 20 }).replace(
      /\s+/g,
      ' ',
    )
  } catch {
    return `a ${typeof value}`
  }
}
