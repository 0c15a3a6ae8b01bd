/** An operator whose name, uid and parallelism can still be set. */
import { ConfigurationError } from '../foundation/errors.ts'
import type { Transformation } from '../graph/transformation.ts'
import type { Mutable } from './graph-assembler.ts'

export class Settable {
  protected readonly transformation: Mutable<Transformation>

  constructor(transformation: Mutable<Transformation>) {
    this.transformation = transformation
  }

  name(name: string): this {
    this.transformation.name = name
    return this
  }

  /** Names the operator's state, so that it is found again when the program has changed around it. */
  uid(uid: string): this {
    this.transformation.uid = uid
    return this
  }

  setParallelism(parallelism: number): this {
    if (!Number.isInteger(parallelism) || parallelism < 1)
      throw new ConfigurationError(`Parallelism must be a positive whole number, not ${parallelism}.`)
    this.transformation.parallelism = parallelism
    return this
  }
}

export class DataStreamSink extends Settable {}
