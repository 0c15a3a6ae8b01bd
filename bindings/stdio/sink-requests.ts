/**
 * The requests of the control protocol for sinks without a job: `sink/open`, `sink/write`, `sink/flush` and `sink/close`.
 */
import { randomUUID } from 'node:crypto'

import { invalid } from '../../core/control/job-requests.ts'
import { BridgeError, GraphError } from '../../core/foundation/errors.ts'
import type { KinesisStreamsSinkSpec } from '../../core/connectors/kinesis/kinesis-streams-sink-spec.ts'
import { sinkShape } from '../../core/operators/sink/sink-kind.ts'
import { sinkFactories } from '../../core/runtime/operator-kinds.ts'
import { OpenSink } from './open-sink.ts'
import type { SinkIdParams, SinkOpenParams, SinkOpenResult, SinkWriteParams } from './driver-protocol.ts'

export class SinkRequests {
  readonly handlers: Readonly<Record<string, (params: never) => Promise<object>>> = {
    'sink/open': (params: SinkOpenParams) => this.#open(params),
    'sink/write': async (params: SinkWriteParams) => {
      await this.#sink(params).write(params)
      return {}
    },
    'sink/flush': async (params: SinkIdParams) => {
      await this.#sink(params).flush()
      return {}
    },
    'sink/close': async (params: SinkIdParams) => {
      const sink = this.#sink(params)
      this.#sinks.delete(params.sinkId)
      this.#closing.add(sink)
      await sink.drain().finally(() => this.#closing.delete(sink))
      return {}
    },
  }
  readonly #sinks = new Map<string, OpenSink>()
  readonly #closing = new Set<OpenSink>()
  readonly #warn: (message: string) => void
  readonly #ending = new AbortController()

  constructor(warn: (message: string) => void) {
    this.#warn = warn
  }

  /** Resolves when every record that was given is written or has failed. */
  async drain(): Promise<void> {
    await Promise.allSettled([...this.#sinks.values()].map(sink => sink.flush()))
  }

  /** Closes every sink without sending the records that wait. */
  close(): void {
    this.#ending.abort(engineEnds())
    for (const sink of [...this.#sinks.values(), ...this.#closing]) sink.close()
    this.#sinks.clear()
  }

  async #open({ sink: spec }: SinkOpenParams): Promise<SinkOpenResult> {
    sinkShape(sinkFactories).check(spec, 'sink')
    if (spec.type !== 'kinesis-streams')
      throw new GraphError(`A sink without a job is of type 'kinesis-streams', not '${spec.type}'.`)
    const { signal } = this.#ending
    const sink = await OpenSink.open(spec as KinesisStreamsSinkSpec, { warn: this.#warn, signal })
    if (signal.aborted) {
      sink.close()
      throw engineEnds()
    }
    const sinkId = randomUUID()
    this.#sinks.set(sinkId, sink)
    return { sinkId, credits: sink.credits }
  }

  #sink({ sinkId }: SinkIdParams): OpenSink {
    const sink = this.#sinks.get(sinkId)
    if (sink === undefined) throw invalid(`there is no open sink '${sinkId}'`)
    return sink
  }
}

const engineEnds = (): BridgeError => new BridgeError('ILLEGAL_STATE', 'The engine ends.')
