// The NextToken of calls that list: what the next page starts after. A token belongs to its operation and lives for 300
// seconds by the emulator's clock.
import { invalidArgument, KinesisError } from '../errors.ts'
import type { WireObject } from '../encoding/wire-value.ts'
import type { Account } from '../store/account.ts'
import type { Input } from './input.ts'

const LIFETIME_MS = 300_000

/** Seals `content`, which `openToken` of the same operation gives back. */
export function sealToken({ seal, clock }: Account, operation: string, content: WireObject): string {
  return seal.close(operation, Buffer.from(JSON.stringify({ issuedMs: clock.now(), content })))
}

/** What the token of NextToken holds, or undefined without one. */
export function openToken({ seal, clock }: Account, operation: string, input: Input): unknown {
  const text = input.optionalText('NextToken', { max: 1_048_576 })
  if (text === undefined) return undefined
  const bytes = seal.open(operation, text)
  if (bytes === undefined) {
    throw invalidArgument(`NextToken is invalid: it is not what ${operation} answered as NextToken.`)
  }
  const { issuedMs, content } = JSON.parse(bytes.toString()) as { issuedMs: number; content: unknown }
  if (clock.now() - issuedMs <= LIFETIME_MS) return content
  throw new KinesisError('ExpiredNextTokenException', 'NextToken has expired: it is valid for 300 seconds.')
}

/** One page of what is listed by name: those behind the token's, at most `limit`, and the token of the next page. */
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

/** The name that the page of NextToken starts after; empty without one. */
export function nameOfToken(account: Account, operation: string, input: Input): string {
  const content = openToken(account, operation, input) as { readonly after: string } | undefined
  return content?.after ?? ''
}
