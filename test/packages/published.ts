/** The two packages, made once, and empty places to install them in: no checkout on any path. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../..', import.meta.url))
export const checkoutPython = path.join(root, '.venv/bin/python')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const LIMIT_MS = 100_000

/** Runs a program to its end, in an environment that says nothing about this checkout. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ended> {
  const child = spawn(command, args, {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    )
  })
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(SHARDLINE_|AWS_|PYTHON|NODE_PATH|VIRTUAL_ENV|npm_|TAP)/.test(name),
  )
  return {
    ...Object.fromEntries(kept),
    PATH: (process.env['PATH'] ?? '')
      .split(':')
      .filter(folder => !folder.startsWith(root))
      .join(':'),
  }
}

export interface Teardown {
  teardown(end: () => unknown): void
}

export function emptyFolder(t: Teardown): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'shardline-packages-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

export interface Packages {
  readonly tarball: string
  readonly wheel: string
}

/** @throws Error with what `npm run package` said */
export async function makePackages(out: string): Promise<Packages> {
  const { code, stdout, stderr } = await run(process.execPath, ['scripts/package.mjs', '--out', out], { cwd: root })
  if (code !== 0) throw new Error(`npm run package: exit code ${String(code)}\n${stderr}`)
  const files = stdout.trim().split('\n')
  return { tarball: files.find(f => f.endsWith('.tgz'))!, wheel: files.find(f => f.endsWith('.whl'))! }
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly dev?: boolean }>>
}

/** The versions in package-lock.json, of packages that are there once: a release of tomorrow changes no test. */
export function pinnedVersions(): Readonly<Record<string, string>> {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as LockFile
  const versions = new Map<string, Set<string>>()
  for (const [at, { version, dev }] of Object.entries(packages)) {
    const name = at.split('node_modules/').at(-1)!
    if (name === '' || version === undefined || dev === true) continue
    versions.set(name, (versions.get(name) ?? new Set()).add(version))
  }
  return Object.fromEntries([...versions].flatMap(([name, all]) => (all.size === 1 ? [[name, [...all][0]!]] : [])))
}
