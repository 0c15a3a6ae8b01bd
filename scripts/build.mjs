// `npm run build`: type-checks and compiles to dist/, and bundles the engine into a few files that start fast.
// The build's hash is put into the engine and beside the Python package: at the handshake they must agree.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { hashOf, main, once, root, run, say } from './steps.mjs'

const SOURCES = ['core', 'bindings', 'schemas', 'emulator', 'python/src', 'package.json']
const COMPILED = [...SOURCES, 'test', 'bench', 'scripts', 'tsconfig.json', 'package-lock.json']

export async function build() {
  const isSource = file => /\.(ts|mjs|py|json)$/.test(file)
  await once('tsc', hashOf(COMPILED, isSource), ['dist/core/index.js'], async () => {
    say('Compiling TypeScript ...')
    await run(path.join(root, 'node_modules/.bin/tsc'), ['-p', '.'])
    prune(path.join(root, 'dist'))
  })
  const buildHash = hashOf(SOURCES, isSource)
  await once(
    'engine',
    hashOf([...SOURCES, 'scripts/build.mjs'], isSource),
    ['dist/engine/bin.mjs', 'dist/engine/shardline.mjs', ...beside('_build.json', '_options.json')],
    async () => {
      say('Bundling the engine ...')
      await bundle(buildHash)
    },
  )
}

const beside = (...names) => names.map(name => `python/src/shardline/${name}`)

/** What tsc made of a source that is there no more: it would be tested, and published. */
function prune(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const full = path.join(entry.parentPath, entry.name)
    const source = path.join(root, path.relative(folder, full)).replace(/\.(js|js\.map|d\.ts)$/, '.ts')
    if (entry.isFile() && /\.(js|js\.map|d\.ts)$/.test(entry.name) && !existsSync(source)) rmSync(full, { force: true })
  }
}

/** How the engine becomes one folder; `npm run generate` asks the same bundle whose code is in it. */
export function engineBundle(buildHash) {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  return {
    absWorkingDir: root,
    entryPoints: { shardline: 'bindings/cli/main.ts' },
    outdir: 'dist/engine',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true, // what few jobs need (codecs, Glue, S3) is not even read by the others
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 200, // Node shows the whole line in which something was thrown
    legalComments: 'none', // THIRD-PARTY-NOTICES.md names what is inside, with the licences
    logLevel: 'warning',
    define: { SHARDLINE_BUILD_HASH: JSON.stringify(buildHash), SHARDLINE_VERSION: JSON.stringify(version) },
    banner: {
      js: "import { createRequire as shardlineCreateRequire } from 'node:module'; const require = shardlineCreateRequire(import.meta.url);",
    },
  }
}

async function bundle(buildHash) {
  const { build: esbuild } = await import('esbuild')
  rmSync(path.join(root, 'dist/engine'), { recursive: true, force: true })
  await esbuild(engineBundle(buildHash))
  copyFileSync(path.join(root, 'bindings/cli/bin.mjs'), path.join(root, 'dist/engine/bin.mjs'))
  for (const name of ['bin', 'shardline']) chmodSync(path.join(root, `dist/engine/${name}.mjs`), 0o755)
  const [buildJson, optionsJson] = beside('_build.json', '_options.json')
  writeFileSync(path.join(root, buildJson), `${JSON.stringify({ buildHash })}\n`)
  copyFileSync(path.join(root, 'schemas/options.json'), path.join(root, optionsJson))
  linkCommand()
}

/** `npx shardline` in the checkout itself: npm links only the commands of dependencies. */
function linkCommand() {
  const bin = path.join(root, 'node_modules/.bin/shardline')
  rmSync(bin, { force: true })
  mkdirSync(path.dirname(bin), { recursive: true })
  writeFileSync(bin, `#!/bin/sh\nexec node "$(dirname "$0")/../../dist/engine/shardline.mjs" "$@"\n`)
  chmodSync(bin, 0o755)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(build)
