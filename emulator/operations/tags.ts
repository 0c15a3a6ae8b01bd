// Operations on tags. Three operations are only for streams. Three others are for streams, consumers, queues and channels.
import type { WireObject } from '../encoding/wire-value.ts'
import type { Operation } from './operation.ts'
import { answer, nothing, streamOf } from './operation.ts'
import { resourceOf } from './resource.ts'
import { MAX_NAME, MAX_TAGS, setTags } from './tag-set.ts'

const describeTags = (tags: ReadonlyMap<string, string>, names: readonly string[]): WireObject[] =>
  names.map(name => ({ Key: name, Value: tags.get(name) }))

const TAG_KEY = { max: MAX_NAME }

export const addTagsToStream: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const tags = call.input.textMap('Tags', 200)
    const stream = streamOf(call)
    setTags(`stream ${stream.name} under account ${stream.accountId}`, stream.tags, tags)
    return nothing
  },
}

export const removeTagsFromStream: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const names = call.input.texts('TagKeys', 1, MAX_TAGS, TAG_KEY)
    const stream = streamOf(call)
    for (const name of names) stream.tags.delete(name)
    return nothing
  },
}

export const listTagsForStream: Operation = {
  rate: { perSecond: 5, per: 'account' },
  run: call => {
    const limit = call.input.optionalInteger('Limit', 1, MAX_TAGS) ?? MAX_TAGS
    const after = call.input.optionalText('ExclusiveStartTagKey', TAG_KEY) ?? ''
    const { tags } = streamOf(call)
    const names = [...tags.keys()].filter(name => name > after).sort()
    return answer({ Tags: describeTags(tags, names.slice(0, limit)), HasMoreTags: names.length > limit })
  },
}

export const tagResource: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: call => ({ stream: resourceOf(call).stream.name }),
  run: call => {
    const tags = call.input.textMap('Tags', 200)
    const { name, owner } = resourceOf(call)
    setTags(name, owner.tags, tags)
    return nothing
  },
}

export const untagResource: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: call => ({ stream: resourceOf(call).stream.name }),
  run: call => {
    const names = call.input.texts('TagKeys', 1, MAX_TAGS, TAG_KEY)
    const { tags } = resourceOf(call).owner
    for (const name of names) tags.delete(name)
    return nothing
  },
}

export const listTagsForResource: Operation = {
  rate: { perSecond: 5, per: 'account' },
  target: call => ({ stream: resourceOf(call).stream.name }),
  run: call => {
    const { tags } = resourceOf(call).owner
    return answer({ Tags: describeTags(tags, [...tags.keys()].sort()) })
  },
}
