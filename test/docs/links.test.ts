/** Every relative link of the documentation leads to a file, and to a heading where it names one; and every page can be reached. */
import { existsSync } from 'node:fs'
import path from 'node:path'

import t from 'tap'

import { page, pages, prose, root } from './pages.ts'
import type { Page } from './pages.ts'

const OTHERS = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'core/README.md',
  'bindings/stdio/README.md',
  'bindings/functions/README.md',
  'emulator/README.md',
]
const all = [...OTHERS.map(page), ...pages('docs')]

interface Link {
  readonly from: string
  /** Relative to the root. */
  readonly file: string
  readonly anchor: string | null
}

function links({ name, text }: Page): Link[] {
  const targets = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(match => match[1]!)
  return targets
    .filter(target => !/^[a-z]+:/.test(target))
    .map(target => {
      const [file = '', anchor = null] = target.split('#')
      return { from: name, file: file === '' ? name : path.posix.join(path.posix.dirname(name), file), anchor }
    })
}

/** As GitHub names headings; the second of the same name gets a number. */
function anchors({ text }: Page): Set<string> {
  const seen = new Map<string, number>()
  return new Set(
    [...prose(text).matchAll(/^#+ (.*)$/gm)].map(match => {
      const slug = match[1]!
        .toLowerCase()
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-')
      const count = seen.get(slug) ?? 0
      seen.set(slug, count + 1)
      return count === 0 ? slug : `${slug}-${count}`
    }),
  )
}

t.test('every relative link leads somewhere', async t => {
  const found = all.flatMap(links)
  t.ok(found.length > 100)
  const headings = new Map(all.map(p => [p.name, anchors(p)]))
  const broken = found.filter(({ file, anchor }) => {
    if (!existsSync(path.join(root, file))) return true
    return anchor !== null && !(headings.get(file)?.has(anchor) ?? false)
  })
  t.same(
    broken.map(({ from, file, anchor }) => `${from}: ${file}${anchor === null ? '' : `#${anchor}`}`),
    [],
  )
})

t.test('every page of docs/ can be reached from docs/README.md', async t => {
  const reached = new Set(['docs/README.md'])
  for (const name of reached)
    for (const { file } of links(page(name)))
      if (file.startsWith('docs/') && existsSync(path.join(root, file))) reached.add(file)
  t.same(
    pages('docs')
      .map(p => p.name)
      .filter(name => !reached.has(name)),
    [],
  )
})

t.test('every page begins with a title and a paragraph', async t => {
  for (const { name, text } of pages('docs')) t.match(text, /^# .+\n\n[A-Z]/, name)
})
