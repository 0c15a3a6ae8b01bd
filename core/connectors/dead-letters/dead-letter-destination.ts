/** Where dead letters go: a file, a stream, or a function of the program. */
import type { StartContext } from '../../aws/service/stream-readiness.ts'
import type { DeadLetter, DeadLetterFunction } from '../../operators/dead-letter.ts'

export interface DeadLetterDestination {
  /** Called once before the job runs. @throws ShardlineError if dead letters cannot be stored there */
  validate(context?: StartContext): Promise<void>
  /** Resolves when the dead letters are stored. */
  put(deadLetters: readonly DeadLetter[]): Promise<void>
  close(): Promise<void>
}

export class FunctionDestination implements DeadLetterDestination {
  readonly #function: DeadLetterFunction

  constructor(take: DeadLetterFunction) {
    this.#function = take
  }

  async validate(): Promise<void> {}

  async put(deadLetters: readonly DeadLetter[]): Promise<void> {
    await this.#function(deadLetters)
  }

  async close(): Promise<void> {}
}
