// `npm test`: sets everything up, then all tests: TypeScript (tap), Python (pytest). Arguments choose: `npm test -- core/source`.
// Ends with `N passed, N failed`.
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { main, python, root, run, say } from './steps.mjs'
import { setup } from './setup.mjs'

/** Slow or needing more than a checkout: run by `.ci/run`, or when named. */
const EXTRA = ['interop', 'kill', 'packages']

/** With `secondTry`, what failed runs once more by itself: only what fails twice has failed, and the rest is named as unsteady. */
export async function testAll(chosen = [], { secondTry = false } = {}) {
  await setup()
  const totals = { passed: 0, failed: 0 }
  const add = ({ passed, failed }) => {
    totals.passed += passed
    totals.failed += failed
  }
  if (!chosen.every(c => c.startsWith('python')) || chosen.length === 0)
    add(
      await typescript(
        chosen.filter(c => !c.startsWith('python')),
        { secondTry },
      ),
    )
  if (chosen.length === 0 || chosen.some(c => c.startsWith('python'))) add(await pythonTests({ secondTry }))
  return totals
}

/**
 * Every compiled test is a program that prints TAP; two run at a time, each in its own process. (tap's own runner takes ten
 * seconds to load its compiler plug-in, which tests that are compiled already have no use for.)
 */
export async function typescript(chosen, { node = process.execPath, secondTry = false, env = {} } = {}) {
  const base = path.join(root, 'dist/test')
  const files = compiledTests(base).filter(file => {
    const name = path.relative(base, file)
    return chosen.length === 0
      ? !EXTRA.some(e => name.startsWith(e + path.sep))
      : chosen.some(c => name.startsWith(c.replace(/^test\//, '')))
  })
  say(`TypeScript: ${files.length} test files, on ${(await run(node, ['--version'])).output.trim()} ...`)
  const totals = { passed: 0, failed: 0 }
  const queue = [...files]
  const again = []
  let done = 0
  let saidAt = performance.now()
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const { passed, failed, output, seconds } = await runTestFile(node, file, env)
      done++
      const name = path.relative(base, file).replace(/\.js$/, '.ts')
      if (failed > 0) process.stderr.write(`FAILED ${name}\n${failures(output)}\n`)
      else if (seconds > 10 || chosen.length > 0) say(`  ${name}: ${passed} passed, ${seconds.toFixed(1)} s`)
      if (chosen.length === 0 && performance.now() - saidAt > PROGRESS_MS) {
        saidAt = performance.now()
        say(`  ${done} of ${files.length} files`)
      }
      if (failed > 0 && secondTry) again.push({ file, name })
      else {
        totals.passed += passed
        totals.failed += failed
      }
    }
  }
  await Promise.all([worker(), worker()])
  for (const { file, name } of again) {
    const { passed, failed, output } = await runTestFile(node, file, env)
    totals.passed += passed
    totals.failed += failed
    say(failed === 0 ? `  UNSTEADY ${name}: failed once, passed by itself` : `  ${name}: failed twice`)
    if (failed > 0) process.stderr.write(`${failures(output)}\n`)
  }
  say(`TypeScript: ${totals.passed} passed, ${totals.failed} failed`)
  return totals
}

/** The longest, the simulation, takes one to two minutes on two cores. */
const FILE_LIMIT_MS = 300_000
const PROGRESS_MS = 10_000

async function runTestFile(node, file, more) {
  const startedAt = performance.now()
  const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', TAP_TIMEOUT: '120', ...more }
  const { code, output } = await run(node, ['--enable-source-maps', file], {
    allowFailure: true,
    env,
    limitMs: FILE_LIMIT_MS,
  })
  // The tests of a file are counted, not the assertions in them: a loop would count for many.
  const named = [...output.matchAll(/^(not )?ok \d+ - (?!.*# (?:SKIP|TODO))/gm)]
  const failed = named.filter(m => m[1] !== undefined).length
  const seconds = (performance.now() - startedAt) / 1000
  return { passed: named.length - failed, failed: code !== 0 && failed === 0 ? 1 : failed, output, seconds }
}

function failures(output) {
  const lines = output.split('\n')
  const shown = new Set()
  lines.forEach((line, i) => {
    if (/^\s*not ok /.test(line)) for (let j = Math.max(0, i - 1); j < Math.min(lines.length, i + 30); j++) shown.add(j)
  })
  return shown.size === 0
    ? lines.slice(-60).join('\n')
    : [...shown]
        .sort((a, b) => a - b)
        .map(i => lines[i])
        .join('\n')
}

async function pythonTests({ secondTry }) {
  say('Python: pytest ...')
  let { passed, failed, code } = await pytest([])
  if (failed > 0 && secondTry) {
    const second = await pytest(['--last-failed'])
    say(second.code === 0 ? `  UNSTEADY: ${failed} failed once, passed by themselves` : '  failed twice')
    passed += second.passed
    failed = second.failed
    code = second.code
  }
  say(`Python: ${passed} passed, ${failed} failed`)
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed }
}

async function pytest(options) {
  let saidAt = performance.now()
  const { code, output } = await run(python, ['-m', 'pytest', '-q', '--color=no', ...options, 'tests'], {
    cwd: path.join(root, 'python'),
    allowFailure: true,
    onOutput(text) {
      const percent = /\[ *(\d+%)\]/.exec(text)?.[1]
      if (percent === undefined || performance.now() - saidAt < PROGRESS_MS) return
      saidAt = performance.now()
      say(`  ${percent}`)
    },
  })
  const count = word => Number(new RegExp(`(\\d+) ${word}`).exec(output.trim().split('\n').at(-1) ?? '')?.[1] ?? 0)
  if (code !== 0) process.stderr.write(`${output}\n`)
  return { passed: count('passed'), failed: count('failed') + count('errors?'), code }
}

export function compiledTests(folder) {
  return readdirSync(folder).flatMap(name => {
    const full = path.join(folder, name)
    if (statSync(full).isDirectory()) return compiledTests(full)
    return name.endsWith('.test.js') ? [full] : []
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main(async () => {
    const { passed, failed } = await testAll(process.argv.slice(2))
    process.stdout.write(`${passed} passed, ${failed} failed\n`)
    return failed > 0 || passed === 0 ? 1 : 0
  })
