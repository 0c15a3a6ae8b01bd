/** Dead letters in a file, a line of JSON each. Several subtasks may append to the same file. */
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

import type { Clock } from '../../foundation/clock.ts'
import { ConfigurationError, messageOf } from '../../foundation/errors.ts'
import { deadLetterToJson } from './dead-letter.ts'
import type { DeadLetter } from '../../operators/dead-letter.ts'
import type { DeadLetterDestination } from './dead-letter-destination.ts'

export class FileDestination implements DeadLetterDestination {
  readonly #path: string
  readonly #clock: Clock
  #file: Promise<FileHandle> | null = null

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
  }

  async validate(): Promise<void> {
    try {
      await (await open(this.#path, 'a')).close()
    } catch (cause) {
      throw new ConfigurationError(`The file for dead letters, ${this.#path}, cannot be written: ${messageOf(cause)}`, {
        cause,
      })
    }
  }

  async put(deadLetters: readonly DeadLetter[]): Promise<void> {
    const file = await (this.#file ??= open(this.#path, 'a'))
    const lines = Buffer.from(deadLetters.map(d => `${deadLetterToJson(d, this.#clock.now())}\n`).join(''))
    // One write for all lines. `appendFile` writes in pieces, and lines of other subtasks could come between them.
    for (let at = 0; at < lines.length;) at += (await file.write(lines, at)).bytesWritten
    await file.datasync()
  }

  async close(): Promise<void> {
    await this.#file?.then(f => f.close()).catch(() => undefined)
    this.#file = null
  }
}
