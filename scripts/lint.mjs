// `npm run lint`: everything that reads the sources without running them: types, rules, import directions and circles, layout, both languages.
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { main, python, root, run, say, StepFailed } from './steps.mjs'
import { setup } from './setup.mjs'

const bin = name => path.join(root, 'node_modules/.bin', name)
const TYPESCRIPT = ['core', 'bindings', 'schemas', 'emulator', 'bench', 'scripts', 'test']

const checks = [
  { name: 'eslint', command: [bin('eslint'), ...TYPESCRIPT] },
  {
    name: 'import directions and circles',
    command: [bin('depcruise'), '--output-type', 'err-long', 'core', 'schemas', 'bindings', 'emulator'],
  },
  {
    name: 'prettier',
    command: [
      bin('prettier'),
      '--check',
      '--log-level=warn',
      ...TYPESCRIPT,
      '.dependency-cruiser.mjs',
      'eslint.config.js',
    ],
  },
  {
    name: 'ruff check',
    command: [python, '-m', 'ruff', 'check', 'python', 'bench'],
  },
  {
    name: 'ruff format',
    command: [python, '-m', 'ruff', 'format', '--check', 'python', 'bench'],
  },
  { name: 'mypy --strict', command: [python, '-m', 'mypy', '--config-file', 'python/pyproject.toml', 'python/src'] },
  {
    name: 'import directions of the Python package',
    command: [path.join(path.dirname(python), 'lint-imports'), '--no-cache', 'python/pyproject.toml'],
  },
  {
    name: 'what is installed is pinned, with hashes',
    command: [process.execPath, path.join(root, 'scripts/pins.mjs'), '--check'],
  },
  {
    name: 'generated files are up to date',
    command: [process.execPath, path.join(root, 'scripts/generate.mjs'), '--check'],
  },
]

/** The checks that failed; tsc has run in the build. */
export async function lint() {
  await setup()
  const failed = []
  for (const { name, command } of checks) {
    say(`Checking: ${name} ...`)
    const { code, output } = await run(command[0], command.slice(1), { allowFailure: true })
    if (code === 0) continue
    failed.push(name)
    process.stderr.write(`${output}\n`)
  }
  return { passed: checks.length - failed.length + 1, failed }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main(async () => {
    const { failed } = await lint()
    if (failed.length > 0) throw new StepFailed(`Failed: ${failed.join(', ')}`)
    say('All checks passed.')
  })
