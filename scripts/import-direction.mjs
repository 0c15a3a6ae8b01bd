// The house's import direction, as a lint rule: a folder may import from the folders below it in this order, never the
// other way. `emulator` imports nothing of `core`, so that an error in one cannot cancel out in the other.
import path from 'node:path'

const layers = [
  [
    'core/errors',
    'core/config',
    'core/record-batch',
    'core/clock',
    'core/persistent-failure',
    'core/retry',
    'schemas/type-spec',
  ],
  ['schemas', 'core/kinesis', 'core/event-time'],
  ['core/job-graph'],
  ['core/checkpoint'],
  ['core/source', 'core/sink', 'core/operators'],
  ['core/metrics'],
  ['core/job'],
  ['core/door'],
  ['core/environment'],
  ['core/index'],
  ['bindings'],
]

const rankOf = file =>
  layers.findIndex(names => names.some(n => file === n || file.startsWith(`${n}/`) || file.startsWith(`${n}.`)))

/** @returns {string | undefined} why `from` may not import `to` (both relative to the root), or undefined */
export function directionError(from, to) {
  const top = from.split('/')[0]
  if (['test', 'bench', 'scripts'].includes(top)) return undefined
  const target = to.split('/')[0]
  if (['test', 'bench', 'scripts'].includes(target)) return `${top} may not import ${target}`
  if (top === 'emulator') return target === 'emulator' ? undefined : 'emulator imports nothing of the rest'
  if (target === 'emulator') return top === 'bindings' ? undefined : `${top} may not import emulator`
  const a = rankOf(from)
  const b = rankOf(to)
  if (a < 0) return `${from} is in no layer of scripts/import-direction.mjs`
  if (b < 0) return `${to} is in no layer of scripts/import-direction.mjs`
  return b > a ? `${from} may not import ${to}: it lies above` : undefined
}

export const importDirection = {
  meta: { type: 'problem', schema: [], messages: { direction: '{{why}}' } },
  create(context) {
    const root = context.cwd
    const from = path.relative(root, context.filename)
    const check = node => {
      const spec = node.source?.value
      if (typeof spec !== 'string' || !spec.startsWith('.')) return
      const to = path.relative(root, path.resolve(path.dirname(context.filename), spec))
      const why = directionError(from, to)
      if (why) context.report({ node, messageId: 'direction', data: { why } })
    }
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check }
  },
}
