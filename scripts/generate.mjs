// Files that are made from code: schemas/job-graph.schema.json from the kinds of operators, schemas/options.json and
// docs/reference/options.md from the option tables, the types in docs/reference/rpc.md from the protocol's schema,
// THIRD-PARTY-NOTICES.md from what is bundled into the engine. With `--check` nothing is written, and a file that is not up to date
// is an error.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { build } from './build.mjs'
import { thirdPartyNotices } from './third-party-notices.mjs'
import { main, root, say, StepFailed } from './steps.mjs'

const OPTIONS_HEAD = `# Options

This page lists every configuration key. Set a key in the configuration of the job, of a source or of a sink, with \`--conf KEY=VALUE\`, or in
\`SHARDLINE_CONF\`. Keys, types and defaults are Flink's. Keys that begin with \`shardline.\` are extensions. An unknown key has no effect and causes a warning that names the
nearest known key. The page is generated from \`core/foundation/config\` by \`npm run generate\`.
`

/** The longest line of a type. */
const LINE = 100

await main(async () => {
  await build()
  const { optionGroups, silentPrefixes } = await import(path.join(root, 'dist/core/foundation/config/known-keys.js'))
  const { constantOf } = await import(path.join(root, 'dist/core/foundation/config/option-constants.js'))
  const glue = await glueGroup()
  const { jobGraphJsonSchema } = await import(path.join(root, 'dist/core/graph/job-graph.js'))
  const { operatorKinds } = await import(path.join(root, 'dist/core/runtime/operator-kinds.js'))
  const { sinkContracts } = await import(path.join(root, 'dist/core/connectors/async-sink/sink-contracts.js'))
  const files = {
    'schemas/job-graph.schema.json': `${JSON.stringify(jobGraphJsonSchema(operatorKinds.all), null, 2)}\n`,
    'schemas/options.json': optionsJson(optionGroups, silentPrefixes, constantOf, glue, sinkContracts),
    'docs/reference/options.md': optionsMarkdown(
      [...optionGroups, glue],
      name => constantOf(name) ?? glue.constantOf(name),
    ),
    'docs/reference/rpc.md': withMethods(readFileSync(path.join(root, 'docs/reference/rpc.md'), 'utf8')),
    'THIRD-PARTY-NOTICES.md': await thirdPartyNotices(),
  }
  for (const [file, content] of Object.entries(files)) {
    const full = path.join(root, file)
    if (existsSync(full) && readFileSync(full, 'utf8') === content) continue
    if (process.argv.includes('--check')) throw new StepFailed(`${file} is not up to date: run 'npm run generate'.`)
    writeFileSync(full, content)
    say(`Wrote ${file}`)
  }
  await build() // the Python package carries a copy of the options
})

/** Keys of the `configs` of Glue's schemas; no others read them, and they read no others but those of AWS access. */
async function glueGroup() {
  const glue = await import(path.join(root, 'dist/schemas/glue/glue-configs.js'))
  const names = new Map(Object.entries(glue.AWSSchemaRegistryConstants).map(([name, key]) => [key, name]))
  return {
    name: 'Glue Schema Registry',
    note: 'Keys of the `configs` that the schemas of the Glue Schema Registry are given, beside those of AWS access.',
    options: [
      ...Object.values(glue.glueOptions),
      ...Object.values(glue.glueCollections).map(option => ({ default: null, ...option })),
    ],
    constantOf: key => (names.has(key) ? `AWSSchemaRegistryConstants.${names.get(key)}` : null),
  }
}

function optionsJson(groups, silentPrefixes, constantOf, glue, sinks) {
  const entry = (o, group, constant) => ({
    key: o.key,
    group,
    constant,
    type: o.type,
    default: o.default,
    min: o.min ?? null,
    max: o.max ?? null,
    values: o.values ?? null,
    aliases: o.aliases ?? [],
    ignored: o.ignored ?? false,
    secret: o.secret ?? false,
    description: o.description,
  })
  const options = groups.flatMap(({ name, options }) => options.map(o => entry(o, name, constantOf(o.key))))
  const glueOptions = glue.options.map(o => entry(o, glue.name, glue.constantOf(o.key)))
  return `${JSON.stringify({ version: 1, silentPrefixes, options, glue: glueOptions, sinks }, null, 2)}\n`
}

