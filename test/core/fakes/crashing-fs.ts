/**
 * `node:fs/promises` that dies after a number of steps, as a process does that is killed: from then on nothing reaches the
 * disk. A write that is cut leaves half of its bytes. The engine's own modules see it, because built-in exports are live.
 */
import fs from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import path from 'node:path'

const real = { mkdir: fs.mkdir, open: fs.open, rename: fs.rename, rm: fs.rm }

export class Crash extends Error {}

export class CrashingFs {
  /** What was done, such as `sync chk-1`. */
  readonly log: string[] = []
  readonly #root: string
  readonly #steps: number

  /** A step that fails alone: those after it do not. */
  readonly #failing: string | null

  constructor(root: string, steps = Infinity, failing: string | null = null) {
    this.#root = root
    this.#steps = steps
    this.#failing = failing
  }

  /** Runs `action` on this file system; answers whether it got through. */
  async run(action: () => Promise<unknown>): Promise<boolean> {
    const patched = {
      mkdir: (p: string, o: object) => this.#step(`mkdir ${this.#name(p)}`, () => real.mkdir(p, o)),
      rename: (a: string, b: string) => this.#step(`rename ${this.#name(a)} ${this.#name(b)}`, () => real.rename(a, b)),
      rm: (p: string, o: object) => this.#step(`rm ${this.#name(p)}`, () => real.rm(p, o)),
      open: async (p: string, flags: string, mode?: number) =>
        this.#handle(p, await this.#step(`open ${this.#name(p)}`, () => real.open(p, flags, mode))),
    }
    Object.assign(fs, patched)
    syncBuiltinESMExports()
    try {
      await action()
      return true
    } catch (error) {
      if (this.log.length <= this.#steps) throw error
      return false
    } finally {
      Object.assign(fs, real)
      syncBuiltinESMExports()
    }
  }

  #name(p: string): string {
    return path.relative(this.#root, p) || '.'
  }

  async #step<T>(
    what: string,
    action: () => Promise<T>,
    halfway: () => Promise<unknown> = async () => undefined,
  ): Promise<T> {
    this.log.push(what)
    if (this.log.length > this.#steps) {
      if (this.log.length === this.#steps + 1) await halfway()
      throw new Crash(what)
    }
    if (what === this.#failing) throw new Crash(what)
    return action()
  }

  #handle(p: string, handle: FileHandle): object {
    const name = this.#name(p)
    return {
      writeFile: (content: string | Buffer) => {
        const bytes = Buffer.from(content)
        return this.#step(
          `write ${name}`,
          () => handle.writeFile(bytes),
          () => handle.writeFile(bytes.subarray(0, bytes.length >> 1)),
        )
      },
      sync: () => this.#step(`sync ${name}`, () => handle.sync()),
      close: () => handle.close(),
    }
  }
}
