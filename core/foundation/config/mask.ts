/**
 * What may be shown of a value that can hold a secret. Every URL and every value of the configuration that enters a message, a log
 * or a description of a job passes here.
 */

export const MASK = '***'

/** Before the last `@` stands a user and a password, whether the text is a URL or a mistyped one. */
const USER_INFO = /^(\s*(?:[a-z][a-z\d+.-]*:)?\/+|)[^]*@/i
/** Values in a query may be secrets: signatures, tokens, keys. */
const QUERY = /([?&][^=&#\s]+=)[^&#\s]+/g

/** A message of other code, such as Node's, in which URLs may stand. */
export const maskedMessage = (message: string): string =>
  message.replace(/\S+@/g, `${MASK}@`).replace(QUERY, `$1${MASK}`)

/** A URL, or a text that was meant to be one, without user, password and the values of its query. */
export function maskedUrl(text: string): string {
  return text.replace(USER_INFO, `$1${MASK}@`).replace(QUERY, `$1${MASK}`)
}
