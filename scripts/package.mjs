// `npm run package`: what is published, into dist/packages: npm's tarball and the Python wheel, which carries the engine. The same
// sources give the same bytes. `--out FOLDER` puts them elsewhere.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { setup } from './setup.mjs'
import { main, python, root, run, say, StepFailed } from './steps.mjs'

/** hatchling's own fixed date, which is also the first that a zip file can hold without doubt. */
const SOURCE_DATE_EPOCH = '1580601600'

export async function makePackages(out) {
  await setup()
  mkdirSync(out, { recursive: true })
  for (const name of readdirSync(out)) if (/\.(tgz|whl)$/.test(name)) rmSync(path.join(out, name))
  say('Packing for npm ...')
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', out])
  say('Making the Python wheel ...')
  await makeWheel(out)
  const made = readdirSync(out).filter(name => /\.(tgz|whl)$/.test(name))
  if (made.length !== 2) throw new StepFailed(`${out} should hold a tarball and a wheel, and has: ${made.join(', ')}`)
  return made.sort().map(name => path.join(out, name))
}

/**
 * From a copy: an engine left beside the sources would be found before the checkout's own, however old it gets.
 */
async function makeWheel(out) {
  const staging = mkdtempSync(path.join(os.tmpdir(), 'shardline-wheel-'))
  try {
    const copy = (from, to) =>
      cpSync(path.join(root, from), path.join(staging, to), { recursive: true, filter: isSource })
    for (const name of ['pyproject.toml', 'README.md', 'src']) copy(path.join('python', name), name)
    for (const name of ['LICENSE', 'THIRD-PARTY-NOTICES.md']) copy(name, name)
    for (const name of ['shardline.mjs', 'chunks']) copy(`dist/engine/${name}`, `src/shardline/_engine/${name}`)
    await run(python, ['-m', 'hatchling', 'build', '--target', 'wheel', '--directory', out], {
      cwd: staging,
      env: { SOURCE_DATE_EPOCH },
    })
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

const isSource = file => !/(^|\/)(__pycache__|_engine)(\/|$)|\.pyc$/.test(path.relative(root, file))

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main(async () => {
    const { values } = parseArgs({ options: { out: { type: 'string', default: path.join(root, 'dist/packages') } } })
    for (const file of await makePackages(path.resolve(values.out))) process.stdout.write(`${file}\n`)
  })
