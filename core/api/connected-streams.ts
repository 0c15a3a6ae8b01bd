/** Two streams that go into one operator. Both may be keyed; then the operator has state and timers by key for both. */
import { GraphError } from '../foundation/errors.ts'
import type { LocalFunction } from '../operators/job-facilities.ts'
import type { CoProcessFunction, KeyedCoProcessFunction } from '../operators/process/process-function.ts'
import type { DataStream, Made } from './data-stream.ts'
import type { StreamContext } from './stream-context.ts'
import { edgeOf, originOf } from './stream-origin.ts'
import type { StreamOrigin } from './stream-origin.ts'

export class ConnectedStreams<A, B> {
  readonly #context: StreamContext
  readonly #first: StreamOrigin
  readonly #second: StreamOrigin

  constructor(context: StreamContext, first: StreamOrigin, second: StreamOrigin) {
    this.#context = context
    this.#first = first
    this.#second = second
  }

  /** A function with a method for the values of each stream. */
  process<O>(made: Made<CoProcessFunction<A, B, O>> | Made<KeyedCoProcessFunction<unknown, A, B, O>>): DataStream<O> {
    if (this.#isKeyed(this.#first) !== this.#isKeyed(this.#second))
      throw new GraphError('Connected streams must both be keyed, or neither of them.')
    const transformation = this.#context.assembler.add({
      kind: 'co_process',
      name: this.#isKeyed(this.#first) ? 'Co-Keyed-Process' : 'Co-Process',
      inputs: [edgeOf(this.#first), edgeOf(this.#second, 1)],
      function: this.#context.assembler.localFunction(made as LocalFunction),
      output: 'object',
      sideOutputs: {},
    })
    return this.#context.dataStream<O>(originOf(transformation))
  }

  #isKeyed({ partitioner }: StreamOrigin): boolean {
    return partitioner?.type === 'hash'
  }
}
