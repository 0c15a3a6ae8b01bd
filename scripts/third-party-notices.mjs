// Whose code is in the engine's bundle, and on what terms: read from what the bundler really took in.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { engineBundle } from './build.mjs'
import { root } from './steps.mjs'

export async function thirdPartyNotices() {
  const packages = await bundledPackages()
  const texts = groupByText(packages)
  const rows = packages.map(p => `| ${p.name} | ${p.version} | ${p.license} |`)
  const sections = [...texts].map(([text, group]) => {
    const names = group.map(p => `${p.name} ${p.version}`).join(', ')
    return `## ${names}\n\n${'```'}text\n${text}\n${'```'}\n`
  })
  return `# Third-party notices

Shardline's engine is \`dist/engine\` (in the Python wheel \`shardline/_engine\`), and these packages are in it. Their licences follow, each text once.

| package | version | licence |
|---|---|---|
${rows.join('\n')}

${sections.join('\n')}`
}

async function bundledPackages() {
  const { build: esbuild } = await import('esbuild')
  const { metafile } = await esbuild({ ...engineBundle('0'), write: false, metafile: true })
  const folders = new Set(
    Object.values(metafile.outputs)
      .flatMap(({ inputs }) => Object.entries(inputs))
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([file]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0])
      .filter(folder => folder !== undefined),
  )
  return [...folders].sort().map(folder => {
    const full = path.join(root, folder)
    const { name, version, license } = JSON.parse(readFileSync(path.join(full, 'package.json'), 'utf8'))
    return { name, version, license, text: legalText(full, name, license) }
  })
}

/** The licence, and the NOTICE that the Apache licence asks to pass on. */
function legalText(folder, name, license) {
  const files = readdirSync(folder).filter(file => /^(licen[cs]e|notice|copying)(\.(md|txt))?$/i.test(file))
  if (files.length === 0) return `${name} carries no text of its licence, which its package.json says is ${license}.`
  return files
    .sort()
    .map(file => readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim())
    .join('\n\n')
}

function groupByText(packages) {
  const groups = new Map()
  for (const p of packages) groups.set(p.text, [...(groups.get(p.text) ?? []), p])
  return groups
}
