/**
 * A lease in a local directory: the file `_lease-<N>` with the highest N. A run that takes the lease creates the next one, which
 * succeeds for only one. A heartbeat sets the file's time through the open file, so that a holder who wakes up late touches nothing of its
 * successor's. The holder still has the lease as long as its file is there and is the newest.
 */
import { randomBytes } from 'node:crypto'
import { link, open, readdir, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import path from 'node:path'

import { decodeLease, encodeLease } from './lease-store.ts'
import { makeDirectory } from './make-directory.ts'
import type { FoundLease, HeldLease, LeaseHolder, LeaseStore } from './lease-store.ts'

const NAME = /^_lease-(\d+)$/
/** File systems without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

export class FileLeaseStore implements LeaseStore {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  async read(): Promise<FoundLease | null> {
    const newest = await this.#newest()
    if (newest === null) return null
    let handle: FileHandle
    try {
      handle = await open(this.#file(newest), 'r') // opening asks a network file system for what is new
    } catch (error) {
      if (isMissing(error)) return this.read()
      throw error
    }
    try {
      const { mtimeMs, ino } = await handle.stat()
      const holder = decodeLease(await handle.readFile('utf8'))
      return { token: `${newest}:${ino}`, beat: `${newest}:${mtimeMs}`, holder, released: false }
    } finally {
      await handle.close()
    }
  }

  async take(holder: LeaseHolder, found: FoundLease | null): Promise<HeldLease | null> {
    await makeDirectory(this.#directory)
    if ((await this.read())?.token !== found?.token) return null
    const number = found === null ? 1 : Number(found.token.split(':')[0]) + 1
    const handle = await this.#create(number, encodeLease(holder))
    if (handle === null) return null
    const held = new FileLease(this.#directory, number, handle)
    if (await held.holds()) {
      await this.#removeBefore(number)
      return held
    }
    await held.release()
    return null
  }

  /** Appears with its content, so that no process reads half of it. Null if the file is there already. */
  async #create(number: number, content: string): Promise<FileHandle | null> {
    const temporary = path.join(this.#directory, `_lease.${randomBytes(6).toString('hex')}.tmp`)
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(content)
      await handle.sync()
      await link(temporary, this.#file(number))
      return handle
    } catch (error) {
      await handle.close()
      const { code = '' } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') return null
      if (!NO_LINKS.has(code)) throw error
      return await this.#createInPlace(number, content)
    } finally {
      await rm(temporary, { force: true })
    }
  }

  async #createInPlace(number: number, content: string): Promise<FileHandle | null> {
    try {
      const handle = await open(this.#file(number), 'wx', 0o600)
      await handle.writeFile(content)
      return handle
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null
      throw error
    }
  }

  async #removeBefore(number: number): Promise<void> {
    for (const name of await readdir(this.#directory))
      if (Number(NAME.exec(name)?.[1] ?? number) < number) await rm(path.join(this.#directory, name), { force: true })
  }

  async #newest(): Promise<number | null> {
    const numbers = await leaseNumbers(this.#directory)
    return numbers.length === 0 ? null : Math.max(...numbers)
  }

  #file(number: number): string {
    return path.join(this.#directory, `_lease-${number}`)
  }
}

class FileLease implements HeldLease {
  readonly #directory: string
  readonly #number: number
  readonly #handle: FileHandle

  constructor(directory: string, number: number, handle: FileHandle) {
    this.#directory = directory
    this.#number = number
    this.#handle = handle
  }

  async renew(): Promise<boolean> {
    if (!(await this.holds())) return false
    const now = new Date()
    await this.#handle.utimes(now, now)
    return true
  }

  async holds(): Promise<boolean> {
    const numbers = await leaseNumbers(this.#directory)
    if (numbers.length === 0 || Math.max(...numbers) !== this.#number) return false
    return this.#isMine()
  }

  async release(): Promise<void> {
    try {
      if (await this.#isMine()) await rm(this.#file, { force: true })
    } finally {
      await this.#handle.close()
    }
  }

  get #file(): string {
    return path.join(this.#directory, `_lease-${this.#number}`)
  }

  /** A later holder may have a file of the same name, after the ones between were given back. */
  async #isMine(): Promise<boolean> {
    try {
      const there = await open(this.#file, 'r')
      try {
        const [mine, other] = [await this.#handle.stat({ bigint: true }), await there.stat({ bigint: true })]
        return mine.ino === other.ino && mine.dev === other.dev
      } finally {
        await there.close()
      }
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  }
}

async function leaseNumbers(directory: string): Promise<number[]> {
  try {
    return (await readdir(directory)).flatMap(name => {
      const number = NAME.exec(name)?.[1]
      return number === undefined ? [] : [Number(number)]
    })
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'
