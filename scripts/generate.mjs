// Files that are made from code: schemas/options.json and docs/options.md from the option tables, docs/rpc.md from the protocol's
// description, THIRD-PARTY-NOTICES.md from what is bundled into the engine. With `--check` nothing is written, and a file that is not up to date is an error.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { build } from './build.mjs'
import { thirdPartyNotices } from './third-party-notices.mjs'
import { main, root, say, StepFailed } from './steps.mjs'

await main(async () => {
  await build()
  const { optionGroups, silentPrefixes } = await import(path.join(root, 'dist/core/foundation/config/known-keys.js'))
  const { constantOf } = await import(path.join(root, 'dist/core/foundation/config/option-constants.js'))
  const glue = await glueGroup()
  const files = {
    'schemas/options.json': optionsJson(optionGroups, silentPrefixes, constantOf, glue),
    'docs/options.md': optionsMarkdown([...optionGroups, glue], name => constantOf(name) ?? glue.constantOf(name)),
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

function optionsJson(groups, silentPrefixes, constantOf, glue) {
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
  return `${JSON.stringify({ version: 1, silentPrefixes, options, glue: glueOptions }, null, 2)}\n`
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
  return `# Options\n\nGenerated from \`core/config\` by \`npm run generate\`. Keys, types and defaults are Flink's where Flink has them; \`shardline.*\` are ours.\nAn unknown key changes nothing and is warned about, with the nearest known one.\n\n${sections.join('\n')}`
}
