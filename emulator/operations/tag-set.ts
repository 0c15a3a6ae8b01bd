// Checks and sets the tags of a stream, a consumer, a queue or a channel.
import { invalidArgument, validation } from '../errors.ts'

export const MAX_TAGS = 50
export const MAX_NAME = 128
const MAX_VALUE = 256
/** The characters that the service accepts in names and values. */
const CHARACTERS = /^[\p{L}\p{N}\p{Z}_.:/=+\-@%]*$/u

type Tags = readonly (readonly [string, string])[]

/** Throws when the service does not accept the tags. With its existing tags a resource has at most 50 tags. */
export function checkTags(owner: string, existing: Iterable<string>, tags: Tags): void {
  for (const [name, value] of tags) {
    if (name.length < 1) throw validation('tags', 'have keys of length greater than or equal to 1')
    if (name.length > MAX_NAME) throw validation('tags', `have keys of length less than or equal to ${MAX_NAME}`)
    if (value.length > MAX_VALUE) throw validation('tags', `have values of length less than or equal to ${MAX_VALUE}`)
    if (!CHARACTERS.test(name) || !CHARACTERS.test(value)) {
      throw invalidArgument(
        'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, ' +
          '_ . : / = + - % @.',
      )
    }
    if (/^aws:/i.test(name))
      throw invalidArgument(`Tag keys can not start with aws:, because this prefix is reserved: ${name}`)
  }
  const names = new Set([...existing, ...tags.map(([name]) => name)])
  if (names.size <= MAX_TAGS) return
  throw invalidArgument(
    `Failed to add tags to ${owner} because a given resource cannot have more than ${MAX_TAGS} tags associated with it.`,
  )
}

/** Checks the tags, and adds or overwrites them. */
export function setTags(owner: string, existing: Map<string, string>, tags: Tags): void {
  checkTags(owner, existing.keys(), tags)
  for (const [name, value] of tags) existing.set(name, value)
}