function optionsMarkdown(groups, constantOf) {
  const cell = text => text.replaceAll('|', '\\|')
  const rows = options =>
    options.map(o => {
      const also = o.aliases?.length > 0 ? ` Also: ${o.aliases.map(a => `\`${a}\``).join(', ')}.` : ''
      const values = o.values ? ` One of ${o.values.map(v => `\`${v}\``).join(', ')}.` : ''
      const constant = constantOf(o.key)
      const name = constant === null ? '' : ` Constant: \`${constant}\`.`
      return `| \`${o.key}\` | ${o.type} | ${o.default === null ? '' : `\`${cell(o.default)}\``} | ${cell(o.description)}${cell(values)}${also}${name} |`
    })
  const sections = groups.map(
    ({ name, note, options }) =>
      `## ${name}\n\n${note === undefined ? '' : `${note}\n\n`}| key | type | default | meaning |\n|---|---|---|---|\n${rows(options).join('\n')}\n`,
  )
  return `${OPTIONS_HEAD}\n${sections.join('\n')}`
}

/** The page with the types of all methods between its marks. */
function withMethods(page) {
  const [begin, end] = ['<!-- generated: methods -->', '<!-- end of generated -->']
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new StepFailed('docs/reference/rpc.md has lost the marks of its generated part.')
  return `${page.slice(0, from + begin.length)}\n\n${methodsMarkdown()}\n${page.slice(to)}`
}

function methodsMarkdown() {
  const { $defs } = JSON.parse(readFileSync(path.join(root, 'schemas/rpc.schema.json'), 'utf8'))
  const names = Object.keys($defs)
  const requests = names.filter(name => name.endsWith('.params')).map(name => name.slice(0, -'.params'.length))
  const notifications = names.filter(name => !/\.(params|result)$/.test(name) && (name.includes('/') || name === 'log'))
  const request = name =>
    `#### \`${name}\`\n\n\`\`\`\nparams: ${typeText($defs[`${name}.params`])}\nresult: ${typeText($defs[`${name}.result`])}\n\`\`\`\n`
  const part = (title, shown) => `### ${title}\n\n${shown.join('\n')}`
  const ofDriver = name => name.startsWith('driver/')
  return [
    part('Requests to the engine', requests.filter(name => !ofDriver(name)).map(request)),
    part('Requests from the engine', requests.filter(ofDriver).map(request)),
    part(
      'Notifications from the engine',
      notifications.map(
        name => `#### \`${name}\` (notification)\n\n\`\`\`\nparams: ${typeText($defs[name])}\n\`\`\`\n`,
      ),
    ),
    part(
      'Types',
      ['error', 'state'].map(name => `\`\`\`\n${typeName(name)} = ${typeText($defs[name])}\n\`\`\`\n`),
    ),
  ].join('\n')
}

/** What another part of the schema, or the schema of the graph, is called on the page. */
function referred(reference) {
  if (reference.startsWith('job-graph.schema.json#'))
    return `${reference
      .split('/')
      .at(-1)
      .replace(/^./, c => c.toUpperCase())} of a JobGraph`
  if (reference === 'job-graph.schema.json') return 'JobGraph'
  const name = reference.split('/').at(-1).replaceAll('~1', '/')
  return name.includes('/') ? `params of the notification ${name}` : typeName(name)
}

function typeName(name) {
  return { error: 'Error', state: 'JobState' }[name] ?? name
}
/** A JSON Schema as a type of TypeScript; objects that are too long for a line have a line for each key. */
function typeText(schema, indent = '') {
  const deeper = `${indent}  `
  if (schema.$ref !== undefined) return referred(schema.$ref)
  if (schema.enum !== undefined) return schema.enum.map(value => JSON.stringify(value)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const branches = schema.anyOf ?? schema.oneOf
  if (branches !== undefined) return branches.map(branch => typeText(branch, indent)).join(' | ')
  if (Array.isArray(schema.type)) return schema.type.map(type => typeText({ ...schema, type }, indent)).join(' | ')
  if (schema.type === 'array') {
    const item = schema.items === undefined ? 'unknown' : typeText(schema.items, indent)
    return item.includes(' | ') ? `(${item})[]` : `${item}[]`
  }
  if (schema.type !== 'object') return schema.type ?? 'unknown'
  if (schema.properties === undefined) {
    const values = schema.additionalProperties
    return values === false
      ? '{}'
      : `{[key: string]: ${typeof values === 'object' ? typeText(values, indent) : 'unknown'}}`
  }
  const entries = Object.entries(schema.properties).map(([key, value]) => `${key}: ${typeText(value, deeper)}`)
  const line = `{${entries.join(', ')}}`
  if (line.length + indent.length <= LINE && !line.includes('\n')) return line
  return `{\n${entries.map(entry => `${deeper}${entry}`).join('\n')}\n${indent}}`
}
