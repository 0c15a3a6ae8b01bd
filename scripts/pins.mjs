// `npm run pins`: moves what is installed for development and tests to the newest versions that package.json and pyproject.toml
// allow, and writes them down with their hashes: package-lock.json and python/requirements/. Nothing else installs anything newer.
// With `--check`, only looks whether each entry has a hash and none names a host.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { main, python, root, run, say, StepFailed } from './steps.mjs'

const requirements = path.join(root, 'python/requirements')

/** File, and what it pins: the package's own dependencies, those of an extra, or those of development. */
const FILES = [
  ['runtime.txt', []],
  ['node.txt', ['--extra', 'node']],
  ['dev.txt', ['--extra', 'dev']],
]

async function move() {
  say('Moving package-lock.json ...')
  const folder = mkdtempSync(path.join(os.tmpdir(), 'shardline-pins-'))
  try {
    for (const name of ['package.json', '.npmrc']) cpSync(path.join(root, name), path.join(folder, name))
    // Without an earlier lock file, npm asks for every package, and so gets every hash.
    await run('npm', ['install', '--package-lock-only', '--ignore-scripts'], { cwd: folder })
    cpSync(path.join(folder, 'package-lock.json'), path.join(root, 'package-lock.json'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'uv'])
  mkdirSync(requirements, { recursive: true })
  for (const [name, options] of FILES) {
    say(`Moving python/requirements/${name} ...`)
    const file = path.join(requirements, name)
    rmSync(file, { force: true })
    // For every Python and every system that the package runs on, in one file.
    await run(path.join(path.dirname(python), 'uv'), [
      ...['pip', 'compile', '--quiet', '--universal', '--generate-hashes', '--python-version', '3.10'],
      ...['--no-emit-index-url', '--no-header', '--no-annotate', ...options, '--output-file', file],
      path.join(root, 'python/pyproject.toml'),
    ])
  }
  check()
}

function check() {
  const faults = []
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'))
  for (const [name, entry] of Object.entries(packages)) {
    if (name !== '' && entry.integrity === undefined) faults.push(`package-lock.json: ${name} has no integrity`)
    if (entry.resolved !== undefined) faults.push(`package-lock.json: ${name} names where it was downloaded from`)
  }
  const pinned = readdirSync(requirements)
  for (const [name] of FILES) if (!pinned.includes(name)) faults.push(`python/requirements/${name} is missing`)
  for (const name of pinned) {
    const text = readFileSync(path.join(requirements, name), 'utf8')
    if (/https?:/.test(text)) faults.push(`python/requirements/${name} names a host`)
    for (const entry of text.replaceAll('\\\n', ' ').split('\n'))
      if (!/^\s*(#|$)/.test(entry) && !/^\S+==\S+.*--hash=sha256:/.test(entry))
        faults.push(`python/requirements/${name}: no version or no hash in '${entry.slice(0, 60)}'`)
  }
  if (faults.length > 0) throw new StepFailed(`${faults.slice(0, 20).join('\n')}\n'npm run pins' writes these files.`)
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main(async () => {
    if (process.argv.includes('--check')) check()
    else await move()
  })
