// What the scripts share: say each step, skip what is up to date, stop at the first failure with its output.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
export const venv = path.join(root, '.venv')
export const python = path.join(venv, 'bin', 'python')
const stamps = path.join(root, 'node_modules', '.cache', 'shardline')

const started = performance.now()
export const say = text =>
  process.stderr.write(`[${((performance.now() - started) / 1000).toFixed(1).padStart(5)}s] ${text}\n`)

export class StepFailed extends Error {}

/** Runs a command; its output is shown if it fails, or as it comes with `show`. */
export function run(
  command,
  args,
  { show = false, cwd = root, env = {}, allowFailure = false, limitMs = 0, onOutput = undefined } = {},
) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    })
    const chunks = []
    const limit = limitMs > 0 ? setTimeout(() => child.kill('SIGKILL'), limitMs) : undefined
    child.stdout?.on('data', c => {
      chunks.push(c)
      onOutput?.(c.toString())
    })
    child.stderr?.on('data', c => chunks.push(c))
    child.on('error', error => reject(new StepFailed(`${command} could not be started: ${error.message}`)))
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      const output = Buffer.concat(chunks).toString()
      if (code === 0 || allowFailure) return resolve({ code: code ?? 1, output })
      reject(new StepFailed(`${[command, ...args].join(' ')} ended with ${signal ?? `exit code ${code}`}\n${output}`))
    })
  })
}

/** A hash over files and folders, by name and content. */
export function hashOf(entries, accept = () => true) {
  const hash = createHash('sha256')
  const add = file => {
    const full = path.join(root, file)
    if (!existsSync(full)) return
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort())
        if (!/^(__pycache__|_engine|_build\.json|_options\.json|node_modules|\..*)$/.test(name))
          add(path.join(file, name))
    } else if (accept(file)) hash.update(`${file}\0`).update(readFileSync(full)).update('\0')
  }
  entries.forEach(add)
  return hash.digest('hex')
}

/** Does `work` unless it was done for the same `key`, and `present` files are there. */
export async function once(name, key, present, work) {
  const stamp = path.join(stamps, name)
  const done =
    existsSync(stamp) && readFileSync(stamp, 'utf8') === key && present.every(f => existsSync(path.join(root, f)))
  if (done) return false
  await work()
  mkdirSync(stamps, { recursive: true })
  writeFileSync(stamp, key)
  return true
}

/** The last word of a script: an error becomes a message and exit code 1. */
export async function main(work) {
  try {
    process.exitCode = (await work()) ?? 0
  } catch (error) {
    process.stderr.write(`\n${error instanceof StepFailed ? error.message : (error.stack ?? error)}\n`)
    process.exitCode = 1
  }
}
