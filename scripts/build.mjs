// `npm run build`: type-checks and compiles to dist/, and bundles the engine into one file that starts fast.
// The build's hash is put into the engine and beside the Python package: at the handshake they must agree.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
  })
  const buildHash = hashOf(SOURCES, isSource)
  await once('engine', buildHash, ['dist/engine/shardline.mjs', 'python/src/shardline/_build.json'], async () => {
    say('Bundling the engine ...')
    await bundle(buildHash)
  })
}

async function bundle(buildHash) {
  const { build: esbuild } = await import('esbuild')
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  await esbuild({
    absWorkingDir: root,
    entryPoints: ['bindings/cli/main.ts'],
    outfile: 'dist/engine/shardline.mjs',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none', // THIRD-PARTY-NOTICES.md names what is inside, with the licences
    logLevel: 'warning',
    define: { SHARDLINE_BUILD_HASH: JSON.stringify(buildHash), SHARDLINE_VERSION: JSON.stringify(version) },
    banner: {
      js: "import { createRequire as shardlineCreateRequire } from 'node:module'; const require = shardlineCreateRequire(import.meta.url);",
    },
  })
  chmodSync(path.join(root, 'dist/engine/shardline.mjs'), 0o755)
  writeFileSync(path.join(root, 'python/src/shardline/_build.json'), `${JSON.stringify({ buildHash })}\n`)
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
