// Everything a checkout needs, each step only when something changed: npm packages, build, Python environment.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from './build.mjs'
import { hashOf, main, once, python, root, run, say, StepFailed, venv } from './steps.mjs'

const MINIMUM_NODE = [20, 12]
const MINIMUM_PYTHON = [3, 10]

export async function setup() {
  checkNode()
  await installPackages()
  await build()
  await installPython()
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor < MINIMUM_NODE[1]))
    throw new StepFailed(`This is Node ${process.versions.node}; Node ${MINIMUM_NODE.join('.')} or newer is needed.`)
}

export async function installPackages() {
  await once(
    'npm',
    hashOf(['package-lock.json', '.npmrc']),
    ['node_modules/typescript', 'node_modules/tap'],
    async () => {
      say('Installing npm packages (npm ci) ...')
      await run('npm', ['ci', '--no-audit', '--no-fund'])
    },
  )
}

async function installPython() {
  const system = await findPython()
  const key = hashOf(['python/pyproject.toml', 'python/requirements/dev.txt']) + system.version
  await once('venv', key, ['.venv/bin/shardline'], async () => {
    say(`Making the Python environment .venv (Python ${system.version}) ...`)
    if (!existsSync(python)) {
      const { code, output } = await run(system.executable, ['-m', 'venv', venv], { allowFailure: true })
      if (code !== 0) throw new StepFailed(venvAdvice(system, output))
    }
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    await run(python, [...install, '--require-hashes', '-r', path.join(root, 'python/requirements/dev.txt')])
    await run(python, [...install, '--no-deps', '--no-build-isolation', '-e', path.join(root, 'python')])
  })
}

async function findPython() {
  const tried = []
  for (const executable of [process.env.SHARDLINE_PYTHON, 'python3', 'python'].filter(Boolean)) {
    const { code, output } = await run(
      executable,
      ['-c', 'import sys; print(".".join(map(str, sys.version_info[:3])))'],
      { allowFailure: true },
    ).catch(() => ({ code: 1, output: '' }))
    if (code !== 0) continue
    const version = output.trim()
    const [major, minor] = version.split('.').map(Number)
    if (major > MINIMUM_PYTHON[0] || (major === MINIMUM_PYTHON[0] && minor >= MINIMUM_PYTHON[1]))
      return { executable, version }
    tried.push(`${executable} is ${version}`)
  }
  throw new StepFailed(
    `Python ${MINIMUM_PYTHON.join('.')} or newer is needed${tried.length > 0 ? ` (${tried.join(', ')})` : ', and there is no python3 on the PATH'}. Install it, or name one with SHARDLINE_PYTHON.`,
  )
}

function venvAdvice({ version }, output) {
  const minor = version.split('.').slice(0, 2).join('.')
  return (
    `Python ${version} cannot make a virtual environment: it lacks 'venv' or 'ensurepip'.\n` +
    `On Debian and Ubuntu: apt-get install python${minor}-venv (or python3-venv). On Fedora: dnf install python3.\nThen run this again. What it said:\n${output.trim()}`
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(setup)
