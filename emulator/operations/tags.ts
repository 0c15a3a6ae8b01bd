// Tags of a stream: kept and listed, nothing more.
import { invalidArgument } from '../errors.ts'
import type { Stream } from '../store/stream.ts'
import type { Operation } from './operation.ts'
import { answer, nothing, streamOf } from './operation.ts'

const MAX_TAGS = 50

/** Adds or overwrites tags; at most 50 a stream. */
export function setTags(stream: Stream, tags: readonly (readonly [string, string])[]): void {
  const names = new Set([...stream.tags.keys(), ...tags.map(([name]) => name)])
  if (names.size > MAX_TAGS) {
    throw invalidArgument(
      `Failed to add tags to stream ${stream.name} under account ${stream.accountId} because a given stream cannot ` +
        `have more than ${MAX_TAGS} tags associated with it.`,
    )
  }
  for (const [name, value] of tags) stream.tags.set(name, value)
}

export const addTagsToStream: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    setTags(streamOf(call), call.input.textMap('Tags', 200))
    return nothing
  },
}

export const removeTagsFromStream: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const stream = streamOf(call)
    for (const name of call.input.texts('TagKeys', 1, MAX_TAGS)) stream.tags.delete(name)
    return nothing
  },
}

export const listTagsForStream: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const stream = streamOf(call)
    const limit = call.input.optionalInteger('Limit', 1, MAX_TAGS) ?? MAX_TAGS
    const after = call.input.optionalText('ExclusiveStartTagKey', { max: 128 }) ?? ''
    const names = [...stream.tags.keys()].filter(name => name > after).sort()
    return answer({
      Tags: names.slice(0, limit).map(name => ({ Key: name, Value: stream.tags.get(name) })),
      HasMoreTags: names.length > limit,
    })
  },
}
