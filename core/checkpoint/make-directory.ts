/** Makes a directory and those above it, for their user alone. */
import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'

/**
 * The first directory that was made; undefined: all were there. Node's own recursive `mkdir` never ends where a directory
 * exists in which none can be made, as in `/proc`.
 */
export async function makeDirectory(directory: string): Promise<string | undefined> {
  try {
    return await makeOne(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path.dirname(directory) === directory) throw error
  }
  const made = await makeDirectory(path.dirname(directory))
  const own = await makeOne(directory)
  return made ?? own
}

async function makeOne(directory: string): Promise<string | undefined> {
  try {
    await mkdir(directory, { mode: 0o700 })
    return directory
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await stat(directory)).isDirectory()) throw error
    return undefined
  }
}
