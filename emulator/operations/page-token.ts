// The NextToken of operations that list resources. It holds the entry after which the next page starts. A token is valid
// for one operation, and for 300 seconds by the emulator's clock.
import { invalidArgument, KinesisError } from '../errors.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import type { Account } from '../store/account.ts'
import type { Input } from './input.ts'

const LIFETIME_MS = 300_000

/** Returns a token with `content`. `openToken` returns the content for the same operation. */
export function sealToken({ seal, clock }: Account, operation: string, content: WireObject): string {
  return seal.close(operation, Buffer.from(JSON.stringify({ issuedMs: clock.now(), content })))
}

/** Returns the content of NextToken, or undefined when the request has no NextToken. */
export function openToken({ seal, clock }: Account, operation: string, input: Input): unknown {
  const text = input.optionalText('NextToken', { max: 1_048_576 })
  if (text === undefined) return undefined
  const bytes = seal.open(operation, text)
  if (bytes === undefined) {
    throw invalidArgument(`NextToken is invalid: it is not a NextToken that ${operation} returned.`)
  }
  const { issuedMs, content } = JSON.parse(bytes.toString()) as { issuedMs: number; content: unknown }
  if (clock.now() - issuedMs <= LIFETIME_MS) return content
  throw new KinesisError('ExpiredNextTokenException', 'NextToken has expired: it is valid for 300 seconds.')
}

/** Returns the page with at most `limit` entries whose names are greater than `after`, and the token of the next page. */
export function pageByName<Entry extends { readonly name: string }>(
  account: Account,
  operation: string,
  entries: readonly Entry[],
  after: string,
  limit: number,
): { readonly page: readonly Entry[]; readonly nextToken: string | undefined } {
  const rest = entries.filter(entry => entry.name > after)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  const more = rest.length > page.length && last !== undefined
  return { page, nextToken: more ? sealToken(account, operation, { after: last.name }) : undefined }
}

/** Returns the name after which the page of NextToken starts. Returns an empty text when the request has no NextToken. */
export function nameOfToken(account: Account, operation: string, input: Input): string {
  const content = openToken(account, operation, input) as { readonly after: string } | undefined
  return content?.after ?? ''
}
