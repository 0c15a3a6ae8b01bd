/** The reference pages against what they describe: errors, options, commands, metrics. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import t from 'tap'

import { errorCodes } from '../../core/foundation/errors.ts'
import { blocks, page, pages, prose, root, section } from './pages.ts'

t.test('the page of errors has every code, with what the engine says about it, and no other', async t => {
  const rows = [
    ...page('docs/reference/errors.md').text.matchAll(
      /^\| \[`(\w+)`\]\(([^)]+)\) \| ([^|]+) \| (yes|no) \| (yes|no) \|/gm,
    ),
  ]
  const documented = rows.map(([, code, , , retryable, fatal]) => [
    code,
    { retryable: retryable === 'yes', fatal: fatal === 'yes' },
  ])
  t.same(documented, Object.entries(errorCodes))
  for (const [, code, link] of rows) t.equal(link, `../troubleshooting.md#${code!.toLowerCase()}`)
})

t.test('troubleshooting has a part for every code, and for no other', async t => {
  const guide = page('docs/troubleshooting.md')
  const codes = [...guide.text.matchAll(/^### ([A-Z_]+)$/gm)].map(match => match[1]!)
  t.same([...codes].sort(), Object.keys(errorCodes).sort())
  for (const code of codes) {
    const text = section(guide, `### ${code}`)
    t.match(text, /\*\*Cause\*\*/, code)
    t.match(text, /\*\*What to do\*\*/, code)
  }
})

t.test('what troubleshooting quotes of messages is in the sources', async t => {
  const sources = ['core', 'schemas', 'bindings', 'python/src']
    .flatMap(folder =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter(name => /\.(ts|py)$/.test(name))
        .map(name => readFileSync(path.join(root, folder, name), 'utf8')),
    )
    .join('\n')
    .replace(/"\n\s*f?"/g, '') // a text of Python on several lines
  const guide = page('docs/troubleshooting.md').text
  const seen = [...guide.matchAll(/^- \*\*You see\*\* ([\s\S]*?)\n(?=- |\n)/gm)].map(match =>
    match[1]!.replace(/\n +/g, ' '),
  )
  t.ok(seen.length > 30)
  for (const line of seen)
    for (const [, quoted] of line.matchAll(/`([^`]+)`/g)) {
      // Between what a message says of its occasion, each in its own words, stand words that are always the same.
      const constant = quoted!.split(/\.\.\.|[^a-zA-Z ]+/).filter(words => words.trim().length >= 8)
      t.ok(constant.length === 0 || constant.some(words => sources.includes(words.trim())), quoted!)
    }
})

interface Option {
  readonly key: string
  readonly aliases: readonly string[]
}

t.test('every option that a page names is one', async t => {
  const { options, glue } = JSON.parse(readFileSync(path.join(root, 'schemas/options.json'), 'utf8')) as {
    options: readonly Option[]
    glue: readonly Option[]
  }
  const known = new Set([...options, ...glue].flatMap(({ key, aliases }) => [key, ...aliases]))
  /** Environment variables that `SYS_PROP` reads, and keys of Flink 1.x in the guide that migrates from them. */
  const others = /^aws\.(accessKeyId|secretAccessKey|sessionToken|producer\..+)$|^aws\.credentials\.provider\.$/
  const group =
    /^(shardline|source|sink|aws|execution|s3|metrics|restart-strategy|retry-strategy|python|pipeline)\.[\w.-]+$/
  const modules = /^shardline\.(common|datastream|errors)/
  let count = 0
  for (const { name, text } of [page('README.md'), ...pages('docs')])
    for (const [, code] of prose(text).matchAll(/`([^`\n]+)`/g)) {
      const key = code!.split(/[=:] ?/)[0]!
      if (!group.test(key) || modules.test(key) || others.test(key) || /\.(py|md|mjs|writable\w*)$/.test(key)) continue
      count++
      t.ok(known.has(key), `${name}: ${key}`)
    }
  t.ok(count > 100)
})

const help = (verb: string): string =>
  execFileSync(process.execPath, [path.join(root, 'dist/engine/bin.mjs'), verb, '--help'], { encoding: 'utf8' })
const optionsIn = (text: string): string[] =>
  [...new Set([...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(match => match[0]))]
    .filter(o => o !== '--help')
    .sort()

t.test('the page of the command line has every command, with every option', async t => {
  const guide = page('docs/reference/command-line.md')
  const verbs = [...help('help').matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(match => match[1]!)
  t.same(
    [...guide.text.matchAll(/^\| \[`([a-z]+)`\]\(#[a-z]+\)/gm)].map(match => match[1]!),
    verbs,
  )
  for (const verb of verbs) t.same(optionsIn(section(guide, `## ${verb}`)), optionsIn(help(verb)), verb)
})

t.test('the page of the command line has every exit code', async t => {
  const codes = (text: string, row: RegExp): string[] => [...new Set([...text.matchAll(row)].map(match => match[1]!))]
  t.same(
    codes(section(page('docs/reference/command-line.md'), '## Exit codes'), /^\| (\d+) \|/gm),
    codes(help('help'), /^ {2}(\d+) {2,}\S/gm),
  )
})

t.test('the page of metrics has every metric of the endpoint, and no other', async t => {
  const source = readFileSync(path.join(root, 'core/metrics/prometheus-endpoint.ts'), 'utf8')
  const prefixes = new Map<string, string>()
  const whole = (text: string): string =>
    text.replace(/\$\{([A-Z]+)\}/g, (_, name: string) => prefixes.get(name) ?? '?')
  for (const [, name, prefix] of source.matchAll(/^const ([A-Z]+) = ['`]([^'`]*_)['`]$/gm))
    prefixes.set(name!, whole(prefix!))
  const exported = [...source.matchAll(/add\(\s*['`]([^'`]+)['`]/g)].map(match => whole(match[1]!))
  const documented = [...page('docs/reference/metrics.md').text.matchAll(/`((?:flink|shardline)_\w*[a-zA-Z])`/g)].map(
    match => match[1]!,
  )
  t.same([...new Set(documented)].sort(), [...new Set(exported)].sort())
})

t.test('every command that a page shows has options that exist', async t => {
  const known = new Map<string, string[]>()
  let count = 0
  for (const each of [page('README.md'), ...pages('docs')])
    for (const line of ['', 'sh', 'ini', 'yaml'].flatMap(language => blocks(each, language).join('').split('\n'))) {
      const command = /(?:^|[\s/])shardline ([a-z]+)\b([^#|]*)/.exec(line)
      if (command === null || /^shardline\.|^(local|run|ps)$/.test(command[2]!.trim())) continue
      const [, verb, rest] = command as unknown as [string, string, string]
      if (!known.has(verb)) known.set(verb, optionsIn(help(verb)))
      const own = verb === 'run' ? rest.replace(/\.py\b.*/, '') : rest
      count++
      for (const option of optionsIn(own)) t.ok(known.get(verb)!.includes(option), `${each.name}: ${line.trim()}`)
    }
  t.ok(count > 25, String(count))
})
